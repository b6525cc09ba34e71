// Losses against values from tests/golden/task_losses.py, and their behaviour when nothing counts.
#include "tasks/losses.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <limits>

#include "core/base/json.h"

namespace chiasm {
namespace {

const Json& golden() {
  static const Json values = Json::parse(std::ifstream(CHIASM_SOURCE "/tests/golden/task_losses.json"));
  return values;
}

at::Tensor floats(const Json& json, at::IntArrayRef shape) {
  return at::tensor(json.get<std::vector<double>>(), at::kFloat).reshape(shape);
}
at::Tensor ids(const Json& json, at::IntArrayRef shape) { return at::tensor(json.get<std::vector<int64_t>>(), at::kLong).reshape(shape); }
at::Tensor flags(const Json& json, at::IntArrayRef shape) { return ids(json, shape).to(at::kBool); }
double sum_of(const at::Tensor& value) { return value.item<double>(); }

TEST(Losses, SiglipEqualsItsFormulaAlsoInParts) {
  const Json& g = golden().at("siglip");
  const at::Tensor u = floats(g.at("u"), {4, 3}), v = floats(g.at("v"), {4, 3}), counts = flags(g.at("counts"), {4});
  const at::Tensor t = at::tensor(g.at("t").get<double>(), at::kFloat), b = at::tensor(g.at("b").get<double>(), at::kFloat);
  EXPECT_NEAR(sum_of(siglip_sum(u, v, counts, counts, 0, t, b)), g.at("sum").get<double>(), 1e-4);
  // Two ranks with two studies each, which see all vectors of the other side, add up to the same.
  double parts = 0;
  for (const int64_t rank : {0, 1})
    parts += sum_of(siglip_sum(u.narrow(0, 2 * rank, 2), v, counts.narrow(0, 2 * rank, 2), counts, 2 * rank, t, b));
  EXPECT_NEAR(parts, g.at("sum").get<double>(), 1e-4);
}

TEST(Losses, BinaryEntropyCountsKnownLabelsOnly) {
  const Json& g = golden().at("binary");
  const at::Tensor known = flags(g.at("known"), {2, 3}), weight = floats(g.at("weight"), {2});
  at::Tensor labels = floats(g.at("labels"), {2, 3});
  const at::Tensor logits = floats(g.at("logits"), {2, 3});
  EXPECT_NEAR(sum_of(binary_entropy_sum(logits, labels, known, weight)), g.at("sum").get<double>(), 1e-5);
  EXPECT_DOUBLE_EQ(known_weight(known, weight), g.at("count").get<double>());
  labels.masked_fill_(known.logical_not(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_NEAR(sum_of(binary_entropy_sum(logits, labels, known, weight)), g.at("sum").get<double>(), 1e-5);
}

TEST(Losses, SegmentationEqualsItsFormula) {
  const Json& g = golden().at("segment");
  const at::Tensor logits = floats(g.at("logits"), {2, 3, 1, 1, 5});
  const at::Tensor truth = ids(g.at("truth"), {2, 1, 1, 5}), known = flags(g.at("known"), {2, 1, 1, 5});
  EXPECT_NEAR(sum_of(voxel_entropy_sum(logits, truth, known)), g.at("entropy").get<double>(), 1e-5);
  EXPECT_NEAR(sum_of(soft_dice_sum(logits, truth, known, false)), g.at("dice").get<double>(), 1e-5);
  EXPECT_NEAR(sum_of(soft_dice_sum(logits, truth, known, true)), g.at("dice_whole_batch").get<double>(), 1e-5);
}

TEST(Losses, PerfectMaskHasNoDiceLossAndEmptyRowsDoNotCount) {
  const at::Tensor truth = at::tensor(std::vector<int64_t>{0, 1, 2, 1}, at::kLong).reshape({1, 1, 1, 4});
  const at::Tensor sure = at::one_hot(truth, 3).permute({0, 4, 1, 2, 3}).to(at::kFloat) * 60.0;
  const at::Tensor all = at::ones_like(truth, at::kBool);
  EXPECT_NEAR(sum_of(soft_dice_sum(sure, truth, all, false)), 0.0, 1e-6);
  EXPECT_DOUBLE_EQ(sum_of(soft_dice_sum(-sure, truth, at::zeros_like(all), false)), 0.0);
  EXPECT_DOUBLE_EQ(sum_of(voxel_entropy_sum(-sure, truth, at::zeros_like(all))), 0.0);
}

// Three voxels of background and one of a lesion, the class 2 of 3 absent: means over voxels and over classes in closed form.
TEST(Losses, BalancedEntropyCountsClassesAlike) {
  const at::Tensor truth = at::tensor(std::vector<int64_t>{0, 0, 1, 0}, at::kLong).reshape({1, 1, 1, 4});
  const at::Tensor all = at::ones_like(truth, at::kBool);
  at::Tensor logits = at::zeros({1, 3, 1, 1, 4});
  EXPECT_NEAR(sum_of(voxel_entropy_sum(logits, truth, all, 0.7)), std::log(3.0), 1e-6);
  logits.select(1, 0).fill_(2.0);
  const double partition = std::log(std::exp(2.0) + 2.0), background = partition - 2.0, lesion = partition;
  for (const double balance : {0.0, 0.3, 1.0})
    EXPECT_NEAR(sum_of(voxel_entropy_sum(logits, truth, all, balance)),
                (1 - balance) * (3 * background + lesion) / 4 + balance * (background + lesion) / 2, 1e-6);
  EXPECT_DOUBLE_EQ(sum_of(voxel_entropy_sum(logits, truth, at::zeros_like(all), 0.5)), 0.0);
}

// Four cells, one with the class: the mean of both kinds in closed form; a class in no cell counts its empty cells.
TEST(Losses, PresenceEntropyEqualsItsFormula) {
  const at::Tensor there = at::tensor({1.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f}).reshape({1, 4, 2});  // cells x classes
  const at::Tensor all = at::ones({1, 4}, at::kBool);
  const at::Tensor logits = at::full({1, 4, 2}, -1.0);
  const double with = std::log1p(std::exp(1.0)), without = std::log1p(std::exp(-1.0));
  EXPECT_NEAR(sum_of(presence_entropy_sum(logits, there, all)), ((with + without) / 2 + without) / 2, 1e-6);
  const at::Tensor none = at::zeros({1, 4}, at::kBool);
  EXPECT_DOUBLE_EQ(sum_of(presence_entropy_sum(logits, there, none)), 0.0);
  at::Tensor half = all.clone();
  half[0][0] = false;  // the one cell with the class is unknown
  EXPECT_NEAR(sum_of(presence_entropy_sum(logits, there, half)), without, 1e-6);
}

TEST(Losses, TokenEntropyEqualsItsFormula) {
  const Json& g = golden().at("tokens");
  const at::Tensor logits = floats(g.at("logits"), {1, 4, 5}), wanted = ids(g.at("ids"), {1, 4}), counts = flags(g.at("counts"), {1, 4});
  EXPECT_NEAR(sum_of(token_entropy_sum(logits, wanted, counts, 0.0)), g.at("sum").get<double>(), 1e-5);
  EXPECT_NEAR(sum_of(token_entropy_sum(logits, wanted, counts, g.at("smoothing").get<double>())), g.at("smoothed").get<double>(), 1e-5);
}

TEST(Losses, PatchErrorEqualsItsFormula) {
  const Json& g = golden().at("patches");
  const at::Tensor weight = floats(g.at("weight"), {1, 3, 4});
  const at::Tensor normal = normalised_patches(floats(g.at("real"), {1, 3, 4}), weight);
  EXPECT_TRUE(at::allclose(normal, floats(g.at("normalised"), {1, 3, 4}), 1e-4, 1e-5));
  EXPECT_NEAR(sum_of(patch_error_sum(floats(g.at("predicted"), {1, 3, 4}), normal, weight, flags(g.at("chosen"), {1, 3}))),
              g.at("sum").get<double>(), 1e-4);
}

// Gradients agree with central differences.
void expect_gradient(const std::function<at::Tensor(const at::Tensor&)>& loss, at::Tensor at_point) {
  at_point = at_point.clone().set_requires_grad(true);
  loss(at_point).backward();
  const at::Tensor gradient = at_point.grad().flatten().clone();
  torch::NoGradGuard no_gradient;
  at::Tensor flat = at_point.view(-1);
  constexpr float step = 1e-2f;
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const at::Tensor old = flat[i].clone();
    flat[i] = old + step;
    const double above = sum_of(loss(at_point));
    flat[i] = old - step;
    const double below = sum_of(loss(at_point));
    flat[i] = old;
    EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * step), 2e-3) << "value " << i;
  }
}

TEST(Losses, GradientsAgreeWithDifferences) {
  const Json& s = golden().at("segment");
  const at::Tensor truth = ids(s.at("truth"), {2, 1, 1, 5}), known = flags(s.at("known"), {2, 1, 1, 5});
  const at::Tensor logits = floats(s.at("logits"), {2, 3, 1, 1, 5});
  expect_gradient([&](const at::Tensor& x) { return soft_dice_sum(x, truth, known, false) + voxel_entropy_sum(x, truth, known); }, logits);
  expect_gradient([&](const at::Tensor& x) { return soft_dice_sum(x, truth, known, true); }, logits);
  expect_gradient([&](const at::Tensor& x) { return voxel_entropy_sum(x, truth, known, 0.5); }, logits);
  const at::Tensor cells = at::tensor({1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f}).reshape({1, 3, 2});
  const at::Tensor scores = at::tensor({0.3f, -1.0f, 2.0f, 0.5f, -0.2f, 1.5f}).reshape({1, 3, 2});
  expect_gradient([&](const at::Tensor& x) { return presence_entropy_sum(x, cells, at::ones({1, 3}, at::kBool)); }, scores);
  const Json& b = golden().at("binary");
  expect_gradient(
      [&](const at::Tensor& x) {
        return binary_entropy_sum(x, floats(b.at("labels"), {2, 3}), flags(b.at("known"), {2, 3}), {});
      },
      floats(b.at("logits"), {2, 3}));
  const Json& c = golden().at("siglip");
  const at::Tensor v = floats(c.at("v"), {4, 3}), counts = flags(c.at("counts"), {4});
  expect_gradient([&](const at::Tensor& u) { return siglip_sum(u, v, counts, counts, 0, at::tensor(2.0f), at::tensor(-1.0f)); },
                  floats(c.at("u"), {4, 3}));
}

}  // namespace
}  // namespace chiasm
