// Sandwich norms: what a half of a layer gives is normalised once more before it joins the residual stream.
#pragma once

#include <retort/nn/linear.hpp>
#include <retort/nn/norm.hpp>

RETORT_BEGIN
namespace nn {

/// The norm behind a half.   weight [dim]
struct norm_behind {
  const float* weight = nullptr;
  float eps = 0;

  /// y = norm(half(x))
  [[nodiscard]] task pass(compute& c, const block& half, const block_call& io) const { return run(c, *this, half, io); }

 private:
  static task run(compute& c, norm_behind n, const block& half, const block_call& io) {
    co_await half.pass(c, io);
    co_await rms_norm(c, io.y, n.weight, n.eps, io.y);
  }
};

/// A mixer with a norm behind it.
class sandwiched_mixer final : public mixer {
 public:
  sandwiched_mixer(std::unique_ptr<mixer> half, norm_behind norm) : half_(std::move(half)), norm_(norm) {
    reads = half_->reads;
  }
  [[nodiscard]] task pass(compute& c, const block_call& io) const override { return norm_.pass(c, *half_, io); }
  void measure(arena& memory, const pass_size& size) const override { half_->measure(memory, size); }
  void keep(kv_layout& layout) const override { half_->keep(layout); }
  [[nodiscard]] std::string summary() const override { return half_->summary(); }

 private:
  std::unique_ptr<mixer> half_;
  norm_behind norm_;
};

/// A feed-forward half with a norm behind it.
class sandwiched_block final : public block {
 public:
  sandwiched_block(std::unique_ptr<block> half, norm_behind norm) : half_(std::move(half)), norm_(norm) {
    reads = half_->reads;
  }
  [[nodiscard]] task pass(compute& c, const block_call& io) const override { return norm_.pass(c, *half_, io); }
  void measure(arena& memory, const pass_size& size) const override { half_->measure(memory, size); }

 private:
  std::unique_ptr<block> half_;
  norm_behind norm_;
};

}  // namespace nn
RETORT_END
