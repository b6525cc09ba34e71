#include "data/volume.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"

namespace chiasm {
namespace {

const Affine oblique{-1.9, 0.3, 0.1, 10.5, 0.2, 2.1, -0.4, -20.25, 0.05, 0.3, 3.2, 7};

TEST(Volume, SpacingIsTheLengthOfTheColumns) {
  Volume volume;
  volume.affine = {0, 0, 2.5, 1, 3, 0, 0, 2, 0, -4, 0, 3};
  EXPECT_EQ(spacing_mm(volume), (Spacing3{2.5, 4, 3}));
}

TEST(Volume, ValuesAreRescaled) {
  Volume volume;
  volume.size = {1, 1, 3};
  volume.voxels = std::vector<uint16_t>{0, 1, 65535};
  volume.slope = 2;
  volume.intercept = -1024;
  EXPECT_EQ(values(volume), (std::vector<float>{-1024, -1022, 130046}));
  EXPECT_EQ(voxel_count(volume), 3);
}

TEST(Volume, InverseUndoesTheAffine) {
  const Affine identity = compose(oblique, inverse(oblique));
  for (size_t n = 0; n < 12; ++n) EXPECT_NEAR(identity[n], n % 5 == 0 ? 1 : 0, 1e-12) << n;
  const std::array<double, 3> point{3, -7, 11}, back = chiasm::apply(inverse(oblique), chiasm::apply(oblique, point));
  for (size_t n = 0; n < 3; ++n) EXPECT_NEAR(back[n], point[n], 1e-12);
}

TEST(Volume, ComposeIsApplicationInTurn) {
  const Affine inner{0, -1, 0, 4, 2, 0, 0, 5, 0, 0, 3, 6};
  const std::array<double, 3> point{1, 2, 3}, once = chiasm::apply(compose(oblique, inner), point),
                                              twice = chiasm::apply(oblique, chiasm::apply(inner, point));
  for (size_t n = 0; n < 3; ++n) EXPECT_NEAR(once[n], twice[n], 1e-12);
}

TEST(Volume, SingularAffineIsRefused) {
  EXPECT_THROW(inverse({1, 2, 3, 0, 2, 4, 6, 0, 0, 0, 1, 0}), InputError);
  EXPECT_THROW(inverse(Affine{}), InputError);
  EXPECT_THROW(inverse({std::nan(""), 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}), InputError);
  EXPECT_NO_THROW(inverse({1e-6, 0, 0, 0, 0, 1e-6, 0, 0, 0, 0, 1e-6, 0}));  // small is not singular
}

TEST(Volume, AxisCodes) {
  EXPECT_EQ(axis_codes({1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}), "RAS");
  EXPECT_EQ(axis_codes({-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0}), "LPS");
  EXPECT_EQ(axis_codes({0, 0, -1, 0, -1, 0, 0, 0, 0, -1, 0, 0}), "PIL");
  EXPECT_EQ(axis_codes(oblique), "LAS");
  // Two columns nearest to one axis: still three different axes.
  EXPECT_EQ(axis_codes({1, 0.9, 0, 0, 0, 0.8, 0, 0, 0, 0, 1, 0}), "RAS");
}

}  // namespace
}  // namespace chiasm
