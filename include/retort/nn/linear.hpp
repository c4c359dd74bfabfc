// y = W x for any weight type and any number of tokens, cut into tasks; and
// the small things every layer of a forward pass shares.
#pragma once

#include <retort/base/task.hpp>
#include <retort/nn/kv_cache.hpp>
#include <retort/simd/table.hpp>

RETORT_BEGIN
namespace nn {

/// A pass that computes: where it stands, and the kernels it uses.
class compute : public pass {
 public:
  compute(threads& pool, arena& frames, const simd::kernels& kernels) : pass(pool, frames), k(kernels) {}
  const simd::kernels& k;
};

/// One token of a batch: the timeline it belongs to and its place there.
struct token_row {
  kv_cache* cache = nullptr;
  std::size_t position = 0;
};

/// What a forward pass works on besides numbers: which token each row is.
struct batch {
  std::span<const token_row> rows;   // [n_tokens]
  const float* cos = nullptr;        // [n_tokens, dim_rope / 2]
  const float* sin = nullptr;        // [n_tokens, dim_rope / 2]
  [[nodiscard]] std::size_t n_tokens() const noexcept { return rows.size(); }
};

/// The rounded forms of a row that some weights read.
struct rounded_forms {
  bool int8 = false, lows = false, bf16 = false;

  [[nodiscard]] static rounded_forms of(const simd::matrix& w) noexcept {
    const bool quantized = traits(w.type).quantized;
    return {quantized, quantized && format(w.type).n_mins != 0, w.type == dtype::bf16};
  }
  friend rounded_forms operator|(rounded_forms a, rounded_forms b) noexcept {
    return {a.int8 || b.int8, a.lows || b.lows, a.bf16 || b.bf16};
  }
};

/// Room for the rounded forms of some rows.
struct rounded_rows {
  std::int8_t* q = nullptr;          // [n_elements]
  float* d = nullptr;                // [n_elements / 32]
  std::int16_t* sums = nullptr;      // [n_elements / 16]
  std::int16_t* lows = nullptr;      // [n_elements / 16]
  float* d_low = nullptr;            // [n_rows, n_in / 256 rounded up]
  std::uint16_t* bf16 = nullptr;     // [n_elements] where bf16 weights may read them

