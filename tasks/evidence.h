// Evidence of an image for heads of a whole study: small lesions vanish in coarse tokens, so these read every map of the encoder.
// Learned detectors look at every voxel of a map; of each detector the largest answer, the answer where it attends, and that place are
// kept.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>
#include <vector>

#include "core/nn/linear.h"
#include "core/pass.h"
#include "core/task.h"

namespace chiasm {

// Voxels of a map of that encoder's input.
int64_t map_voxels(const InputSpec& input, const Shape::Map& map);

class ImageEvidence : public torch::nn::Module {
 public:
  // `detectors` per map; `width` of the result.
  ImageEvidence(const InputSpec& input, const Shape& shape, int64_t detectors, int64_t width);
  // RE. `valid` RDHW bool or undefined; padding has no influence.
  at::Tensor forward(const std::vector<at::Tensor>& maps, const at::Tensor& valid);

 private:
  struct Level {
    bool halved = false;  // very fine maps are max-pooled by two first
    std::shared_ptr<nn::Linear> look;
  };
  at::Tensor look(const Level& level, const at::Tensor& map, const at::Tensor& padding) const;
  std::vector<Level> levels_;
  torch::nn::LayerNorm norm_{nullptr};
  std::shared_ptr<nn::Linear> mix_;
};

// Those of `inputs` that are images whose encoder gives maps.
std::vector<std::string> inputs_with_maps(const std::vector<std::string>& inputs, const TaskContext& context);

// BE: the largest evidence over the rows of each study; zero where the study lacks the input or `inputs` do not show it (Pass::shown).
at::Tensor study_evidence(ImageEvidence& evidence, Pass& pass, const std::string& input, const std::vector<std::string>& inputs);

}  // namespace chiasm
