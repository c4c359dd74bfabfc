// A model, the threads it runs on, and how tokens are chosen, from the options that commands share.
#include "commands.hpp"

#include <algorithm>
#include <thread>
#if defined(RETORT_HAS_BUILTIN_MODEL)
#include <drop.hpp>
#endif
#if !defined(_WIN32)
#include <signal.h>
#endif

namespace cli {

retort::result<retort::model> load(const common_options& o) {
  if (!o.model.empty()) return retort::model::load(o.model, {.map = !o.no_map});
#if defined(RETORT_HAS_BUILTIN_MODEL)
  return retort::model::view(embedded::drop(), "drop.gguf (built in)");
#else
  return retort::error{retort::errc::bad_argument, "no model is built in; name one with -m FILE"};
#endif
}

namespace {

/// Threads that no signal reaches: what Ctrl-C means is the business of the first.
retort::result<std::unique_ptr<retort::thread_pool>> threads(std::size_t n) {
  if (n == 0) n = std::clamp(std::thread::hardware_concurrency(), 1u, 1024u);
#if defined(_WIN32)
  return retort::thread_pool::make(n);
#else
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pool = retort::thread_pool::make(n);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pool;
#endif
}

}  // namespace

retort::cache_type cache_of(const std::string& name, retort::cache_type otherwise) {
  using retort::cache_type;
  return name == "f32"    ? cache_type::f32
         : name == "f16"  ? cache_type::f16
         : name == "q8_0" ? cache_type::q8_0
                          : otherwise;
}

retort::result<engine> start(const common_options& o, retort::cache_type cache) {
  engine e;
  RETORT_TRY(e.model, load(o));
  RETORT_TRY(e.pool, threads(o.n_threads));
  e.options.pool = e.pool.get();
  e.options.context = o.context;
  e.options.cache = cache_of(o.cache, cache);
  if (o.chunk) e.options.chunk = o.chunk;
  e.options.target = o.target;
  e.options.reproducible = o.reproducible;
  if (e.options.context == 0) e.options.context = std::min<std::size_t>(4096, e.model.info().context_length);
  return e;
}

retort::result<retort::sampling> sampling_of(const retort::model& m, const run_options& r) {
  retort::sampling s = r.how;
  for (std::size_t i = 0; s.dry.multiplier > 0 && i < r.breakers.size(); ++i) {
    RETORT_TRY(const auto found, m.tokens_with(r.breakers[i]));
    s.dry.breakers.insert(s.dry.breakers.end(), found.begin(), found.end());
  }
  return s;
}

}  // namespace cli
