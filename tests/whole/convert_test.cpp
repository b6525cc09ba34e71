// `chiasm convert` on real DICOM series, judged on the written files by nibabel against conversions by an independent program
// (geometry_truth.tsv). The reader itself is tested in tests/dicom/real_test.cpp.
#include <gtest/gtest.h>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/whole/shared_data.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

class Convert : public ::testing::TestWithParam<const char*> {};

TEST_P(Convert, WritesTheSeriesAsTheIndependentProgramDid) {
  NEED_SHARED("geometry_truth.tsv");
  NEED_PYTHON();
  const Scratch scratch;
  const Ended ended = chiasm({"convert", (shared_data() / "open" / GetParam()).string(), "--out", "nifti"}, scratch.path());
  ASSERT_EQ(ended.code, 0) << ended.output;
  std::vector<std::filesystem::path> images;
  for (const std::filesystem::path& path : list_files(scratch / "nifti"))
    if (path.extension() == ".gz") images.push_back(path);
  ASSERT_EQ(images.size(), 1u) << ended.output;
  EXPECT_TRUE(std::filesystem::exists(scratch / "nifti" / (images[0].stem().stem().string() + ".json")));
  const Ended judged = python("whole/convert.py", {images[0], shared_data() / "geometry_truth.tsv", GetParam()});
  EXPECT_EQ(judged.code, 0) << judged.output;
}

INSTANTIATE_TEST_SUITE_P(Series, Convert,
                         testing::Values("ct_lidc/LIDC-IDRI-0001/dicom", "ct_totalsegmentator/dicom", "mr_forrest_t1_32slices/dicom",
                                         "mr_brain_tumor_progression/Study3/11-T1post-18670",
                                         "mr_brain_tumor_progression/Study3/26401-T1prereg-52906",
                                         "mr_brain_tumor_progression/Study3/36468-FLAIRreg-58706",
                                         "mr_brain_tumor_progression/Study3/37830-T2reg-78532",
                                         "mr_brain_tumor_progression/Study3/11_HCropVolume",
                                         "dcm_qa_ts/In/1.dcm"),  // a mosaic
                         [](const auto& info) { return "series" + std::to_string(info.index); });

// Center 40, width 400: air is black, bone is white.
TEST(ConvertWindow, WritesDisplayValues) {
  NEED_SHARED("geometry_truth.tsv");
  const Scratch scratch;
  const std::string series = (shared_data() / "open/ct_totalsegmentator/dicom").string();
  const Ended ended = chiasm({"convert", series, "--out", "nifti", "--window", "40,400", "--json"}, scratch.path());
  ASSERT_EQ(ended.code, 0) << ended.output;
  const Json written = read_json(scratch / "nifti/001_ct.json");
  EXPECT_EQ(written["min"], 0);
  EXPECT_EQ(written["max"], 1);
  EXPECT_EQ(written["notes"].back(), "display values, 0 to 1");
}

TEST(ConvertWindow, AnUnsoundWindowIsAWrongCommandLine) {
  const Scratch scratch;
  for (const char* window : {"40", "40,0", "wide", "40,400,cubic"}) {
    const Ended ended = chiasm({"convert", ".", "--out", "nifti", "--window", window}, scratch.path());
    EXPECT_EQ(ended.code, 2) << window;
    EXPECT_NE(ended.output.find("--window"), std::string::npos) << ended.output;
  }
}

// The judge sees another series of the same shape, spacing and affine.
TEST(ConvertJudge, AnotherSeriesIsSeen) {
  NEED_SHARED("geometry_truth.tsv");
  NEED_PYTHON();
  const Scratch scratch;
  const std::string study = "mr_brain_tumor_progression/Study3/";
  const Ended ended =
      chiasm({"convert", (shared_data() / "open" / (study + "37830-T2reg-78532")).string(), "--out", "nifti"}, scratch.path());
  ASSERT_EQ(ended.code, 0) << ended.output;
  const Ended judged =
      python("whole/convert.py", {scratch / "nifti/001_mr.nii.gz", shared_data() / "geometry_truth.tsv", study + "36468-FLAIRreg-58706"});
  EXPECT_EQ(judged.code, 1);
  EXPECT_NE(judged.output.find("mean is"), std::string::npos) << judged.output;
  EXPECT_EQ(judged.output.find("affine is"), std::string::npos) << judged.output;
}

}  // namespace
}  // namespace chiasm::test