  static rounded_rows take(arena& from, std::size_t n_rows, std::size_t n_in, bool bf16 = false) {
    const std::size_t n = align_up(n_rows * n_in, 32);
    rounded_rows r;
    r.q = from.take<std::int8_t>(n);
    r.d = from.take<float>(n / 32);
    r.sums = from.take<std::int16_t>(n / 16);
    r.lows = from.take<std::int16_t>(n / 16);
    r.d_low = from.take<float>(n_rows * ((n_in + 255) / 256));
    if (bf16 && n_in % 32 == 0) r.bf16 = from.take<std::uint16_t>(n);
    return r;
  }
  /// Row `row` of rows of n_in, from element `first` on, a multiple of 32.
  [[nodiscard]] simd::int8_row at(std::size_t row, std::size_t n_in, std::size_t first = 0) const noexcept {
    const std::size_t i = row * n_in + first;
    return {q + i, d + i / 32, sums + i / 16, lows + i / 16, d_low + row * ((n_in + 255) / 256)};
  }
  /// Whether a weight reads the float rows, for want of a rounded form.
  [[nodiscard]] bool leave_floats_to(const simd::matrix& w) const noexcept {
    return !traits(w.type).quantized && !(bf16 && w.type == dtype::bf16);
  }
};

/// Float rows beside their rounded forms, as the matmul kernels take them: n_tokens rows from `first` on.
[[nodiscard]] inline simd::activations activations_of(const float* x, std::size_t n_tokens, std::size_t n_in,
                                                      const rounded_rows& r, std::size_t first = 0) noexcept {
  const simd::int8_row row = r.at(first, n_in);
  return {n_tokens, n_in, x + first * n_in, row.q, row.d, row.sums, row.lows, row.d_low, r.bf16 ? r.bf16 + first * n_in : nullptr};
}

/// The rounded forms of the elements [first, first + n) of a row of n_in, all but lows, which need whole rows.
inline void round_part(const simd::kernels& k, const float* x, std::size_t n, rounded_forms wanted, const rounded_rows& out,
                       std::size_t row, std::size_t n_in, std::size_t first) noexcept {
  if (wanted.int8) k.quantize(x, n, out.at(row, n_in, first));
  if (wanted.bf16 && out.bf16) k.round_bf16(x, n, out.bf16 + row * n_in + first);
}

/// Awaitable: the rounded forms of rows x [n_tokens, n_in]; rows no such kernel can read (n_in % 32) are left alone.
[[nodiscard]] inline auto round_rows(compute& c, const float* x, std::size_t n_tokens, std::size_t n_in, rounded_forms wanted,
                                     const rounded_rows& out) {
  const bool some = n_in % 32 == 0 && (wanted.int8 || (wanted.bf16 && out.bf16));
  return parallel(c, some ? n_tokens : 0, static_cast<double>(n_in) * 0.2, [&c, x, n_in, wanted, out](std::size_t t, std::size_t) {
    round_part(c.k, x + t * n_in, n_in, wanted, out, t, n_in, 0);
    if (wanted.lows) c.k.quantize_lows(n_in, out.at(t, n_in));
  });
}

/// Awaitable: the lows of rows whose other int8 forms are there.
[[nodiscard]] inline auto round_lows(compute& c, std::size_t n_tokens, std::size_t n_in, const rounded_rows& rows) {
  return parallel(c, n_tokens, static_cast<double>(n_in) * 0.03,
                  [&c, n_in, rows](std::size_t t, std::size_t) { c.k.quantize_lows(n_in, rows.at(t, n_in)); });
}

/// About how long a product takes: a core reads about 15 bytes or multiplies about 100 int8 pairs in a nanosecond.
[[nodiscard]] inline double product_ns(const simd::matrix& w, std::size_t n_tokens) noexcept {
  const double bytes = static_cast<double>(w.n_out) * static_cast<double>(w.row_bytes);
  const double macs = static_cast<double>(w.n_out) * static_cast<double>(w.n_in) * static_cast<double>(n_tokens);
  return n_tokens ? bytes / 15 + macs / 100 : 0;
}

/// One matrix product of a group that runs as one parallel loop.
struct linear_job {
  const simd::matrix* w = nullptr;   // [n_out, n_in]
  simd::activations a;               // [n_tokens, n_in]
  float* y = nullptr;                // [n_tokens, y_stride]
  std::size_t y_stride = 0;
  const float* bias = nullptr;       // [n_out] or none

  /// The weights whose rows are cut into tasks.
  [[nodiscard]] const simd::matrix& rows() const noexcept { return *w; }
  [[nodiscard]] double cost_ns() const noexcept { return product_ns(*w, a.n_tokens); }
};

/// y = x w^T + bias for the rows [begin, end) of w, on this thread. `then` as in simd::matmul_fn.
inline void multiply(const simd::kernels& k, const linear_job& j, std::size_t begin, std::size_t end, const std::byte* then) noexcept {
  k.matmul[static_cast<std::size_t>(j.w->type)](*j.w, j.a, j.y, j.y_stride, begin, end, then);
  if (j.bias)
    for (std::size_t t = 0; t < j.a.n_tokens; ++t)
      for (std::size_t r = begin; r < end; ++r) j.y[t * j.y_stride + r] += j.bias[r];
}

namespace detail {

/// Cuts the rows of several jobs into tasks of about equal cost: run(job, begin, end, then, worker). A task is a number of
/// whole tiles of 32 rows; the kernels for many tokens work on two at once.
template <class Jobs, class Run>
class row_tasks {
 public:
  row_tasks(compute& c, Jobs jobs, Run run) noexcept : jobs_(std::move(jobs)), run_(std::move(run)) {
    double total_ns = 0;
    std::size_t tiles = 0;
    bool many_tokens = false;
    for (const auto& j : jobs_) {
      total_ns += j.cost_ns();
      tiles += tiles_of(j);
      many_tokens = many_tokens || j.a.n_tokens > 1;
    }
    const double tile_ns = tiles ? total_ns / static_cast<double>(tiles) : 0;
    // sixteen tasks a thread balance the load without cutting what memory reads well into bits; none longer than a tenth of a
    // millisecond; but two tiles for many tokens, where no deadline waits
    const std::size_t by_threads = tiles / (c.pool().size() * 16);
    const std::size_t by_time = tile_ns > 0 ? static_cast<std::size_t>(100e3 / tile_ns) : 1;
    tiles_per_task_ = std::max<std::size_t>(many_tokens && !c.limited() ? 2 : 1, std::min(by_threads, by_time));
    task_ns_ = tile_ns * static_cast<double>(tiles_per_task_);
    for (const auto& j : jobs_) n_tasks_ += tasks_of(j);
  }
  [[nodiscard]] std::size_t n_tasks() const noexcept { return n_tasks_; }
  [[nodiscard]] double task_ns() const noexcept { return task_ns_; }

