// The autocast state of this thread: kept for a recomputation, or switched off around layers that need float32.
#pragma once

#include <ATen/core/Tensor.h>

namespace chiasm::nn {

struct AutocastState {
  at::DeviceType device = at::kCPU;
  bool enabled = false, cache = true;
  at::ScalarType type = at::kFloat;

  static AutocastState now(at::DeviceType device);
  static AutocastState off(at::DeviceType device);
  void apply() const;
};

// Sets a state while it lives.
class AutocastScope {
 public:
  explicit AutocastScope(const AutocastState& wanted) : before_(AutocastState::now(wanted.device)) { wanted.apply(); }
  ~AutocastScope() { before_.apply(); }
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  AutocastState before_;
};

}  // namespace chiasm::nn
