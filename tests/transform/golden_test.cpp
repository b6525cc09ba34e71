// Beside SciPy, SimpleITK and batchgeneratorsv2: tests/golden/transforms.py.
#include <gtest/gtest.h>

#include <numeric>

#include "core/base/json.h"
#include "data/transform/intensity.h"
#include "data/transform/resample.h"
#include "tests/transform/volumes.h"

namespace chiasm::transform {
namespace {

const Json& golden() {
  static const Json values = read_json(CHIASM_SOURCE "/tests/golden/transforms.json");
  return values;
}

Volume volume_of(const Json& j) {
  Volume out;
  out.modality = "ct";
  out.size = j.at("size").get<Size3>();
  out.voxels = j.at("voxels").get<std::vector<int16_t>>();
  return out;
}

template <class Values>
void expect_near(const Values& ours, const std::vector<double>& theirs, double tolerance, const std::vector<int>& where = {}) {
  ASSERT_EQ(ours.size(), theirs.size());
  double largest = 0;
  for (size_t n = 0; n < ours.size(); ++n)
    if (where.empty() || where[n]) largest = std::max(largest, std::abs(ours[n] - theirs[n]));
  EXPECT_LE(largest, tolerance);
}

// Values go to 1500: 0.01 is single precision over 64 products of coefficients that are up to three times as large.
TEST(Golden, CubicIsThatOfSciPyAndSimpleItk) {
  for (const Json& j : golden().at("cubic")) {
    SCOPED_TRACE(j.at("name").get<std::string>());
    const Volume volume = volume_of(j);
    const Size3 size = j.at("grid_size").get<Size3>();
    Affine map{};
    const auto rows = j.at("to_source").get<std::vector<double>>();
    std::copy(rows.begin(), rows.end(), map.begin());
    for (const int threads : {1, 2}) {
      const Sampled out = sample_image(volume, map, size, whole_box(volume.size), {Interpolation::cubic, nullptr, threads});
      const auto inside = j.at("inside").get<std::vector<int>>();
      // Beyond the outermost voxel centres SciPy mirrors and ITK extrapolates; ours keeps the border value, as linear does.
      std::vector<int> between(inside);
      for (size_t n = 0; n < between.size(); ++n) {
        const auto index = static_cast<int64_t>(n);
        const std::array<double, 3> at =
            chiasm::apply(map, {static_cast<double>(index % size[2]), static_cast<double>(index / size[2] % size[1]),
                                static_cast<double>(index / size[2] / size[1])});
        for (size_t a = 0; a < 3; ++a) between[n] = between[n] && at[a] >= 0 && at[a] <= static_cast<double>(volume.size[2 - a] - 1);
      }
      EXPECT_GT(std::accumulate(between.begin(), between.end(), 0), 300);
      expect_near(out.values, j.at("scipy").get<std::vector<double>>(), 0.01, between);
      expect_near(out.values, j.at("sitk").get<std::vector<double>>(), 0.01, between);
    }
  }
}

TEST(Golden, ElasticIsTheBSplineTransformOfSimpleItk) {
  const Json& j = golden().at("elastic");
  const Volume volume = volume_of(j);
  Elastic elastic;
  elastic.spans = j.at("spans").get<Size3>();
  elastic.moves = j.at("moves").get<std::array<std::vector<float>, 3>>();
  const Sampled out = sample_image(volume, test::diagonal(1, 1, 1), volume.size, whole_box(volume.size), {Interpolation::linear, &elastic});
  const auto inside = j.at("inside").get<std::vector<int>>();
  EXPECT_EQ(out.valid, std::vector<uint8_t>(inside.begin(), inside.end()));
  // Single precision coordinates (2e-6 voxels) times steps of up to 2000.
  expect_near(out.values, j.at("sitk").get<std::vector<double>>(), 0.01, inside);
}

TEST(Golden, NnUnetsIntensityTransforms) {
  const Json& j = golden().at("picture");
  const auto start = j.at("values").get<std::vector<float>>();
  const std::vector<uint8_t> valid(start.size(), 1);
  const Size3 size = j.at("size").get<Size3>();
  const auto check = [&](const char* name, auto change) {
    SCOPED_TRACE(name);
    Floats values(start.begin(), start.end());
    change(Picture{values, valid, size});
    expect_near(values, j.at(name).get<std::vector<double>>(), 2e-5);  // the golden values have five decimals
  };
  check("low_resolution", [](Picture p) { low_resolution(p, {0.55, 0.7, 0.9}); });
  check("stretch", [](Picture p) { stretch_contrast(p, 1.2); });
  check("gamma", [](Picture p) { change_gamma_keeping(p, 1.4, false); });
  check("gamma_inverted", [](Picture p) { change_gamma_keeping(p, 0.8, true); });
}

}  // namespace
}  // namespace chiasm::transform
