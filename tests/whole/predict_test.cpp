// Predictions of held-back patients from raw DICOM, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/image.h"
#include "data/nifti.h"
#include "tests/support/scratch.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

// Prediction alone, its exit code and the only result of its summary.
struct Single {
  Ended ended;
  Json result;
};

Single predict(const Way& walked, std::vector<std::string> words, const std::string& bundle = "bundle_draft") {
  const Scratch scratch;
  const std::string out = scratch / "out";
  words.insert(words.begin(), {"predict", bundle});
  words.insert(words.end(), {"--out", out});
  Single single{chiasm(words, walked.root), {}};
  if (fs::exists(fs::path(out) / "summary.json")) single.result = read_json(fs::path(out) / "summary.json")["results"][0];
  return single;
}

void expect_refused(const Single& single, const std::string& code, const std::string& detail) {
  EXPECT_EQ(single.ended.code, 20) << single.ended.output;
  ASSERT_TRUE(single.result.is_object()) << single.ended.output;
  EXPECT_EQ(single.result["status"], "refused");
  EXPECT_EQ(single.result["reason"], code);
  EXPECT_EQ(single.result["detail"], detail);
  EXPECT_NE(single.ended.output.find(code + ", " + detail), std::string::npos) << single.ended.output;
}

// A block of tissue in air.
Volume block(Size3 size, double spacing) {
  Volume volume;
  volume.modality = "ct";
  volume.size = size;
  volume.affine = {-spacing, 0, 0, 100, 0, -spacing, 0, 100, 0, 0, spacing, -50};
  volume.voxels = std::vector<int16_t>(static_cast<size_t>(size[0] * size[1] * size[2]), 40);
  return volume;
}

TEST(Predict, EqualsEvaluateAndIsReadByOtherPrograms) {
  WALK();
  NEED_PYTHON();
  if (shell("command -v dciodvfy").code != 0) GTEST_SKIP() << "dciodvfy (Debian: dicom3tools) is not installed";
  const Ended ended = python("whole/predictions.py", {walked.root});
  EXPECT_EQ(ended.code, 0) << ended.output;
}

// Whatever is left out, the study is predicted from the others; predictions.py judges the scores.
TEST(Predict, AnyInputMayBeLeftOut) {
  WALK();
  std::map<std::string, Json> results;
  const Json summary = read_json(walked.root / "predicted_reduced" / "summary.json");
  for (const Json& result : summary["results"]) results[result["input"]] = result;
  ASSERT_EQ(results.size(), model_inputs().size());
  for (const Case& one : walked.reduced) {
    const Json& result = results[one.folder];
    EXPECT_EQ(result["status"], "ok") << result.dump();
    EXPECT_EQ(result["inputs_absent"], Json(one.lacks)) << one.folder;
    EXPECT_EQ(result["tasks"]["classify"]["scores"].size(), 6U);
  }
}

TEST(Predict, TwoPatientsInOneInputAreRefused) {
  WALK();
  const Scratch scratch;
  fs::create_directories(scratch / "mixed");
  fs::copy(walked.root / walked.cases.front().folder, scratch / "mixed" / "a", fs::copy_options::recursive);
  fs::copy(walked.root / walked.cases.back().folder, scratch / "mixed" / "b", fs::copy_options::recursive);
  expect_refused(predict(walked, {scratch / "mixed"}), "TWO_PATIENTS",
                 "the input holds images of 2 patients; give one study of one patient");
}

// Two visits of one patient in one folder are not mixed into one study.
TEST(Predict, SeveralStudiesOfOnePatientAreRefused) {
  WALK();
  std::map<fs::path, std::set<fs::path>> visits;  // of a patient
  for (const auto& entry : fs::recursive_directory_iterator(walked.root / "cohort" / "dicom"))
    if (entry.is_directory() && ends_with(entry.path().string(), "_CT"))
      visits[entry.path().parent_path().parent_path()].insert(entry.path());
  const auto patient = std::find_if(visits.begin(), visits.end(), [](const auto& entry) { return entry.second.size() > 1; });
  ASSERT_NE(patient, visits.end());
  const Scratch scratch;
  fs::create_directories(scratch / "visits");
  int number = 0;
  for (const fs::path& series : patient->second)
    fs::copy(series, scratch / "visits" / std::to_string(number++), fs::copy_options::recursive);
  expect_refused(
      predict(walked, {scratch / "visits"}), "SEVERAL_STUDIES",
      "input 'ct' has series of " + std::to_string(number) + " studies; give the images of one study (and earlier ones by --image)");
}

