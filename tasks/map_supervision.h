// Deep supervision (Lee et al., 2015) of an encoder by a mask: each of its maps must itself tell, place by place, which classes are there.
// What outlines a lesion then stands in the encoder, where heads of a whole study find it, and not in the decoder alone.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/nn/linear.h"
#include "core/specs.h"
#include "core/task.h"

namespace chiasm {

class MapSupervision : public torch::nn::Module {
 public:
  // `classes` without the background. Maps of very many voxels are left out; the next coarser ones stand for them.
  MapSupervision(const InputSpec& input, const Shape& shape, int64_t classes);
  // `maps` as the encoder gives them; mask RDHW int64 and known RDHW bool. Mean over maps, sum over rows with any known voxel. Cells with
  // and cells without a class count alike, however few there are.
  at::Tensor loss_sum(const std::vector<at::Tensor>& maps, const at::Tensor& mask, const at::Tensor& known);

 private:
  int64_t classes_;
  std::vector<size_t> levels_;
  std::vector<std::shared_ptr<nn::Linear>> heads_;
};

}  // namespace chiasm
