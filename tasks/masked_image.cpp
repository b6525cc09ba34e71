#include "tasks/masked_image.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/nn/block_stack.h"
#include "core/nn/init.h"
#include "core/nn/linear.h"
#include "core/nn/patch_embed.h"
#include "core/nn/positions.h"
#include "tasks/leakage.h"
#include "tasks/losses.h"

namespace chiasm {
namespace {

using nn::Size3;

// How one input is cut and rebuilt.
struct Canvas : torch::nn::Module {
  Canvas(const InputSpec& spec, const Shape& shape, Size3 grid, bool has_patches, int64_t width) : grid(grid), patches(has_patches) {
    int64_t from = shape.width, values = spec.channels;
    if (!patches) {
      from = 0;
      for (const Shape::Map& map : shape.maps) from += map.channels;
    }
    for (size_t d = 0; d < 3; ++d) {
      patch[d] = spec.size[d] / grid[d];
      values *= patch[d];
    }
    enter = register_module("enter", std::make_shared<nn::Linear>(from, width));
    hidden = register_parameter("hidden", nn::truncated_normal({width}));
    leave = register_module("leave", std::make_shared<nn::Linear>(width, values));
  }
  int64_t count() const { return grid[0] * grid[1] * grid[2]; }

  Size3 grid, patch{};
  bool patches;                       // the encoder has patches and honours Input::keep
  std::shared_ptr<nn::Linear> enter;  // encoder -> decoder
  at::Tensor hidden;                  // stands for a hidden patch
  std::shared_ptr<nn::Linear> leave;  // decoder -> values of a patch
};

// The grid of an input's patches: the encoder's, or blocks of the configured side.
Size3 grid_for(const std::string& name, const MaskedImageConfig& config, const TaskContext& context) {
  const Size3 own = context.grids.at(name);
  if (own[0] > 0) return own;
  const std::array<int64_t, 3>& size = context.inputs.at(name).size;
  Size3 grid{};
  for (size_t d = 0; d < 3; ++d) {
    const int64_t side = std::min(config.block, size[d]);
    if (size[d] % side != 0)
      throw UsageError("task '" + context.name + "': input '" + name + "' has a side of " + std::to_string(size[d]) +
                       " voxels, which is no multiple of 'block' (" + std::to_string(config.block) +
                       "); change 'block' or the view's size");
    grid[d] = size[d] / side;
  }
  return grid;
}

class MaskedImage : public Task {
 public:
  MaskedImage(const MaskedImageConfig& config, const TaskContext& context) : config_(config) {
    stack_ = register_module("blocks", std::make_shared<nn::BlockStack>());
    nn::BlockConfig block;
    block.width = config.width;
    block.heads = config.heads;
    for (int64_t i = 0; i < config.depth; ++i) stack_->add(std::make_shared<nn::SelfBlock>(block));
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.width})));
    for (const std::string& name : config.inputs) {
      const Size3 grid = grid_for(name, config, context);
      const bool patches = context.grids.at(name)[0] > 0;
      canvas_[name] = register_module(
          "input_" + name, std::make_shared<Canvas>(context.inputs.at(name), context.shapes.at(name), grid, patches, config.width));
    }
  }

  std::vector<std::string> reads() const override { return config_.inputs; }
  std::vector<std::string> needs() const override { return {}; }
  std::map<std::string, double> counts(const Batch& batch) const override;
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override;

 private:
  struct Mask {
    at::Tensor keep;    // RM int64, ascending
    at::Tensor masked;  // RN bool
    at::Tensor real;    // RN bool: patches with any real voxel
  };
  Mask draw(const std::string& name, const Batch& batch) const;
  at::Tensor seen(const std::string& name, Pass& pass, const Input& input, const Mask& mask);
  at::Tensor loss(const std::string& name, Pass& pass, const Batch& batch);

  MaskedImageConfig config_;
  std::map<std::string, std::shared_ptr<Canvas>> canvas_;
  std::shared_ptr<nn::BlockStack> stack_;
  torch::nn::LayerNorm norm_{nullptr};
};

at::Tensor valid_voxels(const Input& input) {
  return input.valid.defined() ? input.valid : at::ones_like(input.values.select(1, 0), at::kBool);
}

// Drawn from the study's key and the row's number within the study.
MaskedImage::Mask MaskedImage::draw(const std::string& name, const Batch& batch) const {
  const Canvas& canvas = *canvas_.at(name);
  const Input& input = batch.inputs.at(name);
  const int64_t patches = canvas.count();
  const int64_t kept = std::clamp<int64_t>(std::llround(static_cast<double>(patches) * (1.0 - config_.ratio)), 1, patches - 1);
  std::vector<int64_t> keep;
  std::map<int64_t, uint64_t> rows_before;
  for (const int64_t study : input.rows) {
    const uint64_t key = batch.keys.empty() ? static_cast<uint64_t>(study) : batch.keys[static_cast<size_t>(study)];
    Random random(hash_key({hash_key(key, "masked_image/" + name), rows_before[study]++}));
    std::vector<int64_t> row = random.sample(patches, kept);
    std::sort(row.begin(), row.end());
    keep.insert(keep.end(), row.begin(), row.end());
  }
  Mask mask;
  mask.keep = at::tensor(keep, at::kLong).reshape({-1, kept}).to(input.values.device());
  mask.masked = at::ones({mask.keep.size(0), patches}, mask.keep.options().dtype(at::kBool)).scatter(1, mask.keep, false);
  mask.real = nn::token_validity(valid_voxels(input), canvas.grid);
  return mask;
}

