#include "data/perceptual_hash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/base/random.h"

namespace chiasm {
namespace {

// Low waves of random strength: what images of different patients are to the hash.
Volume waves(uint64_t key, Size3 size) {
  Random random(key);
  std::array<std::array<double, 4>, 30> terms;
  for (auto& term : terms)
    term = {random.normal(), std::floor(random.uniform(0, 5)), std::floor(random.uniform(0, 5)), std::floor(random.uniform(0, 5))};
  Volume volume;
  volume.modality = "ct";
  volume.size = size;
  std::vector<float> voxels;
  const auto wave = [](double k, int64_t n, int64_t of) {
    return std::cos(std::numbers::pi * k * (static_cast<double>(n) + 0.5) / static_cast<double>(of));
  };
  for (int64_t d = 0; d < size[0]; ++d)
    for (int64_t h = 0; h < size[1]; ++h)
      for (int64_t w = 0; w < size[2]; ++w) {
        double value = 0;
        for (const auto& [weight, kd, kh, kw] : terms) value += weight * wave(kd, d, size[0]) * wave(kh, h, size[1]) * wave(kw, w, size[2]);
        voxels.push_back(static_cast<float>(value));
      }
  volume.voxels = voxels;
  return volume;
}

std::vector<float>& reals(Volume& volume) { return std::get<std::vector<float>>(volume.voxels); }

// The transform of a ramp along columns has odd frequencies only, all of one sign: positive where the ramp falls.
TEST(PerceptualHash, OfARampIsKnown) {
  for (const bool falling : {true, false}) {
    Volume ramp = waves(1, {1, 32, 32});
    for (size_t i = 0; i < reals(ramp).size(); ++i) reals(ramp)[i] = static_cast<float>(falling ? 31 - i % 32 : i % 32);
    const PerceptualHash hash = perceptual_hash(ramp);
    EXPECT_EQ(hash.used, 483);
    for (size_t k = 1; k < 22; k += 2) EXPECT_EQ(hash.bits[0] >> k & 1, falling ? 1u : 0u) << k;
  }
}

TEST(PerceptualHash, DoesNotSeeGreyCurvesNorScales) {
  Volume image = waves(2, {20, 40, 30}), curved = image, scaled = image;
  const PerceptualHash hash = perceptual_hash(image);
  EXPECT_EQ(hash.used, 511);
  // Cell means of 16 x 16 x 16 voxels are single voxels, of which any rising curve keeps the ranks.
  image = waves(2, {16, 16, 16});
  curved = image;
  for (float& value : reals(curved)) value = std::exp(value);
  EXPECT_EQ(distance(perceptual_hash(image), perceptual_hash(curved)), 0);
  scaled.slope = 3;
  scaled.intercept = -1024;
  EXPECT_EQ(distance(hash, perceptual_hash(scaled)), 0);
  Volume negative = scaled;
  negative.slope = -1;
  for (float& value : reals(negative)) value = -value;
  EXPECT_EQ(distance(hash, perceptual_hash(negative)), 0);
}

// One patient stored in another order of axes and the other way round.
TEST(PerceptualHash, LooksAtThePatientsAxes) {
  const Volume image = waves(3, {20, 24, 30});
  Volume turned = image;
  turned.size = {24, 20, 30};  // D anterior, H superior, W left
  turned.affine = {-1, 0, 0, 29, 0, 0, 1, 0, 0, 1, 0, 0};
  std::vector<float>& voxels = reals(turned);
  const auto& source = std::get<std::vector<float>>(image.voxels);
  for (int64_t h = 0; h < 24; ++h)
    for (int64_t d = 0; d < 20; ++d)
      for (int64_t w = 0; w < 30; ++w)
        voxels[static_cast<size_t>((h * 20 + d) * 30 + w)] = source[static_cast<size_t>((d * 24 + h) * 30 + 29 - w)];
  EXPECT_EQ(distance(perceptual_hash(image), perceptual_hash(turned)), 0);
  turned.affine[0] = 1;  // now it is the mirrored patient
  EXPECT_GT(distance(perceptual_hash(image), perceptual_hash(turned)), 0.2);
}

TEST(PerceptualHash, IsNearForCopiesAndFarForOthers) {
  for (const Size3& size : {Size3{24, 48, 40}, Size3{1, 120, 90}}) {
    const Volume image = waves(4, size);
    const PerceptualHash hash = perceptual_hash(image);
    Volume noisy = image;
    Random random(5);
    for (float& value : reals(noisy)) value += static_cast<float>(0.03 * random.normal());
    EXPECT_LT(distance(hash, perceptual_hash(noisy)), kNearHash);
    EXPECT_NEAR(likeness(detail(image), detail(image)), 1, 1e-6);
    EXPECT_LT(likeness(detail(image), detail(noisy)), 1 - 1e-4);
    double sum = 0;
    for (uint64_t key = 10; key < 30; ++key) {
      const double apart = distance(hash, perceptual_hash(waves(key, size)));
      EXPECT_GT(apart, kNearHash) << key;
      EXPECT_LT(likeness(detail(image), detail(waves(key, size))), kAlikeDetail) << key;
      sum += apart / 20;
    }
    EXPECT_NEAR(sum, 0.5, 0.06);
  }
}

TEST(PerceptualHash, TellsNothingOfTooLittle) {
  Volume flat = waves(1, {16, 16, 16});
  reals(flat).assign(reals(flat).size(), 7);
  EXPECT_EQ(perceptual_hash(flat).used, 0);
  EXPECT_EQ(distance(perceptual_hash(flat), perceptual_hash(flat)), 1);
  EXPECT_EQ(perceptual_hash(waves(1, {3, 5, 7})).used, 0);
  EXPECT_EQ(perceptual_hash(waves(1, {1, 20, 20})).used, 0);
  EXPECT_EQ(distance(perceptual_hash(waves(1, {16, 16, 16})), perceptual_hash(waves(1, {1, 32, 32}))), 1);
  Volume broken = waves(1, {16, 16, 16});
  reals(broken)[9] = std::nanf("");
  EXPECT_EQ(perceptual_hash(broken).used, 0);
}

}  // namespace
}  // namespace chiasm
