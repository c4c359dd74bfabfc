// y = W x for any weight type and any number of tokens, cut into tasks.
// Next: simd/table.hpp, simd/scalar.hpp.
#pragma once

#include <retort/nn/pass.hpp>

RETORT_BEGIN
namespace nn {

/// The rounded forms of some elements of a row, x [n], all but lows, which need whole rows; `to` begins where they do.
inline void round_part(const simd::kernels& k, const float* x, std::size_t n, rounded_forms wanted,
                       const activation_rows& to) noexcept {
  if (wanted.int8) k.quantize(x, n, to);
  if (wanted.bf16 && to.bf16) k.round_bf16(x, n, to.bf16);
}

/// Awaitable: the rounded forms of rows; those that no such kernel can read (n_in % 32) are left alone.
[[nodiscard]] inline auto round_rows(compute& c, const activation_rows& a, rounded_forms wanted) {
  const bool some = a.n_in % 32 == 0 && (wanted.int8 || (wanted.bf16 && a.bf16));
  return parallel(c, some ? a.n_tokens : 0, static_cast<double>(a.n_in) * 0.2,
                  [&c, a, wanted](std::size_t t, std::size_t) {
                    const activation_rows row = a.rows(t, 1);
                    round_part(c.k, row.x, a.n_in, wanted, row);
                    if (wanted.lows) c.k.quantize_lows(a.n_in, row);
                  });
}

/// Awaitable: the lows of rows whose other int8 forms are there.
[[nodiscard]] inline auto round_lows(compute& c, const activation_rows& a) {
  return parallel(c, a.n_tokens, static_cast<double>(a.n_in) * 0.03,
                  [&c, a](std::size_t t, std::size_t) { c.k.quantize_lows(a.n_in, a.rows(t, 1)); });
}

/// About how long a product takes: a core reads about 15 bytes or multiplies about 100 int8 pairs in a nanosecond.
[[nodiscard]] inline double product_ns(const weight_matrix& w, std::size_t n_tokens) noexcept {
  const double bytes = static_cast<double>(w.n_out) * static_cast<double>(w.row_bytes);
  const double macs = static_cast<double>(w.n_out) * static_cast<double>(w.n_in) * static_cast<double>(n_tokens);
  return n_tokens ? bytes / 15 + macs / 100 : 0;
}

/// One matrix product of a group that runs as one parallel loop.
struct linear_job {
  const weight_matrix* w = nullptr;  // [n_out, n_in]
  activations a;                     // [n_tokens, n_in]
  tensor<float, 2> y;                // [n_tokens, n_out]
  const float* bias = nullptr;       // [n_out] or none

  /// The weights whose rows are cut into tasks.
  [[nodiscard]] const weight_matrix& rows() const noexcept { return *w; }
  [[nodiscard]] double cost_ns() const noexcept { return product_ns(*w, a.n_tokens); }
};

/// y = scale x w^T + bias for the rows [begin, end) of w, on this thread. `then` as in simd::matmul_fn.
inline void multiply(const simd::kernels& k, const linear_job& j, std::size_t begin, std::size_t end,
                     const std::byte* then) noexcept {
  k.matmul[static_cast<std::size_t>(j.w->type)](*j.w, j.a, j.y, begin, end, then);
  if (j.w->scale != 1)
    for (std::size_t t = 0; t < j.a.n_tokens; ++t)
      for (std::size_t r = begin; r < end; ++r) j.y(t, r) *= j.w->scale;
  if (j.bias)
    for (std::size_t t = 0; t < j.a.n_tokens; ++t)
      for (std::size_t r = begin; r < end; ++r) j.y(t, r) += j.bias[r];
}

namespace detail {

/// Cuts the rows of several jobs into tasks of about equal cost: run(job, begin, end, then, worker). A task is a number
/// of whole tiles of 32 rows; the kernels for many tokens work on two at once.
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
    // sixteen tasks a thread balance the load without cutting what memory reads well into bits; none longer than a
    // tenth of a millisecond; but two tiles for many tokens, where no deadline waits
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
    const weight_matrix& w = j->rows();
    const std::size_t begin = task * tiles_per_task_ * tile_rows,
                      end = std::min(w.n_out, begin + tiles_per_task_ * tile_rows);
    run_(*j, begin, end, end < w.n_out ? w.row(end) : begin_after(j), worker);
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
  return by_rows(c, std::move(jobs),
                 [&k = c.k](const linear_job& j, std::size_t begin, std::size_t end, const std::byte* then,
                            std::size_t) { multiply(k, j, begin, end, then); });
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

}  // namespace nn
RETORT_END
