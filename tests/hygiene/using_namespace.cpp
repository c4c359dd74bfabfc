// A program that takes all names of Retort beside those of the C library and of std::chrono: none may be ambiguous.
#include <cassert>
#include <cctype>
#include <cerrno>
#include <cfenv>
#include <cfloat>
#include <chrono>
#include <cinttypes>
#include <climits>
#include <clocale>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <cwchar>
#include <cwctype>

#if defined(__unix__)
#include <fcntl.h>
#include <pthread.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#endif

#include <retort/retort.hpp>

using namespace retort;
using namespace std::chrono;

template <class... Types>
constexpr std::size_t count = sizeof...(Types);

static_assert(count<allocator, batch, cache_type, call_record, chat, chat_options, compile_limits, completions,
                    completions_options, constraint, endpoint, errc, finish, flow, job, limited_allocator, matcher,
                    memory_quote, message, model, model_info, model_options, on_piece, overflow, piece, prefix_cache,
                    question, reader, reply, sampler, sampling, sampling_step, schema_style, session, session_options,
                    source_file, source_language, source_page, sources, speaker, status, stored_tensor, thread_pool,
                    threads, token, tokenizer, tool, tool_use> > 0);
static_assert(count<result<void>, tensor<float, 1>, struct error> > 0);

int main() {
  const result<model> r = error{errc::io, "none"};
  const time_point<system_clock> now{seconds(clock() >= 0 ? 0 : 1)};
  return r || now.time_since_epoch() != 0s ? 1 : 0;
}