std::map<std::string, double> MaskedImage::counts(const Batch& batch) const {
  std::map<std::string, double> out;
  for (const auto& entry : canvas_) {
    const Mask mask = draw(entry.first, batch);
    out[entry.first] = mask.masked.logical_and(mask.real).sum().item<double>();
  }
  return out;
}

// What the decoder starts from, RNE: what the encoder says of every patch, and a learned vector where it saw none of it.
at::Tensor MaskedImage::seen(const std::string& name, Pass& pass, const Input& input, const Mask& mask) {
  Canvas& canvas = *canvas_.at(name);
  Input changed = input;
  if (canvas.patches) {
    changed.keep = mask.keep;
    const at::Tensor visible = canvas.enter->forward(pass.encode(name, changed).tokens.values);
    const at::Tensor all = canvas.hidden.to(visible.scalar_type()).expand({visible.size(0), canvas.count(), -1});
    return all.scatter(1, mask.keep.unsqueeze(-1).expand({-1, -1, config_.width}), visible);
  }
  changed.values = input.values * (1.0 - nn::voxels_of_patches(mask.masked, canvas.grid, canvas.patch));
  std::vector<at::Tensor> maps;
  for (const at::Tensor& map : pass.encode(name, changed).maps)
    maps.push_back(at::adaptive_avg_pool3d(widened(map), canvas.grid).flatten(2));
  const at::Tensor around = canvas.enter->forward(at::cat(maps, 1).transpose(1, 2));
  return around + canvas.hidden * mask.masked.to(around.scalar_type()).unsqueeze(-1);
}

at::Tensor MaskedImage::loss(const std::string& name, Pass& pass, const Batch& batch) {
  Canvas& canvas = *canvas_.at(name);
  const Input& input = batch.inputs.at(name);
  const Mask mask = draw(name, batch);
  nn::BlockInput start;
  start.x = seen(name, pass, input, mask);
  start.x = start.x + nn::sin_cos_positions(canvas.grid, config_.width).to(start.x.options());
  start.valid = mask.real;
  const at::Tensor predicted = canvas.leave->forward(norm_->forward(stack_->run(start)));
  const at::Tensor real = valid_voxels(input).unsqueeze(1).to(at::kFloat).expand_as(input.values);
  const at::Tensor weight = nn::patchify(real, canvas.patch);
  const at::Tensor truth = normalised_patches(nn::patchify(input.values, canvas.patch), weight);
  return patch_error_sum(predicted, truth, weight, mask.masked.logical_and(mask.real));
}

std::map<std::string, at::Tensor> MaskedImage::losses(Pass& pass, const Batch& batch) {
  std::map<std::string, at::Tensor> out;
  for (const auto& entry : canvas_) out[entry.first] = loss(entry.first, pass, batch);
  return out;
}

}  // namespace

void fields(config::Visitor& v, MaskedImageConfig& c) {
  v.field("inputs", c.inputs, "Images that are masked and rebuilt.", {.min_size = 1, .required = true});
  v.field("ratio", c.ratio, "Share of the patches that is hidden.", {.above = 0, .below = 1});
  v.field("block", c.block, "Side in voxels of the hidden blocks, for encoders without patches.", {.at_least = 1, .at_most = 256});
  v.field("depth", c.depth, "Blocks of the decoder.", {.at_least = 0, .at_most = 48});
  v.field("width", c.width, "Width of the decoder.", {.at_least = 6, .at_most = 8192});
  v.field("heads", c.heads, "Attention heads of the decoder.", {.at_least = 1, .at_most = 64});
  v.require(c.heads > 0 && c.width % c.heads == 0, "'width' must be a multiple of 'heads'");
}

std::shared_ptr<Task> build(const MaskedImageConfig& config, const TaskContext& context) {
  const std::vector<std::string> inputs = chosen_inputs(config.inputs, context);
  refuse_leakage(inputs, "", Purpose::pretraining, context);
  for (const std::string& name : inputs) {
    if (context.inputs.at(name).form != Form::image)
      throw UsageError("task '" + context.name + "' masks images, but input '" + name + "' is none; name image inputs");
    if (context.grids.at(name)[0] == 0 && context.shapes.at(name).maps.empty())
      throw UsageError("task '" + context.name + "': the encoder of input '" + name +
                       "' has neither patches nor maps; choose another encoder");
  }
  return std::make_shared<MaskedImage>(config, context);
}

}  // namespace chiasm
