// Segmentations and structure sets, ours and real ones, beside what pydicom and NumPy read in them.
#include <algorithm>
#include <cstdlib>

#include "tests/dicom/drawn_objects.h"

namespace chiasm::dicom::test {
namespace {

struct Truth {
  int64_t number = 0, voxels = 0;
  std::array<double, 3> sum{};
};

std::vector<Truth> truth_of(const fs::path& object, const std::vector<fs::path>& images) {
  std::string command = "'" + std::string(std::getenv("CHIASM_TEST_PYTHON")) + "' '" CHIASM_SOURCE "/tests/dicom/annotation_truth.py' '" +
                        object.string() + "'";
  for (const fs::path& image : images) command += " '" + image.string() + "'";
  FILE* pipe = popen(command.c_str(), "r");
  std::vector<Truth> rows;
  Truth row;
  while (std::fscanf(pipe, "%ld %ld %lf %lf %lf", &row.number, &row.voxels, &row.sum[0], &row.sum[1], &row.sum[2]) == 5)
    rows.push_back(row);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return rows;
}

// Voxels and the sum of their places in the patient (LPS, mm).
Truth measured(const Region& region, const Volume& like) {
  Truth out{region.number, 0, {}};
  for (int64_t k = 0, n = 0; k < like.size[0]; ++k)
    for (int64_t j = 0; j < like.size[1]; ++j)
      for (int64_t i = 0; i < like.size[2]; ++i, ++n) {
        if (region.inside[static_cast<size_t>(n)] == 0) continue;
        const auto ras = apply(like.affine, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        ++out.voxels;
        for (size_t a = 0; a < 3; ++a) out.sum[a] += a < 2 ? -ras[a] : ras[a];
      }
  return out;
}

void expect_truth(const fs::path& object, const std::vector<fs::path>& images, const Volume& like) {
  const std::vector<Truth> expected = truth_of(object, images);
  const std::vector<Region> regions = regions_of(header_of(object), like, all);
  ASSERT_EQ(regions.size(), expected.size()) << object;
  for (const Region& region : regions) {
    const auto row = std::find_if(expected.begin(), expected.end(), [&](const Truth& t) { return t.number == region.number; });
    ASSERT_NE(row, expected.end());
    const Truth mine = measured(region, like);
    EXPECT_EQ(mine.voxels, row->voxels) << object << " " << region.number;
    for (size_t a = 0; a < 3; ++a) EXPECT_NEAR(mine.sum[a], row->sum[a], 0.01 * static_cast<double>(row->voxels + 1)) << object;
  }
}

fs::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  return (stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data") / "open";
}

TEST(Annotation, OurObjectsAreWhatPydicomReadsInThem) {
  if (std::getenv("CHIASM_TEST_PYTHON") == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with pydicom";
  const Written written;
  expect_truth(written.path, {}, *written.source.volume);
  const Phantom phantom = oblique();
  const Image image(phantom);
  std::vector<fs::path> slices;
  for (const Header& header : image.source.group.headers) slices.push_back(header.path);
  std::vector<Vector> star;
  for (int n = 0; n < 14; ++n) {
    const double angle = 2 * M_PI * n / 14, radius = n % 2 == 0 ? 2.7 : 1.3;
    star.push_back(place(phantom, 3.6 + radius * std::cos(angle), 2.4 + radius * std::sin(angle), 2));
  }
  expect_truth(image.structures({{"star", {star, box(phantom, 3.1, 1.9, 4.2, 3.2, 2)}}}), slices, *image.source.volume);
}

TEST(Annotation, RealObjectsHoldWhatPydicomReadsInThem) {
  if (std::getenv("CHIASM_TEST_PYTHON") == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with pydicom";
  const fs::path segmentations = shared_data() / "dicom_highdicom", structures = shared_data() / "dicom_rtstruct" / "mock_data";
  if (!fs::exists(segmentations) || !fs::exists(structures)) GTEST_SKIP() << "no shared data";
  for (const char* name : {"seg_image_ct_binary.dcm", "seg_image_ct_binary_overlap.dcm", "seg_image_ct_binary_fractional.dcm",
                           "seg_image_ct_true_fractional.dcm", "seg_image_ct_binary_single_frame.dcm"}) {
    const Header header = header_of(segmentations / name);
    // The grid that the frames lie on, by the stated thickness: their CT series is not among the files.
    const auto [low, high] = std::minmax_element(header.frames.begin(), header.frames.end(),
                                                 [](const Frame& a, const Frame& b) { return a.position[2] < b.position[2]; });
    const double distance = 1.25;
    Volume like;
    like.size = {std::llround((high->position[2] - low->position[2]) / distance) + 1, header.rows, header.columns};
    like.affine = {-low->orientation[0] * low->spacing[1],
                   0,
                   0,
                   -low->position[0],
                   0,
                   -low->orientation[4] * low->spacing[0],
                   0,
                   -low->position[1],
                   0,
                   0,
                   distance,
                   low->position[2]};
    expect_truth(segmentations / name, {}, like);
  }
  Folder folder;
  fs::copy(structures / "ct_1.dcm", folder.path() / "1.dcm");
  fs::copy(structures / "ct_2.dcm", folder.path() / "2.dcm");
  const ReadResult image = read_one(folder.path());
  ASSERT_TRUE(image.volume);
  expect_truth(structures / "rt.dcm", {structures / "ct_1.dcm", structures / "ct_2.dcm"}, *image.volume);
  // Contours on the slices are the same for whoever allows others.
  const std::vector<Region> strict = regions_of(header_of(structures / "rt.dcm"), *image.volume, all),
                            nearest = regions_of(header_of(structures / "rt.dcm"), *image.volume, all, OtherGrid::nearest);
  ASSERT_EQ(strict.size(), nearest.size());
  for (size_t n = 0; n < strict.size(); ++n) EXPECT_EQ(strict[n].inside, nearest[n].inside) << n;
}

}  // namespace
}  // namespace chiasm::dicom::test
