#include "core/nn/linear.h"

#include "core/base/error.h"
#include "core/nn/init.h"
#include "core/nn/mlp.h"
#include "tests/support/gradcheck.h"

namespace chiasm::nn {
namespace {

using test::expect_close;
using test::same_bits;

TEST(Linear, IsWeightTimesInputPlusBias) {
  Linear layer(2, 3);
  const at::NoGradGuard no_gradient;
  layer.weight.copy_(at::tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0}).view({3, 2}));
  layer.bias.copy_(at::tensor({0.5, -0.5, 0.0}));
  const at::Tensor out = layer.forward(at::tensor({1.0f, -1.0f}).view({1, 2}));
  expect_close(out, at::tensor({-0.5f, -1.5f, -1.0f}).view({1, 3}), 1e-6);
}

TEST(Linear, NamesItsTensorsAsSafetensorsOfOtherLibrariesDo) {
  Linear layer(2, 3);
  EXPECT_EQ(layer.named_parameters().keys(), (std::vector<std::string>{"weight", "bias"}));
  EXPECT_EQ(Linear(2, 3, /*bias=*/false).named_parameters().keys(), std::vector<std::string>{"weight"});
}

TEST(Linear, HasExactGradients) {
  torch::manual_seed(1);
  Linear layer(4, 3);
  layer.adapt(2, 4.0);
  layer.to(torch::kDouble);
  layer.lora_b.data().normal_();
  const at::Tensor x = test::random_leaf({2, 5, 4});
  test::expect_gradients(layer, [&] { return layer.forward(x); }, {x});
}

TEST(Linear, StartingValuesHaveTheirSpread) {
  torch::manual_seed(2);
  const at::Tensor normal = truncated_normal({200, 500}, 0.02);
  EXPECT_LE(normal.abs().max().item<double>(), 0.04);
  EXPECT_NEAR(normal.std().item<double>(), 0.02 * 0.8796, 2e-4);  // of a normal distribution cut at two deviations
  const at::Tensor xavier = xavier_uniform(300, 500);
  EXPECT_NEAR(xavier.std().item<double>(), std::sqrt(2.0 / 800.0), 3e-4);
  EXPECT_NEAR(kaiming_normal({64, 32, 3, 3, 3}).std().item<double>(), std::sqrt(2.0 / (32 * 27)), 5e-4);
  EXPECT_EQ(Linear(3, 2, true, Linear::Init::zero).weight.abs().sum().item<double>(), 0.0);
}

TEST(Adapters, ChangeNothingAtFirst) {
  torch::manual_seed(3);
  Linear layer(8, 6);
  const at::Tensor x = at::randn({5, 8}), before = layer.forward(x);
  layer.adapt(3, 6.0);
  EXPECT_TRUE(same_bits(layer.forward(x), before));
}

TEST(Adapters, AloneGetGradients) {
  Linear layer(8, 6);
  layer.adapt(3, 6.0);
  layer.lora_b.data().normal_();
  layer.forward(at::randn({5, 8})).sum().backward();
  EXPECT_FALSE(layer.weight.grad().defined());
  EXPECT_FALSE(layer.bias.grad().defined());
  EXPECT_GT(layer.lora_a.grad().abs().sum().item<double>(), 0.0);
  EXPECT_GT(layer.lora_b.grad().abs().sum().item<double>(), 0.0);
}

TEST(Adapters, FollowTheirDefinition) {
  torch::manual_seed(4);
  Linear layer(8, 6);
  layer.adapt(3, 12.0);
  layer.lora_b.data().normal_();
  layer.to(torch::kDouble);
  const at::Tensor x = at::randn({5, 8}, at::kDouble);
  const at::Tensor expected =
      at::matmul(x, layer.weight.t()) + layer.bias + 4.0 * at::matmul(at::matmul(x, layer.lora_a.t()), layer.lora_b.t());
  expect_close(layer.forward(x), expected, 1e-12);
}

TEST(Adapters, MergeIntoOneWeight) {
  torch::manual_seed(5);
  Linear layer(8, 6);
  layer.adapt(3, 6.0);
  layer.lora_b.data().normal_();
  layer.to(torch::kDouble);
  const at::Tensor x = at::randn({5, 8}, at::kDouble), adapted = layer.forward(x);
  expect_close(at::linear(x, layer.merged_weight(), layer.bias), adapted, 1e-12);
  layer.merge();
  EXPECT_FALSE(layer.adapted());
  EXPECT_EQ(layer.named_parameters().keys(), (std::vector<std::string>{"weight", "bias"}));
  expect_close(layer.forward(x), adapted, 1e-12);
}

TEST(Adapters, DropOnlyTheirOwnInputAndOnlyInTraining) {
  torch::manual_seed(6);
  Linear layer(64, 4);
  layer.adapt(2, 2.0, 0.5);
  layer.lora_b.data().normal_();
  const at::Tensor x = at::randn({3, 64});
  EXPECT_FALSE(at::allclose(layer.forward(x), layer.forward(x)));
  layer.lora_b.data().zero_();
  EXPECT_TRUE(same_bits(layer.forward(x), layer.forward(x)));
  layer.lora_b.data().normal_();
  layer.eval();
  EXPECT_TRUE(same_bits(layer.forward(x), layer.forward(x)));
}

TEST(Adapters, RefuseBadRanksAndSecondAdapters) {
  Linear layer(4, 4);
  EXPECT_THROW(layer.adapt(0, 1.0), UsageError);
  layer.adapt(1, 1.0);
  EXPECT_THROW(layer.adapt(1, 1.0), Error);
}

TEST(Mlp, HasExactGradients) {
  torch::manual_seed(7);
  Mlp mlp(3, 5, 2);
  mlp.to(torch::kDouble);
  const at::Tensor x = test::random_leaf({4, 3});
  EXPECT_EQ(mlp.forward(x).size(1), 2);
  test::expect_gradients(mlp, [&] { return mlp.forward(x); }, {x});
}

}  // namespace
}  // namespace chiasm::nn
