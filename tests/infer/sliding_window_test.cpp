#include "core/infer/sliding_window.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace chiasm::infer {
namespace {

WindowOptions options(std::array<int64_t, 3> size, double overlap, int64_t batch) {
  WindowOptions out;
  out.size = size;
  out.overlap = overlap;
  out.batch = batch;
  return out;
}

TEST(SlidingWindow, StartsCoverTheSideEvenly) {
  EXPECT_EQ(window_starts(5, 8, 0.5), std::vector<int64_t>{0});
  EXPECT_EQ(window_starts(8, 8, 0.5), std::vector<int64_t>{0});
  EXPECT_EQ(window_starts(16, 8, 0.5), (std::vector<int64_t>{0, 4, 8}));
  EXPECT_EQ(window_starts(17, 8, 0.0), (std::vector<int64_t>{0, 5, 9}));
  for (int64_t side = 1; side < 40; ++side) {
    const auto starts = window_starts(side, 7, 0.3);
    std::vector<int> covered(static_cast<size_t>(side), 0);
    for (const int64_t start : starts)
      for (int64_t i = start; i < std::min<int64_t>(start + 7, side); ++i) covered[static_cast<size_t>(i)] = 1;
    for (const int c : covered) EXPECT_EQ(c, 1) << "side " << side;
  }
}

TEST(SlidingWindow, WeightIsSymmetricAndPositive) {
  const at::Tensor weight = gaussian_weight({4, 5, 9});
  EXPECT_TRUE(at::allclose(weight, weight.flip({0, 1, 2})));
  EXPECT_GE(weight.min().item<double>(), 1e-3);
  EXPECT_DOUBLE_EQ(weight.max().item<double>(), 1.0);
}

TEST(SlidingWindow, ReproducesConstantAndPointwiseLinearFunctions) {
  torch::manual_seed(1);
  const at::Tensor volume = at::randn({2, 13, 9, 21});
  for (const double overlap : {0.0, 0.25, 0.6}) {
    for (const int64_t batch : {1, 4}) {
      const auto result = sliding_window(volume, options({6, 16, 8}, overlap, batch), [](const at::Tensor& tiles) {
        return at::cat({at::full_like(tiles.narrow(1, 0, 1), 3.0), 2.0 * tiles.narrow(1, 0, 1) - tiles.narrow(1, 1, 1) + 0.5}, 1);
      });
      ASSERT_EQ(result.sizes(), volume.sizes());
      EXPECT_TRUE(at::allclose(result[0], at::full_like(result[0], 3.0), 1e-6, 1e-6));
      EXPECT_TRUE(at::allclose(result[1], 2.0 * volume[0] - volume[1] + 0.5, 1e-5, 1e-5));
    }
  }
}

TEST(SlidingWindow, TilesSeeFillBeyondSmallVolumes) {
  double lowest = 0;
  auto wanted = options({4, 4, 4}, 0.5, 1);
  wanted.fill = -7.0;
  const auto result = sliding_window(at::ones({1, 2, 3, 9}), wanted, [&](const at::Tensor& tiles) {
    lowest = std::min(lowest, tiles.min().item<double>());
    return tiles;
  });
  EXPECT_DOUBLE_EQ(lowest, -7.0);
  EXPECT_TRUE(at::equal(result > 0.99, at::ones({1, 2, 3, 9}, at::kBool)));
}

}  // namespace
}  // namespace chiasm::infer
