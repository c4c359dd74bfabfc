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
  compute(threads& pool, arena& frames, const simd::kernels& kernels) noexcept : pass(pool, frames), k(kernels) {}
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

/// Room for the rounded forms of some rows.
struct int8_rows {
  std::int8_t* q = nullptr;          // [n_elements]
  float* d = nullptr;                // [n_elements / 32]
  std::int16_t* sums = nullptr;      // [n_elements / 16]
  std::int16_t* lows = nullptr;      // [n_elements / 16]
  float* d_low = nullptr;            // [n_rows, n_in / 256 rounded up]
  std::uint16_t* bf16 = nullptr;     // [n_elements] where bf16 weights may read them

  static int8_rows take(arena& from, std::size_t n_rows, std::size_t n_in, bool bf16 = false) {
    const std::size_t n = align_up(n_rows * n_in, 32);
    int8_rows r;
    r.q = from.take<std::int8_t>(n);
    r.d = from.take<float>(n / 32);
    r.sums = from.take<std::int16_t>(n / 16);
    r.lows = from.take<std::int16_t>(n / 16);
    r.d_low = from.take<float>(n_rows * ((n_in + 255) / 256));
    if (bf16 && n_in % 32 == 0) r.bf16 = from.take<std::uint16_t>(n);
    return r;
  }
  /// Row `row` of rows of n_in.
  [[nodiscard]] simd::int8_row at(std::size_t row, std::size_t n_in) const noexcept {
    return {q + row * n_in, d + row * (n_in / 32), sums + row * (n_in / 16), lows + row * (n_in / 16),
            d_low + row * ((n_in + 255) / 256)};
  }
};

/// Float rows beside their int8 form, as the matmul kernels take them: n_tokens rows from `first` on.
[[nodiscard]] inline simd::activations activations_of(const float* x, std::size_t n_tokens, std::size_t n_in,
                                                      const int8_rows& r, std::size_t first = 0) noexcept {
  const simd::int8_row row = r.at(first, n_in);
  return {n_tokens, n_in, x + first * n_in, row.q, row.d, row.sums, row.lows, row.d_low, r.bf16 ? r.bf16 + first * n_in : nullptr};
}

/// Whether a weight of that type reads the int8 form of its input.
[[nodiscard]] inline bool wants_int8(const simd::matrix& w) noexcept { return traits(w.type).quantized; }

/// Whether `quantize` must be called for inputs of that weight, kept in `rows`.
[[nodiscard]] inline bool wants_rounding(const simd::matrix& w, const int8_rows& rows) noexcept { return wants_int8(w) || rows.bf16; }

/// Awaitable: the rounded forms of rows x [n_tokens, n_in]; rows no int8 kernel can read (n_in % 32) are left alone.
[[nodiscard]] inline auto quantize(compute& c, const float* x, std::size_t n_tokens, std::size_t n_in, int8_rows out) {
  const std::size_t n = n_in % 32 == 0 ? n_tokens : 0;
  return parallel(c, n, static_cast<double>(n_in) * 0.2, [&c, x, n_in, out](std::size_t t, std::size_t) {
    c.k.quantize(x + t * n_in, n_in, out.at(t, n_in));
    if (out.bf16 && c.k.round_bf16) c.k.round_bf16(x + t * n_in, n_in, out.bf16 + t * n_in);
  });
}

/// One matrix product of a group that runs as one parallel loop.
struct linear_job {
  const simd::matrix* w = nullptr;   // [n_out, n_in]
  simd::activations a;               // [n_tokens, n_in]
  float* y = nullptr;                // [n_tokens, y_stride]
  std::size_t y_stride = 0;
  const float* bias = nullptr;       // [n_out] or none
};

