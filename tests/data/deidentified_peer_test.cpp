// De-identified files beside their sources, read by pydicom and dciodvfy: every row of PS3.15 table E.1-1 with each option on and off, and
// real series. The scripts say what they compare.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "core/base/program.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "data/deidentify_files.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

using test::write_key;

fs::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  return (stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data") / "open";
}

class DeidentifiedPeer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("CHIASM_TEST_PYTHON") == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with pydicom";
    dicom::start();
    Progress::set_quiet(true);
    write_key(scratch / "site.key");
  }

  // What the script says, when it ends with an error.
  static std::string failure(const std::string& script, const std::vector<std::string>& arguments) {
    std::string command =
        "'" + std::string(std::getenv("CHIASM_TEST_PYTHON")) + "' -W ignore '" CHIASM_SOURCE "/tests/data/" + script + "'";
    for (const std::string& argument : arguments) command += " '" + argument + "'";
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    std::array<char, 4096> part{};
    std::string said;
    while (fgets(part.data(), static_cast<int>(part.size()), pipe) != nullptr) said += part.data();
    return pclose(pipe) == 0 ? "" : said + command;
  }

  DeidentifyFiles options(const fs::path& source, const std::string& out, const std::string& keep) const {
    DeidentifyFiles o;
    o.source = source;
    o.out = scratch / out;
    o.key = scratch / "site.key";
    o.burned_in = "accept";
    o.threads = 2;
    for (const std::string& name : split(keep, ','))
      if (name != "none") o.profile.options.insert(kept_options().at(name));
    return o;
  }

  const std::string key = replace_all(std::string(32, 'k'), "k", "6b");
  Scratch scratch;
};

TEST_F(DeidentifiedPeer, EachRowWithEachOptionIsWhatTheStandardSays) {
  const fs::path standard = shared_data() / "dicom_standard";
  if (!fs::exists(standard)) GTEST_SKIP() << "the shared data is not there: dicom_standard";
  fs::create_directories(scratch / "in");
  ASSERT_EQ(failure("annex_e_rows.py", {"plant", scratch / "in", standard}), "");
  std::vector<std::string> arguments{"check", scratch / "in", standard, key};
  for (const std::string keep : {"none", "descriptors", "dates", "patient", "device", "institution", "private",
                                 "descriptors,dates,patient,device,institution,private"}) {
    const DeidentifyFilesReport report = deidentify_files(options(scratch / "in", "out_" + keep, keep));
    EXPECT_EQ(report.written, 5) << keep;
    arguments.push_back((scratch / ("out_" + keep)).string() + ":" + keep);
  }
  EXPECT_EQ(failure("annex_e_rows.py", arguments), "");
}

struct Source {
  const char* folder;
  int64_t written;
};

class RealSeries : public DeidentifiedPeer, public ::testing::WithParamInterface<Source> {};

TEST_P(RealSeries, LeaveAsTheyCameButForWhoTheyAreOf) {
  const auto [folder, written] = GetParam();
  const fs::path source = shared_data() / folder;
  if (!fs::exists(source)) GTEST_SKIP() << "the shared data is not there: " << folder;
  DeidentifyFiles o = options(source, "out", "descriptors,dates,patient,private");
  o.linkage = scratch / "link.csv";
  const DeidentifyFilesReport report = deidentify_files(o);
  EXPECT_EQ(report.written, written);
  EXPECT_EQ(report.refused.count("IDENTITY_LEFT"), 0u);
  EXPECT_EQ(failure("deidentified_truth.py", {source, scratch / "out", scratch / "link.csv", key, std::to_string(written)}), "");
}

// Of pydicom's test data, with the identifiers that they lack.
TEST_F(DeidentifiedPeer, Htj2kLeavesAsItCame) {
  const fs::path source = shared_data() / "dicom_pydicom_data";
  if (!fs::exists(source)) GTEST_SKIP() << "the shared data is not there: dicom_pydicom_data";
  ASSERT_EQ(failure("with_identifiers.py", {scratch / "in", source / "HTJ2KLossless_08_RGB.dcm", source / "HTJ2K_08_RGB.dcm"}), "");
  DeidentifyFiles o = options(scratch / "in", "out", "descriptors,dates,patient,private");
  o.linkage = scratch / "link.csv";
  EXPECT_EQ(deidentify_files(o).written, 2);
  EXPECT_EQ(failure("deidentified_truth.py", {scratch / "in", scratch / "out", scratch / "link.csv", key, "2"}), "");
}

INSTANTIATE_TEST_SUITE_P(Shared, RealSeries,
                         ::testing::Values(Source{"ct_lidc", 16}, Source{"dcm_qa_enh", 5}, Source{"dicom_highdicom", 24},
                                           Source{"dicom_pydicom", 130}, Source{"dicom_rtstruct", 7}),
                         [](const auto& info) { return std::string(info.param.folder); });

// Ultrasound with text of its devices: colour in RLE, a palette in segments, a palette in RLE.
TEST_F(DeidentifiedPeer, TextInRealUltrasoundIsBlankedAndNothingElseChanges) {
  ASSERT_TRUE(program_exists("tesseract")) << "tesseract is not installed (scripts/setup.sh)";
  fs::create_directories(scratch / "in");
  for (const char* file : {"dicom_wg04/RLE/US1_RLE", "dicom_pydicom_data/gdcm-US-ALOKA-16.dcm", "dicom_pydicom_data/OBXXXX1A_rle.dcm"}) {
    const fs::path from = shared_data() / file;
    if (!fs::exists(from)) GTEST_SKIP() << "the shared data is not there: " << file;
    fs::copy(from, scratch / "in" / from.filename());
  }
  DeidentifyFiles o = options(scratch / "in", "out", "dates");
  o.burned_in = "blank";
  o.linkage = scratch / "link.csv";
  const DeidentifyFilesReport report = deidentify_files(o);
  EXPECT_EQ(report.written, 3);
  EXPECT_EQ(report.blanked, 3);
  const std::string words =
      "US1_RLE:27:22:10:140;US1_RLE:44:22:8:60;gdcm-US-ALOKA-16.dcm:2:84:8:156;"
      "OBXXXX1A_rle.dcm:39:328:8:178;OBXXXX1A_rle.dcm:11:695:8:68";
  EXPECT_EQ(failure("blanked_truth.py", {scratch / "in", scratch / "out", scratch / "link.csv", words}), "");
}

}  // namespace
}  // namespace chiasm
