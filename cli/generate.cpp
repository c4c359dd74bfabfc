// run and chat: text in, text out as it comes.
#include "commands.hpp"

namespace cli {
int run(const common_options&, const run_options&) { return 1; }
int chat(const common_options&, const run_options&) { return 1; }
}  // namespace cli
