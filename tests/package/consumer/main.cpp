// A stranger's program: includes the one header, and finds its own source inside itself.
#include <retort/retort.hpp>

#include <own_source.hpp>

#include <cstdint>
#include <string_view>

int main() {
  const auto bytes = embedded::own_source();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % 4096 == 0;
  const bool refused = !retort::model::view(bytes);  // a source file is no model, and says so
  return aligned && refused && text.starts_with("// A stranger's program") ? 0 : 1;
}
