// Mixed precision: bf16 autocast around the forward pass. bf16 has float32's range, so no loss scaling is needed.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace chiasm {

// "auto" -> "bf16" on CUDA and on CPUs with avx512_bf16 or AMX, else "fp32".
std::string resolve_precision(const std::string& wanted, const at::Device& device);

// Autocast to bf16 while it lives, when `precision` is "bf16"; restores what was there.
class Autocast {
 public:
  Autocast(const std::string& precision, const at::Device& device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
  at::DeviceType device_;
  bool was_enabled_ = false;
  at::ScalarType was_type_ = at::kFloat;
};

}  // namespace chiasm
