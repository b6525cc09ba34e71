// Segmentations in the archive's tree become the masks of the series that they refer to.
#include "data/drawn_mask.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "data/deidentify.h"
#include "data/ingest.h"
#include "data/store/store.h"
#include "tests/data/data_fixture.h"
#include "tests/data/dicom_test.h"

namespace chiasm {
namespace {

using test::dataset;
using test::write_ct;
using test::write_key;

constexpr const char* kStudy = R"(sources:
  pacs: {dicom: dicom}
inputs:
  ct: {modality: ct, source: pacs}
targets:
  organs: {kind: mask, of: ct, source: pacs, classes: [liver, tumour], values: {Hepar: liver, "2": tumour}, derived_from: []}
deidentify: {key: site.key}
)";

class DrawnMask : public test::DicomTest {
 protected:
  void SetUp() override {
    write_key(scratch / "site.key");
    write_ct(scratch / "dicom", {.folder = "1", .accession = "ACC00001"});
    write_ct(scratch / "dicom", {.folder = "2", .accession = "ACC00002", .patient = "PT2002"});
  }

  // Segment n + 1 on slice n of the series in `folder`.
  std::string segment(const std::string& folder, const std::vector<std::string>& names, const std::string& file = "seg.dcm") {
    const auto groups = dicom::group_files(dicom::scan_tree(scratch / "dicom" / folder, 1));
    const dicom::ReadResult read = dicom::read_group(groups.at(0));
    Volume classes = *read.volume;
    std::vector<uint8_t> voxels(4 * 20, 0);
    for (size_t n = 0; n < names.size(); ++n) std::fill_n(voxels.begin() + static_cast<std::ptrdiff_t>(20 * n), 20, n + 1);
    classes.voxels = voxels;
    return dicom::write_segmentation(scratch / "dicom" / file, read.group.headers, classes, {names, "demo", "1", std::string(64, 'a')});
  }

  StudyRecord record(const std::string& yaml, const std::string& study = "ACC00001", const std::string& store = "store") {
    ingest(dataset(scratch, yaml), {scratch / store, 0, false, 2});
    const StoreReader reader(scratch / store);
    const std::string name = Deidentifier(dataset(scratch, yaml)).study(study);
    for (int64_t n = 0; n < reader.size(); ++n)
      if (reader.entry(n).study == name) return reader.read(n);
    return {};
  }

  static std::vector<uint8_t> slices(const std::vector<uint8_t>& classes) {
    std::vector<uint8_t> voxels;
    for (const uint8_t c : classes) voxels.insert(voxels.end(), 20, c);
    return voxels;
  }

  // "input code" of the ledger's lines.
  std::vector<std::string> ledger(const std::string& store = "store") {
    const Csv table = read_csv(scratch / store / "ledger.csv");
    std::vector<std::string> lines;
    for (const auto& row : table.rows)
      lines.push_back(row[static_cast<size_t>(table.at("input"))] + " " + row[static_cast<size_t>(table.at("code"))]);
    return lines;
  }

  static bool holds(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }

