// bench: prompt and generation speed, beside what the machine's memory can give.
#include "commands.hpp"
#include "json.hpp"

#include <retort/io/source.hpp>
#include <retort/simd/target.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace cli {
namespace {

using seconds = std::chrono::duration<double>;

template <class F>
double time_of(F&& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return seconds(std::chrono::steady_clock::now() - begin).count();
}

/// Median, least and greatest of some runs.
struct spread {
  double median = 0, low = 0, high = 0;
  static spread of(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return {v[v.size() / 2], v.front(), v.back()};
  }
};

/// Touches every cache line, and asks for those 4 kB ahead.
std::uint64_t read_all(const std::byte* p, std::size_t n) {
  std::uint64_t all[8] = {};
  for (std::size_t at = 0; at < n; at += sizeof all) {
    std::uint64_t line[8];
    std::memcpy(line, p + at, sizeof line);
    RETORT_PREFETCH(p + at + 4096);
    for (std::size_t k = 0; k < 8; ++k) all[k] |= line[k];
  }
  return all[0] | all[1] | all[2] | all[3] | all[4] | all[5] | all[6] | all[7];
}

/// Some bytes for `source::read`, which copies them as it copies a model: those of a file, or ones.
class some_bytes final : public retort::reader {
 public:
  some_bytes(std::span<const std::byte> file, std::size_t otherwise)
      : file_(file), size_(file.empty() ? otherwise : file.size()) {}
  std::uint64_t size() noexcept override { return size_; }
  bool read(std::uint64_t offset, std::span<std::byte> into) noexcept override {
    if (file_.empty()) std::memset(into.data(), 1, into.size());
    else std::memcpy(into.data(), file_.data() + offset, into.size());
    return true;
  }

 private:
  std::span<const std::byte> file_;
  std::size_t size_;
};

/// What the memory speed is measured on, opened once: up to 2 GB of the model's file, mapped or copied as the model is;
/// other memory if the caches could hold the file.
class reading {
 public:
  explicit reading(const common_options& o) : memory_(retort::source::map(o.model)) {
    constexpr std::size_t least = std::size_t{512} << 20, most = std::size_t{2} << 30;
    if (memory_ && memory_->bytes().size() >= least)
      bytes_ = memory_->bytes().first(std::min(memory_->bytes().size(), most) / piece * piece);
    if (!o.no_map && !bytes_.empty()) return;
    some_bytes part(bytes_, least);
    auto copied = retort::source::read(part);
    bytes_ = copied ? copied->bytes() : std::span<const std::byte>();
    memory_ = std::move(copied);
  }

  /// GB/s at which all threads together read it in order: the best of five times; 0 if there is no memory for it.
  [[nodiscard]] double ceiling(retort::threads& pool) const {
    double best = 0;
    for (int r = 0; r < 5; ++r) {
      const double t = time_of([&] {
        pool.run(bytes_.size() / piece, [&](std::size_t i, std::size_t) {
          const volatile std::uint64_t read = read_all(bytes_.data() + i * piece, piece);
          static_cast<void>(read);
        });
      });
      best = std::max(best, static_cast<double>(bytes_.size()) / t / 1e9);
    }
    return best;
  }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 20;
  retort::result<retort::source> memory_;
  std::span<const std::byte> bytes_;
};

std::vector<retort::token> some_tokens(std::size_t n, std::size_t n_vocab) {
  std::vector<retort::token> out(n);
  std::uint64_t x = 1;
  for (auto& t : out) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    t = static_cast<retort::token>((x >> 33) % n_vocab);
  }
  return out;
}

}  // namespace

int bench(const common_options& o, const bench_options& b) {
  CLI_TRY(engine e, start(o, retort::cache_type::f16));
  e.options.context = std::max(e.options.context, b.depth + std::max(b.prompt, b.n) + 1);
  const auto& info = e.model.info();
  CLI_TRY(retort::session s, retort::session::make(e.model, e.options));
  retort::thread_pool& pool = *e.pool;

  const auto depth_tokens = some_tokens(b.depth ? b.depth : 1, info.n_vocab);
  const auto prompt = some_tokens(b.depth + b.prompt, info.n_vocab);
  const reading weights(o);
  std::vector<double> prompt_speed, speed, ceiling;
  CLI_CHECK(s.sync(some_tokens(8, info.n_vocab)));  // touch the weights once
  CLI_CHECK(s.step());
  for (std::size_t r = 0; r < b.repeats; ++r) {
    ceiling.push_back(weights.ceiling(pool));
    if (b.prompt) {
      CLI_CHECK(s.rewind(0));
      if (b.depth) {
        CLI_CHECK(s.sync(std::span(prompt).first(b.depth)));
        CLI_CHECK(s.step());
      }
      CLI_CHECK(s.sync(prompt));
      retort::result<retort::status> done = retort::status::running;
      const double t = time_of([&] { done = s.step(); });
      CLI_CHECK(done);
      prompt_speed.push_back(static_cast<double>(b.prompt) / t);
    }
    if (b.n) {
      CLI_CHECK(s.rewind(0));
      CLI_CHECK(s.sync(depth_tokens));
      CLI_CHECK(s.step());
      retort::result<void> pushed;
      retort::result<retort::status> done = retort::status::running;
      const auto next = some_tokens(b.n, info.n_vocab);
      const double t = time_of([&] {
        for (std::size_t i = 0; i < b.n && pushed && done; ++i) {
          pushed = s.push(next[i]);
          if (pushed) done = s.step();
        }
      });
      CLI_CHECK(pushed);
      CLI_CHECK(done);
      speed.push_back(static_cast<double>(b.n) / t);
    }
  }
  const spread read = spread::of(ceiling);
  json j = {{"model", info.name}, {"types", info.types},  {"threads", pool.size()},         {"target", s.target()},
            {"depth", b.depth},   {"repeats", b.repeats}, {"memory_read_gb_s", read.median}};
  const auto line = [&](const char* what, std::size_t n, const std::vector<double>& v) {
    if (v.empty()) return;
    const spread t = spread::of(v);
    j[what] = {{"tokens", n}, {"tokens_per_s", t.median}, {"low", t.low}, {"high", t.high}};
    if (!b.json) sayf("%-10s %5zu tokens  %9.2f tokens/s  (%.2f to %.2f)\n", what, n, t.median, t.low, t.high);
  };
  line("prompt", b.prompt, prompt_speed);
  line("generation", b.n, speed);
  if (!speed.empty()) {
    const double gb_s = static_cast<double>(info.bytes_active) * spread::of(speed).median / 1e9;
    j["generation"]["weights_gb_s"] = gb_s;
    if (!b.json)
      sayf("weights read %.1f GB/s; this machine reads %.1f GB/s (%.0f %%); %zu threads, %s kernels\n", gb_s,
           read.median, 100 * gb_s / read.median, pool.size(), s.target());
  }
  if (b.json) say(dump(j) + "\n");
  return 0;
}

}  // namespace cli