  void operator()(std::size_t task, std::size_t worker) const noexcept {
    const job* j = first();
    for (; task >= tasks_of(*j); ++j) task -= tasks_of(*j);
    const simd::matrix& w = j->rows();
    const std::size_t begin = task * tiles_per_task_ * tile_rows, end = std::min(w.n_out, begin + tiles_per_task_ * tile_rows);
    run_(*j, begin, end, end < w.n_out ? w.data + end * w.row_bytes : begin_after(j), worker);
  }

 private:
  using job = std::remove_cvref_t<decltype(*std::begin(std::declval<const Jobs&>()))>;
  static constexpr std::size_t tile_rows = 32;
  [[nodiscard]] const job* first() const noexcept { return std::data(jobs_); }
  /// What is read after all of a job, or null after the last.
  [[nodiscard]] const std::byte* begin_after(const job* j) const noexcept {
    return ++j != first() + std::size(jobs_) ? j->rows().data : nullptr;
  }
  static std::size_t tiles_of(const job& j) noexcept {
    return j.a.n_tokens ? (j.rows().n_out + tile_rows - 1) / tile_rows : 0;
  }
  [[nodiscard]] std::size_t tasks_of(const job& j) const noexcept {
    return (tiles_of(j) + tiles_per_task_ - 1) / tiles_per_task_;
  }

  Jobs jobs_;
  Run run_;
  std::size_t tiles_per_task_ = 1, n_tasks_ = 0;
  double task_ns_ = 0;
};

/// Awaitable: all those tasks.
template <class Jobs, class Run>
[[nodiscard]] auto by_rows(compute& c, Jobs jobs, Run run) {
  row_tasks tasks(c, std::move(jobs), std::move(run));
  return parallel(c, tasks.n_tasks(), tasks.task_ns(), std::move(tasks));
}

template <class Jobs>
[[nodiscard]] auto products(compute& c, Jobs jobs) {
  return by_rows(c, std::move(jobs), [&k = c.k](const linear_job& j, std::size_t begin, std::size_t end, const std::byte* then, std::size_t) {
    multiply(k, j, begin, end, then);
  });
}

}  // namespace detail

/// Awaitable: every product of the group, in one parallel loop over all their rows.
template <class... Job>
  requires(std::is_same_v<Job, linear_job> && ...)
[[nodiscard]] auto linear(compute& c, Job... jobs) {
  return detail::products(c, std::array<linear_job, sizeof...(Job)>{jobs...});
}
/// The same for a list that the caller keeps alive.
[[nodiscard]] inline auto linear(compute& c, std::span<const linear_job> jobs) { return detail::products(c, jobs); }

/// Awaitable: y = rms_norm(x) * w for every row.
///
/// shape   x, y [n_tokens, n]   w [n]
[[nodiscard]] inline auto rms_norm(compute& c, const float* x, std::size_t n_tokens, std::size_t n, const float* w,
                                   float eps, float* y) {
  return parallel(c, n_tokens, static_cast<double>(n) * 0.2, [&c, x, n, w, eps, y](std::size_t t, std::size_t) {
    c.k.rms_norm(x + t * n, w, n, eps, y + t * n);
  });
}

/// Awaitable: y += x.   shape  x, y [n_tokens, n]
[[nodiscard]] inline auto add(compute& c, const float* x, std::size_t n_tokens, std::size_t n, float* y) {
  return parallel(c, n_tokens, static_cast<double>(n) * 0.1,
                  [&c, x, n, y](std::size_t t, std::size_t) { c.k.add(x + t * n, n, y + t * n); });
}

}  // namespace nn
RETORT_END
