#include "tasks/segment.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/rows.h"
#include "tasks/leakage.h"
#include "tasks/losses.h"
#include "tasks/map_supervision.h"
#include "tasks/mask_decoder.h"

namespace chiasm {
namespace {

constexpr int64_t unknown_voxel = 255;  // Finding::Mask::truth

// The tokens of each row's study.
Tokens of_rows(const Tokens& studies, const std::vector<int64_t>& rows, int64_t count) {
  if (const int64_t each = rows_per_study(rows, count); each > 0) {
    if (each == 1) return studies;
    return {studies.values.unsqueeze(1).expand({-1, each, -1, -1}).flatten(0, 1),
            studies.valid.unsqueeze(1).expand({-1, each, -1}).flatten(0, 1)};
  }
  const at::Tensor index = at::tensor(rows, at::kLong).to(studies.values.device());
  return {studies.values.index_select(0, index), studies.valid.index_select(0, index)};
}

class Segment : public Task {
 public:
  Segment(const SegmentConfig& config, std::vector<std::string> inputs, const TaskContext& context)
      : config_(config), on_(context.targets.at(config.target).on), inputs_(std::move(inputs)) {
    const TargetSpec& spec = context.targets.at(config.target);
    const int64_t classes = static_cast<int64_t>(spec.classes.size());
    MaskDecoderConfig decoder;
    decoder.classes = classes + 1;
    decoder.fused_width = context.width;
    decoder.widest = config.width;
    decoder_ = register_module("decoder", std::make_shared<MaskDecoder>(decoder, context.inputs.at(on_), context.shapes.at(on_)));
    if (config.deep > 0)
      deep_ = register_module("deep_" + on_, std::make_shared<MapSupervision>(context.inputs.at(on_), context.shapes.at(on_), classes));
    const std::array<double, 3>& mm = context.inputs.at(on_).spacing_mm;
    for (const auto& [name, ml] : config.least_ml)
      least_voxels_[std::find(spec.classes.begin(), spec.classes.end(), name) - spec.classes.begin() + 1] =
          ml * 1000 / (mm[0] * mm[1] * mm[2]);
    if (static_cast<int64_t>(spec.priors.size()) != classes) return;
    std::vector<double> shares{1.0};
    for (const double prior : spec.priors) {
      shares.front() -= prior;
      shares.push_back(prior);
    }
    decoder_->start_at(shares);
  }

  std::vector<std::string> reads() const override;
  std::vector<std::string> needs() const override { return {config_.target}; }
  std::map<std::string, double> counts(const Batch& batch) const override;
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override;
  std::map<std::string, at::Tensor> predict(Pass& pass, const Batch& batch) override { return {{"logits", logits(pass, batch)}}; }
  Finding find(Pass& pass, const Batch& batch) override;

