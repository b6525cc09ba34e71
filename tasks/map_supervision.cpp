#include "tasks/map_supervision.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/nn/patch_embed.h"
#include "tasks/evidence.h"
#include "tasks/losses.h"

namespace chiasm {
namespace {

constexpr int64_t most_cells = 32768;
constexpr int64_t fewest_cells = 64;  // a coarser map holds no places

// RKDHW 0 or 1 -> RVK: whether a cell of the map's grid holds any voxel with 1.
at::Tensor cells(const at::Tensor& voxels, const at::Tensor& map) {
  return std::get<0>(at::adaptive_max_pool3d(voxels, nn::grid_of(map))).flatten(2).transpose(1, 2);
}

}  // namespace

MapSupervision::MapSupervision(const InputSpec& input, const Shape& shape, int64_t classes) : classes_(classes) {
  for (size_t i = 0; i < shape.maps.size(); ++i) {
    const int64_t voxels = map_voxels(input, shape.maps[i]);
    if (voxels > most_cells || voxels < fewest_cells) continue;
    levels_.push_back(i);
    heads_.push_back(register_module("head" + std::to_string(i), std::make_shared<nn::Linear>(shape.maps[i].channels, classes)));
  }
}

at::Tensor MapSupervision::loss_sum(const std::vector<at::Tensor>& maps, const at::Tensor& mask, const at::Tensor& known) {
  std::vector<at::Tensor> present;
  for (int64_t k = 1; k <= classes_; ++k) present.push_back((mask == k).logical_and(known).to(at::kFloat));
  const at::Tensor there = at::stack(present, 1), unknown = known.logical_not().to(at::kFloat).unsqueeze(1);
  at::Tensor total = at::zeros({}, there.options());
  for (size_t i = 0; i < levels_.size(); ++i) {
    const at::Tensor& map = maps[levels_[i]];
    const at::Tensor logits = heads_[i]->forward(map.flatten(2).transpose(1, 2));
    total = total + presence_entropy_sum(logits, cells(there, map), cells(unknown, map).squeeze(-1) < 0.5);
  }
  return total / static_cast<double>(std::max<size_t>(1, levels_.size()));
}

}  // namespace chiasm
