// Counts against the number of multiplications and additions written out.
#include "core/train/flops.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace chiasm {
namespace {

TEST(Flops, LinearForwardAndBackward) {
  torch::nn::Linear layer(7, 5);
  const at::Tensor x = torch::randn({3, 7}, at::requires_grad());
  FlopCounter counter;
  const at::Tensor y = layer(x).sum();
  EXPECT_EQ(counter.count(), 2 * 3 * 7 * 5);
  y.backward();
  EXPECT_EQ(counter.count(), 3 * 2 * 3 * 7 * 5);  // gradients of the input and of the weight
}

TEST(Flops, NoGradientOfTheInputIsNoWork) {
  torch::nn::Linear layer(7, 5);
  const at::Tensor x = torch::randn({3, 7});
  FlopCounter counter;
  layer(x).sum().backward();
  EXPECT_EQ(counter.count(), 2 * 2 * 3 * 7 * 5);
}

TEST(Flops, Convolutions) {
  torch::nn::Conv3d plain(torch::nn::Conv3dOptions(4, 6, 3).stride(2).padding(1).groups(2));
  torch::nn::ConvTranspose2d wide(torch::nn::ConvTranspose2dOptions(4, 3, 2).stride(2));
  const at::Tensor x = torch::randn({2, 4, 8, 8, 8}), flat = torch::randn({2, 4, 5, 5}, at::requires_grad());
  FlopCounter counter;
  const at::Tensor y = plain(x);
  const int64_t forward = 2 * (2 * 6 * 4 * 4 * 4) * (2 * 27);  // two input channels a group
  EXPECT_EQ(counter.count(), forward);
  y.sum().backward();
  EXPECT_EQ(counter.count(), 2 * forward);  // the weight's gradient alone
  const int64_t transposed = 2 * (2 * 4 * 5 * 5) * (3 * 4);
  const at::Tensor z = wide(flat);
  EXPECT_EQ(counter.count(), 2 * forward + transposed);
  z.sum().backward();
  EXPECT_EQ(counter.count(), 2 * forward + 3 * transposed);
}

TEST(Flops, AttentionIsTwoProductsOfTokens) {
  const at::Tensor q = torch::randn({2, 3, 10, 16}), k = torch::randn({2, 3, 12, 16}), v = torch::randn({2, 3, 12, 16});
  FlopCounter counter;
  at::scaled_dot_product_attention(q, k, v);
  EXPECT_EQ(counter.count(), 2 * 2 * (2 * 3 * 10 * 16) * 12);
}

TEST(Flops, NothingIsCountedAfterwards) {
  int64_t before = 0;
  {
    FlopCounter counter;
    at::mm(torch::randn({2, 3}), torch::randn({3, 4}));
    before = counter.count();
  }
  at::mm(torch::randn({2, 3}), torch::randn({3, 4}));
  FlopCounter counter;
  EXPECT_EQ(before, 2 * 2 * 3 * 4);
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace chiasm
