#include "core/batch.h"

#include <ATen/Functions.h>

namespace chiasm {
namespace {

at::Tensor moved(const at::Tensor& tensor, const at::Device& device) {
  return tensor.defined() ? tensor.to(device, /*non_blocking=*/true) : tensor;
}

}  // namespace

Batch to_device(const Batch& batch, const at::Device& device) {
  if (device.is_cpu()) return batch;
  Batch out = batch;
  for (auto& [name, input] : out.inputs) {
    input.values = moved(input.values, device);
    input.valid = moved(input.valid, device);
    input.where = moved(input.where, device);
    input.keep = moved(input.keep, device);
  }
  for (auto& [name, target] : out.targets) {
    target.values = moved(target.values, device);
    target.known = moved(target.known, device);
    target.weight = moved(target.weight, device);
  }
  return out;
}

}  // namespace chiasm
