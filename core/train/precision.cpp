#include "core/train/precision.h"

#include <ATen/autocast_mode.h>
#include <cpuid.h>

namespace chiasm {
namespace {

// CPUID leaf 7, sub-leaf 1: EAX bit 5 = AVX512_BF16; leaf 7, sub-leaf 0: EDX bit 22 = AMX_BF16.
bool cpu_has_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1u << 5)) != 0) return true;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & (1u << 22)) != 0;
}

}  // namespace

std::string resolve_precision(const std::string& wanted, const at::Device& device) {
  if (wanted != "auto") return wanted;
  return device.is_cuda() || cpu_has_bf16() ? "bf16" : "fp32";
}

Autocast::Autocast(const std::string& precision, const at::Device& device) : on_(precision == "bf16"), device_(device.type()) {
  if (!on_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  was_type_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, was_type_);
}

}  // namespace chiasm