namespace detail {

/// Cuts the rows of several products into tasks of about equal cost. A task is a number of whole tiles, 32 rows
/// being what the kernels for many tokens work on at once.
template <class Jobs>
class linear_tasks {
 public:
  linear_tasks(compute& c, Jobs jobs) noexcept : c_(&c), jobs_(std::move(jobs)) {
    double total_ns = 0;
    std::size_t tiles = 0;
    for (const auto& j : jobs_) {
      total_ns += cost_ns(j);
      tiles += tiles_of(j);
    }
    const double tile_ns = tiles ? total_ns / static_cast<double>(tiles) : 0;
    // eight tasks a thread balance the load without cutting what memory reads well into bits; none longer than a tenth of a millisecond
    const std::size_t by_threads = tiles / (c.pool().size() * 8);
    const std::size_t by_time = tile_ns > 0 ? static_cast<std::size_t>(100e3 / tile_ns) : 1;
    tiles_per_task_ = std::max<std::size_t>(1, std::min(by_threads, by_time));
    task_ns_ = tile_ns * static_cast<double>(tiles_per_task_);
    for (const auto& j : jobs_) n_tasks_ += tasks_of(j);
  }
  [[nodiscard]] std::size_t n_tasks() const noexcept { return n_tasks_; }
  [[nodiscard]] double task_ns() const noexcept { return task_ns_; }

  void operator()(std::size_t task, std::size_t) const noexcept {
    // when tasks are handed out in order to threads of one speed, this thread's next one comes after everybody else's
    const place here = find(task), next = find(task + c_->pool().size());
    const linear_job& j = *here.job;
    const std::size_t end = std::min(j.w->n_out, here.row + tiles_per_task_ * tile_rows);
    const std::byte* then = next.job ? next.job->w->data + next.row * next.job->w->row_bytes : nullptr;
    c_->k.matmul[static_cast<std::size_t>(j.w->type)](*j.w, j.a, j.y, j.y_stride, here.row, end, then);
    if (j.bias)
      for (std::size_t t = 0; t < j.a.n_tokens; ++t)
        for (std::size_t r = here.row; r < end; ++r) j.y[t * j.y_stride + r] += j.bias[r];
  }

 private:
  static constexpr std::size_t tile_rows = 32;
  /// Where a task begins; no job if there is no such task.
  struct place {
    const linear_job* job = nullptr;
    std::size_t row = 0;
  };
  [[nodiscard]] place find(std::size_t task) const noexcept {
    for (const linear_job& j : jobs_) {
      const std::size_t n = tasks_of(j);
      if (task < n) return {&j, task * tiles_per_task_ * tile_rows};
      task -= n;
    }
    return {};
  }
  static std::size_t tiles_of(const linear_job& j) noexcept {
    return j.a.n_tokens ? (j.w->n_out + tile_rows - 1) / tile_rows : 0;
  }
  [[nodiscard]] std::size_t tasks_of(const linear_job& j) const noexcept {
    return (tiles_of(j) + tiles_per_task_ - 1) / tiles_per_task_;
  }
  /// A core reads about 15 bytes or multiplies about 100 int8 pairs in a nanosecond.
  static double cost_ns(const linear_job& j) noexcept {
    const double bytes = static_cast<double>(j.w->n_out) * static_cast<double>(j.w->row_bytes);
    const double macs = static_cast<double>(j.w->n_out) * static_cast<double>(j.w->n_in) * static_cast<double>(j.a.n_tokens);
    return j.a.n_tokens ? bytes / 15 + macs / 100 : 0;
  }

  compute* c_;
  Jobs jobs_;
  std::size_t tiles_per_task_ = 1, n_tasks_ = 0;
  double task_ns_ = 0;
};

}  // namespace detail

/// Awaitable: every product of the group, in one parallel loop over all their rows.
template <class... Job>
  requires(std::is_same_v<Job, linear_job> && ...)
[[nodiscard]] auto linear(compute& c, Job... jobs) {
  detail::linear_tasks tasks(c, std::array<linear_job, sizeof...(Job)>{jobs...});
  return parallel(c, tasks.n_tasks(), tasks.task_ns(), std::move(tasks));
}
/// The same for a list that the caller keeps alive.
[[nodiscard]] inline auto linear(compute& c, std::span<const linear_job> jobs) {
  detail::linear_tasks tasks(c, jobs);
  return parallel(c, tasks.n_tasks(), tasks.task_ns(), std::move(tasks));
}

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
