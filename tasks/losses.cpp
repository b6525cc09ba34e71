#include "tasks/losses.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace chiasm {
namespace {

constexpr double flattest_variance = 1e-3;

}  // namespace

at::Tensor widened(const at::Tensor& values) {
  const at::ScalarType type = values.scalar_type();
  return type == at::kBFloat16 || type == at::kHalf ? values.to(at::kFloat) : values;
}

at::Tensor siglip_sum(const at::Tensor& mine, const at::Tensor& all, const at::Tensor& mine_counts, const at::Tensor& all_counts,
                      int64_t offset, const at::Tensor& temperature, const at::Tensor& bias) {
  const c10::impl::ExcludeDispatchKeyGuard full_precision(c10::autocast_dispatch_keyset);  // matmul would round to bf16
  const at::Tensor logits = widened(mine).matmul(widened(all).t()) * temperature + bias;
  const at::Tensor row = at::arange(mine.size(0), mine.options().dtype(at::kLong)).unsqueeze(1) + offset;
  const at::Tensor partner = row == at::arange(all.size(0), row.options()).unsqueeze(0);
  const at::Tensor sign = partner.to(at::kFloat) * 2.0 - 1.0;
  const at::Tensor counts = mine_counts.to(at::kFloat).unsqueeze(1) * all_counts.to(at::kFloat).unsqueeze(0);
  return -(at::log_sigmoid(logits * sign) * counts).sum();
}

at::Tensor binary_entropy_sum(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& known, const at::Tensor& weight) {
  const at::Tensor x = widened(logits);
  const at::Tensor y = labels.to(x.scalar_type()).masked_fill(known.logical_not(), 0.0);
  at::Tensor loss = x.clamp_min(0.0) - x * y + (-x.abs()).exp().log1p();
  loss = loss * known.to(at::kFloat);
  if (weight.defined()) loss = loss * weight.to(at::kFloat).unsqueeze(1);
  return loss.sum();
}

double known_weight(const at::Tensor& known, const at::Tensor& weight) {
  const at::Tensor counts = known.to(at::kDouble);
  return (weight.defined() ? counts * weight.to(at::kDouble).unsqueeze(1) : counts).sum().item<double>();
}

at::Tensor known_rows(const at::Tensor& known) { return known.flatten(1).any(1); }

at::Tensor voxel_entropy_sum(const at::Tensor& logits, const at::Tensor& classes, const at::Tensor& known, double balance) {
  const at::Tensor log_probabilities = at::log_softmax(widened(logits), 1);
  const at::Tensor truth = classes.masked_fill(known.logical_not(), 0);
  const at::Tensor counts = known.flatten(1).to(at::kFloat);
  const at::Tensor errors = -log_probabilities.gather(1, truth.unsqueeze(1)).squeeze(1).flatten(1) * counts;
  const at::Tensor of_voxels = errors.sum(1) / counts.sum(1).clamp_min(1.0);
  if (balance == 0.0) return of_voxels.sum();
  const at::Tensor zeros = at::zeros({logits.size(0), logits.size(1)}, errors.options());
  const at::Tensor sizes = zeros.scatter_add(1, truth.flatten(1), counts);
  const at::Tensor means = zeros.scatter_add(1, truth.flatten(1), errors) / sizes.clamp_min(1.0);
  const at::Tensor of_classes = means.sum(1) / (sizes > 0).sum(1).clamp_min(1);
  return (of_voxels * (1.0 - balance) + of_classes * balance).sum();
}

at::Tensor presence_entropy_sum(const at::Tensor& logits, const at::Tensor& presence, const at::Tensor& known) {
  const at::Tensor scores = widened(logits), truth = presence.to(scores.scalar_type());
  const at::Tensor each = at::binary_cross_entropy_with_logits(scores, truth, {}, {}, at::Reduction::None);
  const at::Tensor counts = known.unsqueeze(-1).to(scores.scalar_type()), with = counts * truth, without = counts - with;
  const auto mean = [&](const at::Tensor& weight) { return (each * weight).sum(1) / weight.sum(1).clamp_min(1.0); };
  const at::Tensor sides = (with.sum(1) > 0.5).to(scores.scalar_type()) + (without.sum(1) > 0.5).to(scores.scalar_type());
  return ((mean(with) + mean(without)) / sides.clamp_min(1.0)).mean(-1).sum();
}

at::Tensor soft_dice_sum(const at::Tensor& logits, const at::Tensor& classes, const at::Tensor& known, bool whole_batch) {
  const at::Tensor counts = known.flatten(1).to(at::kFloat).unsqueeze(1);
  const at::Tensor chances = at::softmax(widened(logits), 1).flatten(2) * counts;
  const at::Tensor truth = classes.masked_fill(known.logical_not(), 0).flatten(1).unsqueeze(1);
  const at::Tensor index = at::arange(logits.size(1), truth.options()).reshape({1, -1, 1});
  const at::Tensor real = (truth == index).to(at::kFloat) * counts;
  const auto foreground = [](const at::Tensor& sums) { return sums.narrow(1, 1, sums.size(1) - 1); };
  at::Tensor both = foreground((chances * real).sum(2)), sizes = foreground(chances.sum(2) + real.sum(2));
  const at::Tensor rows = known_rows(known).to(at::kFloat);
  if (whole_batch) {
    both = both.sum(0, /*keepdim=*/true);
    sizes = sizes.sum(0, /*keepdim=*/true);
  }
  const at::Tensor loss = (1.0 - (2.0 * both + 1.0) / (sizes + 1.0)).mean(1);
  return whole_batch ? loss.sum() * rows.sum() : (loss * rows).sum();
}

at::Tensor token_entropy_sum(const at::Tensor& logits, const at::Tensor& ids, const at::Tensor& counts, double smoothing) {
  const at::Tensor log_probabilities = at::log_softmax(widened(logits), -1);
  at::Tensor loss = -log_probabilities.gather(-1, ids.unsqueeze(-1)).squeeze(-1);
  if (smoothing > 0) loss = loss * (1.0 - smoothing) - log_probabilities.mean(-1) * smoothing;
  return (loss * counts.to(at::kFloat)).sum();
}

at::Tensor patch_error_sum(const at::Tensor& predicted, const at::Tensor& real, const at::Tensor& weight, const at::Tensor& chosen) {
  const at::Tensor squared = (widened(predicted) - widened(real)).square() * weight;
  const at::Tensor of_patch = squared.sum(-1) / weight.sum(-1).clamp_min(1.0);
  return (of_patch * chosen.to(at::kFloat)).sum();
}

at::Tensor normalised_patches(const at::Tensor& patches, const at::Tensor& weight) {
  const at::Tensor values = widened(patches);
  const at::Tensor count = weight.sum(-1, /*keepdim=*/true).clamp_min(1.0);
  const at::Tensor centred = (values - (values * weight).sum(-1, true) / count) * weight;
  return centred / (centred.square().sum(-1, true) / count + flattest_variance).sqrt();
}

}  // namespace chiasm
