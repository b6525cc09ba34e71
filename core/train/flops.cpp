#include "core/train/flops.h"

#include <ATen/ATen.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "core/base/check.h"

namespace chiasm {
namespace {

// LibTorch's observers are plain functions without a place for anything of their own.
std::atomic<int64_t> counted{0};
std::atomic<bool> in_use{false};

using Values = c10::ArrayRef<const c10::IValue>;

// Outputs of one channel along all axes, from what the operator is given: arguments are there when it starts only, results when it ends.
int64_t places(Values in) {
  const at::Tensor &x = in.at(0).toTensor(), &weight = in.at(1).toTensor();
  const auto stride = in.at(3).toIntVector(), padding = in.at(4).toIntVector(), dilation = in.at(5).toIntVector();
  const auto along = [](const std::vector<int64_t>& list, size_t axis) { return list[list.size() == 1 ? 0 : axis]; };
  int64_t out = 1;
  for (int64_t d = 2; d < x.dim(); ++d) {
    const auto axis = static_cast<size_t>(d - 2);
    out *= (x.size(d) + 2 * along(padding, axis) - along(dilation, axis) * (weight.size(d) - 1) - 1) / along(stride, axis) + 1;
  }
  return out;
}

// Multiplications and additions of applying the kernel `times` times. `weight`: channels of one side, of the other in a group, kernel.
int64_t kernel_flops(int64_t times, const at::Tensor& weight) {
  return 2 * times * (weight.numel() / std::max<int64_t>(weight.size(0), 1));
}

int64_t convolution(Values in) {
  const at::Tensor &x = in.at(0).toTensor(), &weight = in.at(1).toTensor();
  return kernel_flops(in.at(6).toBool() ? x.numel() : x.size(0) * weight.size(0) * places(in), weight);
}

int64_t convolution_backward(Values in) {
  const bool transposed = in.at(7).toBool();
  const c10::List<bool> wanted = in.at(10).toBoolList();
  return (wanted.get(0) + wanted.get(1)) * kernel_flops((transposed ? in.at(1) : in.at(0)).toTensor().numel(), in.at(2).toTensor());
}

// `first`: place of the left factor; the right one follows and has its columns last.
template <size_t first>
int64_t product(Values in) {
  return 2 * in.at(first).toTensor().numel() * in.at(first + 1).toTensor().size(-1);
}

// Two products forward; backward five, one of them again. `query`: B, heads, length, width.
template <int64_t products, size_t query>
int64_t attention(Values in) {
  return 2 * products * in.at(query).toTensor().numel() * in.at(query + 1).toTensor().size(-2);
}

using Count = int64_t (*)(Values);
const std::map<std::string, Count>& operators() {
  static const std::map<std::string, Count> list{
      {"aten::mm", product<0>},
      {"aten::bmm", product<0>},
      {"aten::addmm", product<1>},
      {"aten::baddbmm", product<1>},
      {"aten::convolution", convolution},
      {"aten::convolution_backward", convolution_backward},
      {"aten::_scaled_dot_product_flash_attention_for_cpu", attention<2, 0>},
      {"aten::_scaled_dot_product_flash_attention_for_cpu_backward", attention<5, 1>},
      {"aten::_scaled_dot_product_flash_attention", attention<2, 0>},
      {"aten::_scaled_dot_product_flash_attention_backward", attention<5, 1>},
      {"aten::_scaled_dot_product_efficient_attention", attention<2, 0>},
      {"aten::_scaled_dot_product_efficient_attention_backward", attention<5, 1>},
  };
  return list;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call) {
  const auto found = operators().find(call.name());
  if (found != operators().end()) counted += found->second(call.inputs());
  return nullptr;
}

}  // namespace

FlopCounter::FlopCounter() {
  check(!in_use.exchange(true), "operations are counted already");
  counted = 0;
  handle_ = at::addGlobalCallback(at::RecordFunctionCallback(begin).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

FlopCounter::~FlopCounter() {
  at::removeCallback(handle_);
  in_use = false;
}

int64_t FlopCounter::count() const { return counted; }

}  // namespace chiasm
