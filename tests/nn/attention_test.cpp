#include "core/nn/attention.h"

#include "core/base/error.h"
#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "core/nn/pooling.h"
#include "tests/support/gradcheck.h"

namespace chiasm::nn {
namespace {

using test::expect_close;
using test::random_leaf;

struct AttentionTest : testing::Test {
  AttentionTest() {
    torch::manual_seed(1);
    attention = std::make_shared<Attention>(8, 2);
    for (const at::Tensor& parameter : attention->parameters()) parameter.data().normal_(0.0, 0.5);  // biases too
    attention->to(torch::kDouble);
  }
  at::Tensor weight(const std::string& name) { return attention->named_parameters()[name]; }
  std::shared_ptr<Attention> attention;
};

at::Tensor mask(std::vector<std::vector<int>> rows) {
  std::vector<at::Tensor> out;
  for (const auto& row : rows) out.push_back(at::tensor(row).to(at::kBool));
  return at::stack(out);
}

TEST_F(AttentionTest, EqualsLibTorchsOwnAttention) {
  const at::Tensor x = at::randn({2, 3, 8}, at::kDouble), context = at::randn({2, 5, 8}, at::kDouble);
  const at::Tensor valid = mask({{1, 1, 0, 1, 0}, {1, 1, 1, 1, 1}});
  const auto heads = [&](const at::Tensor& t, const std::string& name) {
    return at::linear(t, weight(name + ".weight"), weight(name + ".bias")).view({2, -1, 2, 4}).transpose(1, 2);
  };
  const at::Tensor mixed =
      at::scaled_dot_product_attention(heads(x, "query"), heads(context, "key"), heads(context, "value"), valid.view({2, 1, 1, 5}));
  const at::Tensor expected = at::linear(mixed.transpose(1, 2).reshape({2, 3, 8}), weight("out.weight"), weight("out.bias"));
  expect_close(attention->forward(x, context, valid), expected, 1e-12);
}

TEST_F(AttentionTest, HasExactGradients) {
  const at::Tensor x = random_leaf({2, 3, 8}), context = random_leaf({2, 4, 8});
  const at::Tensor valid = mask({{1, 0, 1, 0}, {1, 1, 1, 0}});
  test::expect_gradients(*attention, [&] { return attention->forward(x, context, valid); }, {x, context});
  test::expect_gradients(*attention, [&] { return attention->forward(x, x, {}, /*causal=*/true); }, {x});
}

TEST_F(AttentionTest, RowsWithoutAnyKeyGiveZeroAndNoGradient) {
  const at::Tensor x = random_leaf({2, 3, 8}), context = random_leaf({2, 4, 8});
  const at::Tensor out = attention->forward(x, context, mask({{0, 0, 0, 0}, {0, 1, 0, 0}}));
  EXPECT_EQ(out[0].abs().max().item<double>(), 0.0);
  EXPECT_GT(out[1].abs().max().item<double>(), 0.0);
  out.square().sum().backward();
  for (const at::Tensor& leaf : {x, context}) EXPECT_EQ(leaf.grad()[0].abs().max().item<double>(), 0.0);
  for (const at::Tensor& parameter : attention->parameters()) EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>());
}

TEST_F(AttentionTest, HiddenKeysGetExactlyNoGradient) {
  const at::Tensor context = random_leaf({1, 4, 8});
  attention->forward(at::randn({1, 2, 8}, at::kDouble), context, mask({{1, 0, 1, 0}})).square().sum().backward();
  EXPECT_EQ(context.grad()[0][1].abs().max().item<double>(), 0.0);
  EXPECT_EQ(context.grad()[0][3].abs().max().item<double>(), 0.0);
  EXPECT_GT(context.grad()[0][0].abs().max().item<double>(), 0.0);
}

TEST_F(AttentionTest, PaddingAndItsContentChangeNothing) {
  const at::Tensor x = at::randn({2, 3, 8}, at::kDouble), context = at::randn({2, 4, 8}, at::kDouble);
  const at::Tensor alone = attention->forward(x, context);
  const at::Tensor padded = at::cat({context, 1e3 * at::randn({2, 2, 8}, at::kDouble)}, 1);
  expect_close(attention->forward(x, padded, mask({{1, 1, 1, 1, 0, 0}, {1, 1, 1, 1, 0, 0}})), alone, 1e-12);
}

TEST_F(AttentionTest, OrderOfKeysDoesNotMatter) {
  const at::Tensor x = at::randn({1, 3, 8}, at::kDouble), context = at::randn({1, 4, 8}, at::kDouble);
  const at::Tensor order = at::tensor({2, 0, 3, 1}), valid = mask({{1, 1, 0, 1}});
  expect_close(attention->forward(x, context.index_select(1, order), valid.index_select(1, order)), attention->forward(x, context, valid),
               1e-12);
}

TEST_F(AttentionTest, CausalTokensSeeNothingLater) {
  const at::Tensor x = at::randn({1, 5, 8}, at::kDouble);
  at::Tensor changed = x.clone();
  changed.narrow(1, 3, 2).normal_();
  const at::Tensor a = attention->forward(x, x, {}, true), b = attention->forward(changed, changed, {}, true);
  expect_close(a.narrow(1, 0, 3), b.narrow(1, 0, 3), 1e-14);
  EXPECT_GT((a - b).narrow(1, 3, 2).abs().min().item<double>(), 1e-6);
}

TEST_F(AttentionTest, StepsEqualTheWholeSequence) {
  const at::Tensor x = at::randn({2, 5, 8}, at::kDouble), whole = attention->forward(x, x, {}, true);
  KeyValues past;
  for (int64_t t = 0; t < 5; ++t) {
    const auto [out, grown] = attention->step(x.narrow(1, t, 1), past);
    expect_close(out, whole.narrow(1, t, 1), 1e-12);
    past = grown;
  }
  EXPECT_EQ(past.keys.sizes(), (std::vector<int64_t>{2, 2, 5, 4}));
  const KeyValues none{at::zeros({2, 2, 0, 4}, at::kDouble), at::zeros({2, 2, 0, 4}, at::kDouble)};
  expect_close(attention->step(x.narrow(1, 0, 1), none).first, whole.narrow(1, 0, 1), 1e-12);
}

TEST_F(AttentionTest, StaysFiniteInHalfPrecision) {
  attention->to(torch::kBFloat16);
  const at::Tensor x = at::randn({2, 3, 8}).to(at::kBFloat16);
  EXPECT_TRUE(attention->forward(x, x, mask({{0, 0, 0}, {1, 0, 1}})).isfinite().all().item<bool>());
}

TEST_F(AttentionTest, TracesForAnyBatchAndIsWrittenAsOnnx) {
  attention->to(torch::kFloat);
  Program program{"attention",
                  {"x", "context", "valid"},
                  {"out"},
                  {at::randn({2, 3, 8}), at::randn({2, 4, 8}), mask({{1, 1, 0, 1}, {0, 0, 0, 0}})},
                  {{{0, "batch"}}, {{0, "batch"}}, {{0, "batch"}}},
                  {{{0, "batch"}}},
                  [&](const std::vector<at::Tensor>& in) { return std::vector<at::Tensor>{attention->forward(in[0], in[1], in[2])}; }};
  torch::jit::Module traced = trace(*attention, program);
  const std::vector<at::Tensor> other{at::randn({5, 3, 8}), at::randn({5, 4, 8}), at::rand({5, 4}) > 0.5};
  expect_close(run_traced(traced, other)[0], attention->forward(other[0], other[1], other[2]), 1e-6);
  write_onnx(testing::TempDir() + "attention.onnx", traced, program, {});
}

TEST(AttentionShape, HeadsMustDivideTheWidth) {
  EXPECT_THROW(Attention(10, 4), UsageError);
  EXPECT_THROW(Attention(8, 0), UsageError);
  Attention other(8, 2, /*context_width=*/6);
  EXPECT_EQ(other.forward(at::randn({1, 3, 8}), at::randn({1, 5, 6})).sizes(), (std::vector<int64_t>{1, 3, 8}));
}

TEST(Pooling, CountsValidTokensOnly) {
  const at::Tensor values = at::tensor({1.0, 5.0, 100.0, -3.0, -4.0, 100.0}, at::kDouble).view({2, 3, 1});
  const at::Tensor valid = mask({{1, 1, 0}, {1, 1, 0}});
  expect_close(masked_mean(values, valid), at::tensor({3.0, -3.5}, at::kDouble).view({2, 1}), 1e-12);
  expect_close(masked_max(values, valid), at::tensor({5.0, -3.0}, at::kDouble).view({2, 1}), 1e-12);
}

TEST(Pooling, RowsWithoutTokensGiveZeroAndNoGradient) {
  torch::manual_seed(3);
  AttentionPool pool(4, 2, 3);
  pool.to(torch::kDouble);
  const at::Tensor values = random_leaf({2, 3, 4}), valid = mask({{0, 0, 0}, {1, 1, 0}});
  for (const at::Tensor& out : {masked_mean(values, valid), masked_max(values, valid), pool.forward(values, valid)}) {
    EXPECT_EQ(out[0].abs().max().item<double>(), 0.0);
    const at::Tensor gradient = torch::autograd::grad({out.square().sum()}, {values})[0];
    EXPECT_EQ(gradient[0].abs().max().item<double>(), 0.0);
    EXPECT_EQ(gradient[1][2].abs().max().item<double>(), 0.0);
    EXPECT_GT(gradient[1][0].abs().max().item<double>(), 0.0);
  }
}

TEST(Pooling, HasExactGradients) {
  torch::manual_seed(4);
  AttentionPool pool(4, 2, 2);
  pool.to(torch::kDouble);
  const at::Tensor values = random_leaf({2, 3, 4}), valid = mask({{1, 0, 1}, {1, 1, 1}});
  test::expect_gradients(pool, [&] { return pool.forward(values, valid); }, {values});
  test::expect_gradients([&] { return masked_mean(values, valid); }, {values});
  test::expect_gradients([&] { return masked_max(values, valid); }, {values});
}

}  // namespace
}  // namespace chiasm::nn
