// Sandwich norms: what a half of a layer gives is normalised once more before it joins the residual stream.
#pragma once

#include <retort/nn/linear.hpp>
#include <retort/nn/norm.hpp>

RETORT_BEGIN
namespace nn {

/// A half of a layer with a norm behind it: y = norm(half(x)).   weight [dim]
template <class Half>
class sandwiched : public Half {
 public:
  sandwiched(std::unique_ptr<Half> half, const float* weight, float eps)
      : half_(std::move(half)), weight_(weight), eps_(eps) {
    this->reads = half_->reads;
  }
  [[nodiscard]] task pass(compute& c, const block_call& io) const override { return run(c, *this, io); }
  void measure(arena& memory, const pass_size& size) const override { half_->measure(memory, size); }

 protected:
  std::unique_ptr<Half> half_;

 private:
  static task run(compute& c, const sandwiched& s, const block_call& io) {
    co_await s.half_->pass(c, io);
    co_await rms_norm(c, io.y, s.weight_, s.eps_, io.y);
  }
  const float* weight_;
  float eps_;
};

class sandwiched_mixer final : public sandwiched<mixer> {
 public:
  using sandwiched::sandwiched;
  void keep(kv_layout& layout) const override { half_->keep(layout); }
  [[nodiscard]] std::string summary() const override { return half_->summary(); }
};

}  // namespace nn
RETORT_END
