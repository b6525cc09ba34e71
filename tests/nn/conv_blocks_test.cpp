#include "core/nn/conv_blocks.h"

#include "core/nn/autocast.h"
#include "core/nn/patch_embed.h"
#include "core/nn/positions.h"
#include "tests/support/gradcheck.h"

namespace chiasm::nn {
namespace {

using test::expect_close;
using test::random_leaf;
using Sizes = std::vector<int64_t>;

AutocastState bf16() { return {at::kCPU, true, true, at::kBFloat16}; }

TEST(ConvBlocks, HaveExactGradients) {
  torch::manual_seed(1);
  const at::Tensor x = random_leaf({2, 2, 4, 4, 4});
  for (const Activation activation : {Activation::leaky_relu, Activation::gelu}) {
    for (const ConvNorm norm : {ConvNorm::instance, ConvNorm::group}) {
      const ConvStyle style{norm, activation, false};
      ConvUnit unit(2, 4, {2, 1, 2}, style);
      unit.to(torch::kDouble);
      test::expect_gradients(
          unit, [&] { return unit.forward(x); }, {x}, 1e-5);
      ResidualBlock block(2, 4, {2, 2, 2}, style);
      block.to(torch::kDouble);
      test::expect_gradients(
          block, [&] { return block.forward(x); }, {x}, 1e-5);
    }
  }
  for (const Upsample::Mode mode : {Upsample::Mode::transposed, Upsample::Mode::trilinear}) {
    Upsample up(2, 3, {2, 2, 1}, mode);
    up.to(torch::kDouble);
    test::expect_gradients(up, [&] { return up.forward(x, {8, 8, 4}); }, {x});
  }
}

TEST(ConvBlocks, SidesAreRoundedUp) {
  const ConvStyle style;
  EXPECT_EQ(ResidualBlock(1, 2, {2, 2, 2}, style).forward(at::randn({1, 1, 5, 6, 7})).sizes(), (Sizes{1, 2, 3, 3, 4}));
  EXPECT_EQ(ResidualBlock(1, 2, {1, 2, 2}, style).forward(at::randn({1, 1, 5, 6, 7})).sizes(), (Sizes{1, 2, 5, 3, 4}));
  EXPECT_EQ(Upsample(2, 1, {2, 2, 2}, Upsample::Mode::transposed).forward(at::randn({1, 2, 3, 3, 4}), {5, 6, 7}).sizes(),
            (Sizes{1, 1, 5, 6, 7}));
  EXPECT_EQ(Upsample(2, 1, {2, 2, 2}, Upsample::Mode::trilinear).forward(at::randn({1, 2, 3, 3, 4}), {5, 6, 7}).sizes(),
            (Sizes{1, 1, 5, 6, 7}));
}

TEST(ConvBlocks, FlatKernelsDoNotMixSlices) {
  torch::manual_seed(2);
  ConvUnit unit(1, 2, {1, 1, 1}, {ConvNorm::instance, Activation::gelu, true});
  const at::Tensor image = at::randn({1, 1, 1, 8, 8});
  // Norm statistics of two equal slices are those of one.
  expect_close(unit.forward(at::cat({image, image}, 2)).narrow(2, 0, 1), unit.forward(image), 1e-5);
}

TEST(ConvBlocks, EqualAnIndependentConvolution) {
  torch::manual_seed(3);
  Convolution conv(2, 1, {3, 3, 3}, {1, 1, 1});
  const at::Tensor x = at::randn({1, 2, 3, 3, 3});
  const at::NoGradGuard no_gradient;
  conv.bias.fill_(0.25);
  const double centre = (x[0] * conv.weight[0]).sum().item<double>() + 0.25;  // the kernel covers the whole volume
  EXPECT_NEAR((conv.forward(x)[0][0][1][1][1].item<double>()), centre, 1e-5);
}

// Gradients of a convolution's input and weight, from an output gradient that does not depend on the precision.
std::vector<at::Tensor> convolution_gradients(Convolution& conv, const at::Tensor& values, bool reduced) {
  const at::Tensor x = values.clone().requires_grad_(true);
  AutocastState state = bf16();
  state.enabled = reduced;
  at::Tensor out;
  {
    const AutocastScope scope(state);
    out = conv.forward(x);
  }
  return torch::autograd::grad({test::weighted_sum(out.to(at::kFloat))}, {x, conv.weight});
}

// LibTorch's bf16 convolution on the CPU returns wrong weight gradients (and NaN now and then) at depth 2 and at width 1; ours must not.
TEST(ConvBlocks, ReducedPrecisionGradientsAreThoseOfFloat32) {
  const std::vector<Size3> grids{{2, 4, 4},   {2, 16, 16}, {2, 8, 32},  {1, 16, 16}, {16, 16, 1},
                                 {3, 16, 16}, {4, 8, 8},   {16, 2, 16}, {8, 8, 16}};
  for (const Size3& grid : grids) {
    for (const int64_t stride : {1, 2}) {
      torch::manual_seed(9);
      Convolution conv(16, 16, {3, 3, 3}, {stride, stride, stride});
      const at::Tensor x = at::randn({2, 16, grid[0], grid[1], grid[2]});
      const auto exact = convolution_gradients(conv, x, false), reduced = convolution_gradients(conv, x, true);
      for (size_t i = 0; i < 2; ++i)
        EXPECT_LT(((reduced[i] - exact[i]).norm() / exact[i].norm()).item<double>(), 0.02)
            << "grid " << grid[0] << "x" << grid[1] << "x" << grid[2] << " stride " << stride << " tensor " << i;
    }
  }
}

TEST(ConvBlocks, TinyGridsStayFiniteUnderAutocast) {
  for (int64_t seed = 0; seed < 40; ++seed) {
    torch::manual_seed(static_cast<uint64_t>(seed));
    const int64_t channels = seed % 2 == 0 ? 32 : 48;
    ResidualBlock block(channels, channels, {1, 1, 1}, {});
    Upsample up(channels, 8, {2, 2, 2}, Upsample::Mode::transposed);
    const at::Tensor x = at::randn({2, channels, 2, 4, 4}).requires_grad_(true);
    at::Tensor out;
    {
      const AutocastScope scope(bf16());
      out = up.forward(block.forward(x), {4, 8, 8});
    }
    out.to(at::kFloat).square().sum().backward();
    for (const auto& item : block.named_parameters())
      ASSERT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key() << " seed " << seed;
    ASSERT_TRUE(up.weight.grad().isfinite().all().item<bool>()) << "seed " << seed;
    ASSERT_TRUE(x.grad().isfinite().all().item<bool>()) << "seed " << seed;
  }
}

TEST(ConvBlocks, ReducedPrecisionIsUsedOnlyWhereItIsSafe) {
  const AutocastScope scope(bf16());
  Convolution conv(8, 8, {3, 3, 3});
  EXPECT_EQ(conv.forward(at::randn({1, 8, 2, 4, 4})).scalar_type(), at::kFloat);
  EXPECT_EQ(conv.forward(at::randn({1, 8, 2, 4, 4}).to(at::kBFloat16)).scalar_type(), at::kFloat);
  EXPECT_EQ(conv.forward(at::randn({1, 8, 8, 16, 16})).scalar_type(), at::kBFloat16);
  EXPECT_TRUE(AutocastState::now(at::kCPU).enabled) << "the state is restored";
}

TEST(Patches, FollowRasterOrder) {
  const at::Tensor volume = at::arange(2 * 4 * 6).view({1, 1, 2, 4, 6});
  const at::Tensor patches = patchify(volume, {1, 2, 3});
  ASSERT_EQ(patches.sizes(), (Sizes{1, 8, 6}));
  for (int64_t d = 0; d < 2; ++d)
    for (int64_t h = 0; h < 2; ++h)
      for (int64_t w = 0; w < 2; ++w) {
        const at::Tensor expected = volume[0][0].narrow(0, d, 1).narrow(1, 2 * h, 2).narrow(2, 3 * w, 3).flatten();
        EXPECT_TRUE(at::equal(patches[0][(d * 2 + h) * 2 + w], expected));
      }
}

TEST(Patches, PutChannelsFirst) {
  const at::Tensor volume = at::randn({2, 3, 2, 2, 4});
  EXPECT_TRUE(at::equal(patchify(volume, {2, 2, 2})[1][1], volume[1].narrow(3, 2, 2).flatten()));
}

TEST(Patches, EmbeddingHasExactGradients) {
  torch::manual_seed(4);
  PatchEmbed embed(2, 3, {1, 2, 2});
  embed.to(torch::kDouble);
  const at::Tensor volume = random_leaf({2, 2, 2, 2, 4}), keep = at::tensor({0, 2, 1, 3}).view({2, 2});
  test::expect_gradients(embed, [&] { return embed.forward(volume); }, {volume});
  test::expect_gradients(embed, [&] { return embed.forward(volume, keep); }, {volume});
}

TEST(Patches, KeptOnesAreThoseOfTheWhole) {
  torch::manual_seed(5);
  PatchEmbed embed(1, 4, {2, 2, 2});
  const at::Tensor volume = at::randn({2, 1, 4, 4, 4}), keep = at::tensor({1, 4, 0, 7}).view({2, 2});
  const at::Tensor whole = embed.forward(volume), kept = embed.forward(volume, keep);
  for (int64_t r = 0; r < 2; ++r)
    for (int64_t m = 0; m < 2; ++m) expect_close(kept[r][m], whole[r][keep[r][m].item<int64_t>()], 1e-6);
}

TEST(Patches, AreValidWhenAnyVoxelIs) {
  at::Tensor voxels = at::zeros({1, 4, 4, 4}, at::kBool);
  voxels[0][3][0][2] = true;  // token 1, 0, 1 of 2x2x2
  EXPECT_TRUE(at::equal(token_validity(voxels, {2, 2, 2}).to(at::kLong), at::tensor({0, 0, 0, 0, 0, 1, 0, 0}).view({1, 8})));
  EXPECT_TRUE(at::equal(token_validity(voxels, {3, 1, 1}).to(at::kLong), at::tensor({0, 0, 1}).view({1, 3})));
}

TEST(Patches, MarkTheirVoxels) {
  const at::Tensor marked = at::tensor({1, 0, 0, 1}).view({1, 4});
  const at::Tensor voxels = voxels_of_patches(marked, {1, 2, 2}, {1, 2, 3});
  EXPECT_EQ(voxels.sizes(), (Sizes{1, 1, 1, 4, 6}));
  EXPECT_TRUE(at::equal(patchify(voxels, {1, 2, 3}).amin(-1), marked.to(at::kFloat)));
  EXPECT_TRUE(at::equal(patchify(voxels, {1, 2, 3}).amax(-1), marked.to(at::kFloat)));
}

TEST(Positions, AreSinesAndCosinesOfEachAxis) {
  const at::Tensor table = sin_cos_positions({2, 3, 4}, 13);
  ASSERT_EQ(table.sizes(), (Sizes{24, 13}));
  const at::Tensor last = table[23];  // D 1, H 2, W 3; two waves an axis, of 1 and 1/100 radians
  const std::vector<double> expected{std::sin(1.0),
                                     std::sin(0.01),
                                     std::cos(1.0),
                                     std::cos(0.01),
                                     std::sin(2.0),
                                     std::sin(0.02),
                                     std::cos(2.0),
                                     std::cos(0.02),
                                     std::sin(3.0),
                                     std::sin(0.03),
                                     std::cos(3.0),
                                     std::cos(0.03),
                                     0.0};
  for (int64_t i = 0; i < 13; ++i) EXPECT_NEAR(last[i].item<double>(), expected[static_cast<size_t>(i)], 1e-6) << i;
  EXPECT_EQ(sin_cos_positions({1, 1, 1}, 8).abs().max().item<double>(), 0.0);
}

TEST(Positions, AreInterpolatedAndIndexed) {
  GridPositions positions({1, 2, 2}, 4, /*learned=*/true);
  positions.parameters()[0].data().copy_(at::arange(16).view({4, 4}));
  const at::Tensor finer = positions.forward({1, 4, 4});
  EXPECT_EQ(finer.sizes(), (Sizes{16, 4}));
  expect_close(finer.mean(0), positions.forward({1, 2, 2}).mean(0), 1e-5);  // interpolation keeps the mean of a plane
  const at::Tensor keep = at::tensor({3, 1}).view({1, 2});
  EXPECT_TRUE(at::equal(positions.forward({1, 2, 2}, keep)[0][0], positions.forward({1, 2, 2})[3]));
  EXPECT_TRUE(GridPositions({1, 2, 2}, 4, /*learned=*/false).parameters().empty());
}

}  // namespace
}  // namespace chiasm::nn