 private:
  at::Tensor logits(Pass& pass, const Batch& batch);
  void drop_specks(at::Tensor& classes) const;
  SegmentConfig config_;
  std::map<int64_t, double> least_voxels_;  // by class index
  std::string on_;
  std::vector<std::string> inputs_;
  std::shared_ptr<MaskDecoder> decoder_;
  std::shared_ptr<MapSupervision> deep_;  // none when its weight is 0
};

std::vector<std::string> Segment::reads() const {
  std::vector<std::string> names = inputs_;
  if (std::find(names.begin(), names.end(), on_) == names.end()) names.push_back(on_);
  return names;
}

// The maps of the segmented image are always read, whatever modality dropout hides from the fusion: without them there is nothing to
// segment.
at::Tensor Segment::logits(Pass& pass, const Batch& batch) {
  const Input& rows = batch.inputs.at(on_);
  const Tokens fused = of_rows(pass.fuse(inputs_), rows.rows, batch.studies());
  return widened(decoder_->forward(pass.encode(on_).maps, fused, rows.values));
}

std::map<std::string, double> Segment::counts(const Batch& batch) const {
  const auto found = batch.targets.find(config_.target);
  const double rows = found == batch.targets.end() ? 0.0 : known_rows(found->second.known).sum().item<double>();
  std::map<std::string, double> out{{"dice", rows}, {"entropy", rows}};
  if (deep_) out["deep"] = rows;
  return out;
}

std::map<std::string, at::Tensor> Segment::losses(Pass& pass, const Batch& batch) {
  const at::Tensor scores = logits(pass, batch);
  const auto found = batch.targets.find(config_.target);
  Target nothing;  // every voxel unknown: losses of zero that reach every weight
  if (found == batch.targets.end()) {
    const at::Tensor like = scores.select(1, 0);
    nothing.values = at::zeros_like(like, at::kLong);
    nothing.known = at::zeros_like(like, at::kBool);
  }
  const Target& target = found == batch.targets.end() ? nothing : found->second;
  std::map<std::string, at::Tensor> out{{"dice", soft_dice_sum(scores, target.values, target.known, config_.batch_dice)},
                                        {"entropy", voxel_entropy_sum(scores, target.values, target.known, config_.balance)}};
  if (deep_) out["deep"] = deep_->loss_sum(pass.encode(on_).maps, target.values, target.known) * config_.deep;
  return out;
}

// Classes that fill less than they must, in one image DHW, become background.
void Segment::drop_specks(at::Tensor& classes) const {
  for (const auto& [index, least] : least_voxels_) {
    const at::Tensor found = classes == index;
    if (static_cast<double>(found.sum().item<int64_t>()) < least) classes.masked_fill_(found, 0);
  }
}

Finding Segment::find(Pass& pass, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  const at::Tensor classes = logits(pass, batch).argmax(1).to(at::kByte).cpu();
  const Input& rows = batch.inputs.at(on_);
  const at::Tensor real = real_rows(rows).cpu(), has = pass.has(on_).cpu();
  const auto found = batch.targets.find(config_.target);
  Finding out;
  for (int64_t r = 0; r < classes.size(0); ++r) {
    const int64_t study = rows.rows[static_cast<size_t>(r)];
    if (!real[r].item<bool>() || !has[study].item<bool>()) continue;
    Finding::Mask mask{r, study, config_.target, on_, classes[r].clone(), {}};
    drop_specks(mask.classes);
    if (found != batch.targets.end()) {
      const at::Tensor known = found->second.known[r].cpu();
      mask.truth = found->second.values[r].cpu().to(at::kByte).masked_fill(known.logical_not(), unknown_voxel);
    }
    out.masks.push_back(std::move(mask));
  }
  return out;
}

}  // namespace

void fields(config::Visitor& v, SegmentConfig& c) {
  v.field("target", c.target, "The mask target that it learns.", {.required = true});
  v.field("inputs", c.inputs,
          "Inputs whose fused tokens the decoder reads; all visible ones when empty. The segmented image is always read.");
  v.field("width", c.width, "Channels of a decoder level at most.", {.at_least = 8, .at_most = 1024});
  v.field("balance", c.balance,
          "Share of the cross-entropy that counts every class of an image alike, however few voxels it has; for small lesions.",
          {.at_least = 0.0, .at_most = 1.0});
  v.field(
      "deep", c.deep,
      "Weight of a loss that asks each map of the encoder itself where the classes are; heads of whole studies then find lesions sooner.",
      {.at_least = 0.0, .at_most = 100.0});
  v.field("least_ml", c.least_ml,
          "Class to the volume in millilitres below which it counts as not found in an image; the exported logits do not know of it.");
  v.field("batch_dice", c.batch_dice,
          "One Dice over the images of a rank's batch instead of one per image; steadier where classes are rare.");
}

std::shared_ptr<Task> build(const SegmentConfig& config, const TaskContext& context) {
  const TargetSpec& target = find_target(config.target, TargetKind::mask, context);
  const std::vector<std::string> inputs = chosen_inputs(config.inputs, context);
  for (const auto& [name, ml] : config.least_ml)
    if (std::find(target.classes.begin(), target.classes.end(), name) == target.classes.end())
      throw UsageError("task '" + context.name + "': least_ml names class '" + name + "', which target '" + config.target +
                       "' does not have" + did_you_mean(name, target.classes));
  refuse_leakage(inputs, config.target, Purpose::supervised, context);
  refuse_leakage(chosen_inputs({target.on}, context), config.target, Purpose::supervised, context);
  if (context.shapes.at(target.on).maps.empty())
    throw UsageError("task '" + context.name + "': the encoder of input '" + target.on +
                     "' gives no maps to segment; choose one that does");
  return std::make_shared<Segment>(config, inputs, context);
}

}  // namespace chiasm
