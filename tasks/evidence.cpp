#include "tasks/evidence.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/TracerMode.h>

#include "core/nn/autocast.h"
#include "core/nn/patch_embed.h"
#include "core/rows.h"

namespace chiasm {
namespace {

constexpr int64_t most_voxels = 32768;  // of a map that is read voxel by voxel
constexpr double hidden_score = -3e4;   // of padding; finite in bfloat16 too
constexpr int64_t kept = 5;             // per detector: largest answer, attended answer, D, H and W of the attended place

// The place of every voxel, V3, each side from -1 to 1; a constant of a traced graph.
at::Tensor places(const at::Tensor& map) {
  const at::tracer::impl::NoTracerDispatchMode constant;
  std::vector<at::Tensor> sides;
  for (int64_t d = 2; d < 5; ++d) {
    const int64_t count = map.size(d);
    sides.push_back((at::arange(count, map.options().dtype(at::kFloat)) + 0.5) * (2.0 / static_cast<double>(count)) - 1.0);
  }
  const std::vector<at::Tensor> grid = at::meshgrid(sides, "ij");
  return at::stack(grid, -1).flatten(0, 2);
}

// Halves the sides that are even. Without autocast, which would go through float32 and back: a maximum loses nothing in bfloat16.
at::Tensor halve(const at::Tensor& map) {
  const nn::AutocastScope scope(nn::AutocastState::off(map.device().type()));
  std::vector<int64_t> kernel;
  for (int64_t d = 2; d < 5; ++d) kernel.push_back(map.size(d) % 2 == 0 ? 2 : 1);
  return at::max_pool3d(map, kernel, kernel);
}

// The largest value of each row. amax() would look at every value again to share the gradient among equal ones.
at::Tensor largest(const at::Tensor& values) {
  if (!values.requires_grad()) return values.amax(-1);
  return values.gather(-1, values.detach().argmax(-1, /*keepdim=*/true)).squeeze(-1);
}

}  // namespace

int64_t map_voxels(const InputSpec& input, const Shape::Map& map) {
  int64_t voxels = 1;
  for (size_t d = 0; d < 3; ++d) voxels *= (input.size[d] + map.stride[d] - 1) / map.stride[d];
  return voxels;
}

ImageEvidence::ImageEvidence(const InputSpec& input, const Shape& shape, int64_t detectors, int64_t width) {
  for (const Shape::Map& map : shape.maps) {
    Level level;
    level.halved = map_voxels(input, map) > most_voxels;
    level.look = register_module("look" + std::to_string(levels_.size()), std::make_shared<nn::Linear>(map.channels, 2 * detectors));
    levels_.push_back(level);
  }
  const int64_t found = kept * detectors * static_cast<int64_t>(levels_.size());
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({found})));
  mix_ = register_module("mix", std::make_shared<nn::Linear>(found, width));
}

// One matrix product over the voxels, RKV so that all that follows runs along the memory; bias and padding are two channels more of the
// map.
at::Tensor ImageEvidence::look(const Level& level, const at::Tensor& map, const at::Tensor& padding) const {
  const at::Tensor voxels = map.flatten(2), one = at::ones_like(voxels.narrow(1, 0, 1));
  const at::Tensor hidden = padding.defined() ? padding.flatten(1).unsqueeze(1).to(voxels.scalar_type()) * hidden_score : one * 0.0;
  const at::Tensor &weight = level.look->weight, &bias = level.look->bias;
  const at::Tensor extended = at::cat({weight, bias.unsqueeze(1), at::ones_like(bias).unsqueeze(1)}, 1);
  const at::Tensor read = at::cat({voxels, one, hidden}, 1);
  // One copy of the weights a row, for at::matmul would turn the rows into one product of transposed copies.
  const at::Tensor of_rows = extended + at::zeros_like(read.narrow(1, 0, 1).narrow(2, 0, 1));
  const std::vector<at::Tensor> seen = at::bmm(of_rows, read).chunk(2, 1);
  const at::Tensor answers = at::relu(seen[0]), attention = at::softmax(seen[1], -1);
  const at::Tensor where = at::matmul(attention, places(map).to(attention.scalar_type()));
  return at::cat({at::relu(largest(seen[0])), (attention * answers).sum(-1), where.transpose(1, 2).flatten(1)}, 1);
}

at::Tensor ImageEvidence::forward(const std::vector<at::Tensor>& maps, const at::Tensor& valid) {
  std::vector<at::Tensor> found;
  at::Tensor real = valid;  // RDHW of the level before
  for (size_t i = 0; i < levels_.size(); ++i) {
    const at::Tensor map = levels_[i].halved ? halve(maps[i]) : maps[i];
    if (real.defined()) real = nn::token_validity(real, nn::grid_of(map)).unflatten(1, nn::grid_of(map));
    found.push_back(look(levels_[i], map, real.defined() ? real.logical_not() : real));
  }
  return at::gelu(mix_->forward(norm_->forward(at::cat(found, 1))));
}

std::vector<std::string> inputs_with_maps(const std::vector<std::string>& inputs, const TaskContext& context) {
  std::vector<std::string> out;
  for (const std::string& name : inputs)
    if (context.inputs.at(name).form == Form::image && !context.shapes.at(name).maps.empty()) out.push_back(name);
  return out;
}

at::Tensor study_evidence(ImageEvidence& evidence, Pass& pass, const std::string& input, const std::vector<std::string>& inputs) {
  const Input& rows = pass.batch().inputs.at(input);
  const at::Tensor of_studies = pass.once(input, &evidence, [&] {
    const at::Tensor of_rows = evidence.forward(pass.encode(input).maps, rows.valid);
    return max_over_rows(of_rows, real_rows(rows), rows.rows, pass.batch().studies());
  });
  return of_studies.masked_fill(pass.shown(input, inputs).logical_not().unsqueeze(-1), 0.0);
}

}  // namespace chiasm