  Scratch scratch;
};

std::string with(std::string yaml, const std::string& more) { return yaml.replace(yaml.find("derived_from"), 0, more + ", "); }

TEST_F(DrawnMask, SegmentsBecomeClassesByNameOrNumberOnTheSeriesTheyReferTo) {
  segment("1", {"Hepar", "anything", "spine"});
  const StudyRecord study = record(kStudy);
  ASSERT_TRUE(study.masks.count("organs"));
  EXPECT_EQ(study.masks.at("organs").voxels, Voxels(slices({1, 2, 0, 0})));
  EXPECT_EQ(study.masks.at("organs").affine, study.inputs.at("ct").front().volume.affine);
  EXPECT_FALSE(record(kStudy, "ACC00002", "again").masks.count("organs"));
}

TEST_F(DrawnMask, WithoutAMapTheClassesAreTheNamesInAnyCase) {
  segment("1", {"TUMOUR", "Liver"});
  const std::string plain =
      std::string(kStudy).erase(std::string(kStudy).find("values"), std::string("values: {Hepar: liver, \"2\": tumour}, ").size());
  EXPECT_EQ(record(plain).masks.at("organs").voxels, Voxels(slices({2, 1, 0, 0})));
}

TEST_F(DrawnMask, AClassThatIsNotDrawnIsBackgroundOrUnknown) {
  segment("1", {"Hepar"});
  EXPECT_EQ(record(kStudy).masks.at("organs").voxels, Voxels(slices({1, 0, 0, 0})));
  EXPECT_EQ(record(with(kStudy, "absent: unknown"), "ACC00001", "unknown").masks.at("organs").voxels, Voxels(slices({1, 255, 255, 255})));
}

TEST_F(DrawnMask, TwoObjectsMayDrawDifferentClassesButNotOneClass) {
  segment("1", {"Hepar"}, "a.dcm");
  segment("1", {"other", "x"}, "b.dcm");
  EXPECT_EQ(record(kStudy).masks.at("organs").voxels, Voxels(slices({1, 2, 0, 0})));
  segment("1", {"Hepar", "spine"}, "c.dcm");
  EXPECT_FALSE(record(kStudy, "ACC00001", "twice").masks.count("organs"));
  EXPECT_TRUE(holds(ledger("twice"), "organs AMBIGUOUS"));
}

TEST_F(DrawnMask, CopiesOfOneObjectAreOneAndTwoObjectsOfOneUidConflict) {
  segment("1", {"Hepar"}, "a.dcm");
  fs::copy_file(scratch / "dicom/a.dcm", scratch / "dicom/b.dcm");
  EXPECT_EQ(record(kStudy).masks.at("organs").voxels, Voxels(slices({1, 0, 0, 0})));
  std::string bytes = read_file(scratch / "dicom/b.dcm");
  bytes.replace(bytes.find("Hepar"), 5, "spine");
  write_file_atomic(scratch / "dicom/b.dcm", bytes);
  EXPECT_FALSE(record(kStudy, "ACC00001", "conflict").masks.count("organs"));
  EXPECT_TRUE(holds(ledger("conflict"), "organs UID_CONFLICT"));
}

TEST_F(DrawnMask, ANameCountsBeforeANumber) {
  segment("1", {"#a", "other"});
  std::string yaml = kStudy;
  yaml.replace(yaml.find("values: {Hepar: liver, \"2\": tumour}"), std::string("values: {Hepar: liver, \"2\": tumour}").size(),
               "values: {\"#a\": liver, \"1\": tumour}");
  EXPECT_EQ(record(yaml).masks.at("organs").voxels, Voxels(slices({1, 0, 0, 0})));
}

TEST_F(DrawnMask, WhatDrawsNoClassIsRefusedAndWhatNoTargetTakesIsCounted) {
  segment("1", {"spine"});
  EXPECT_FALSE(record(kStudy).masks.count("organs"));
  EXPECT_TRUE(holds(ledger(), "organs NO_MATCH"));
  EXPECT_FALSE(record(with(kStudy, "object: rtstruct"), "ACC00001", "other").masks.count("organs"));
  EXPECT_TRUE(holds(ledger("other"), "pacs NOT_CHOSEN"));
}

TEST_F(DrawnMask, ATableMayNameTheObject) {
  segment("1", {"Hepar"}, "../elsewhere.dcm");
  write_file_atomic(scratch / "masks.csv", "accession,path\nACC00001,elsewhere.dcm\n");
  std::string yaml = kStudy;
  yaml.replace(yaml.find("source: pacs, classes"), 12, "source: masks");
  yaml.replace(yaml.find("inputs:"), 0, "  masks: {csv: masks.csv, key: accession, file: path}\n");
  EXPECT_EQ(record(yaml).masks.at("organs").voxels, Voxels(slices({1, 0, 0, 0})));
}

TEST_F(DrawnMask, NamesOfSegmentsLeaveNoTrace) {
  segment("1", {"Hepar", "Kestaburgen Briana"});
  record(kStudy);
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "store"))
    if (entry.is_regular_file()) {
      EXPECT_EQ(read_file(entry.path()).find("Kestaburgen"), std::string::npos) << entry.path();
    }
}

}  // namespace
}  // namespace chiasm