TEST(Predict, AnotherModalityThanTheContractsIsRefused) {
  WALK();
  const auto without_ct = std::find_if(walked.reduced.begin(), walked.reduced.end(), [](const Case& c) { return c.lacks.front() == "ct"; });
  expect_refused(predict(walked, {without_ct->folder}), "OUTSIDE_CONTRACT", "required input 'ct' is missing");
  const Scratch scratch;
  write_png(scratch / "picture.png", 64, 48, 1, std::vector<uint8_t>(64 * 48, 90));
  expect_refused(predict(walked, {"--image", "ct=" + (scratch / "picture.png").string()}), "OUTSIDE_CONTRACT",
                 "input 'ct' must be a volume, not a picture");
  write_nifti(scratch / "volume.nii.gz", block({8, 16, 16}, 5));
  expect_refused(predict(walked, {"--image", "xray=" + (scratch / "volume.nii.gz").string()}), "OUTSIDE_CONTRACT",
                 "input 'xray' must be a picture, not a volume");
}

TEST(Predict, SpacingAndSizeOutsideTheContractAreRefused) {
  WALK();
  const Scratch scratch;
  write_nifti(scratch / "coarse.nii.gz", block({8, 16, 16}, 25));
  expect_refused(predict(walked, {"--image", "ct=" + (scratch / "coarse.nii.gz").string()}), "OUTSIDE_CONTRACT",
                 "input 'ct' has a voxel spacing of 25.000 mm; the contract is 0.2 to 20 mm");
  write_nifti(scratch / "thin.nii.gz", block({3, 16, 16}, 5));
  expect_refused(predict(walked, {"--image", "ct=" + (scratch / "thin.nii.gz").string()}), "OUTSIDE_CONTRACT",
                 "input 'ct' has 3 voxels along an axis; the contract is 4 to 4096");
}

TEST(Predict, SubsetsThatWereNeverEvaluatedAreRefused) {
  WALK();
  const Scratch scratch;
  write_nifti(scratch / "ct.nii.gz", block({8, 16, 16}, 5));
  const std::string image = "ct=" + (scratch / "ct.nii.gz").string();
  expect_refused(predict(walked, {"--image", image}), "OUTSIDE_CONTRACT",
                 "the subset of inputs 'ct' was never evaluated; see evaluate.subsets and evaluate.also");
  EXPECT_EQ(predict(walked, {"--image", image}, "bundle_classify").ended.code, 0);  // that one was evaluated on every subset
}

// The rules of the data set file travel with the bundle: its codes are read as ingest read them.
TEST(Predict, ClinicalCellsAreReadByTheRulesOfTheDataSet) {
  WALK();
  const Scratch scratch;
  const std::string folder = walked.cases.front().folder;
  const auto scores = [&](const std::string& crp, const std::string& sex) {
    write_file_atomic(scratch / "table.csv", "study,crp,sex\n" + folder + "," + crp + "," + sex + "\n");
    const Single single = predict(walked, {folder, "--clinical", scratch / "table.csv"}, "bundle_classify");
    EXPECT_EQ(single.ended.code, 0) << single.ended.output;
    return single.result["tasks"]["classify"]["scores"].dump();
  };
  const std::string woman = scores("3.5", "F");
  EXPECT_EQ(woman, scores("3.5", "0"));
  EXPECT_NE(woman, scores("3.5", "M"));
  EXPECT_EQ(scores("-999", "F"), scores("", "F"));
  EXPECT_NE(scores("-999", "F"), woman);
}

TEST(Predict, ATableCellThatItsRuleDoesNotAllowIsAnError) {
  WALK();
  const Scratch scratch;
  const std::string folder = walked.cases.front().folder;
  for (const std::string cells : {"3.5,female", "much,F"}) {
    write_file_atomic(scratch / "table.csv", "study,crp,sex\n" + folder + "," + cells + "\n");
    const Ended ended = predict(walked, {folder, "--clinical", scratch / "table.csv"}, "bundle_classify").ended;
    EXPECT_EQ(ended.code, 20);
    EXPECT_NE(ended.output.find("of input 'labs' holds a cell that the rule of the data set file does not allow"), std::string::npos)
        << ended.output;
  }
}

}  // namespace
}  // namespace chiasm::test
