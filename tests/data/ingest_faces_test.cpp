// `faces: deface` from the data set file to the store, the ledger and deid.json.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/csv.h"
#include "core/base/json.h"
#include "data/check.h"
#include "data/deface/deface.h"
#include "data/deidentify_key.h"
#include "data/ingest.h"
#include "data/store/store.h"
#include "data/transform/normalise.h"
#include "tests/data/data_fixture.h"
#include "tests/data/dicom_test.h"
#include "tests/data/head_phantom.h"
#include "tests/data/head_series.h"

namespace chiasm {
namespace {

using test::dataset;
using test::HeadPhantom;
using test::phantom_volume;
using test::write_head_series;
using test::write_key;

constexpr const char* kHeads = R"(sources:
  files: {csv: files.csv, study: study, patient: patient, file: "{study}.nii.gz"}
  masks: {csv: masks.csv, key: study, file: mask}
inputs:
  ct: {modality: ct, source: files}
targets:
  parts: {kind: mask, source: masks, of: ct, classes: [brain, nose], derived_from: []}
deidentify: {key: site.key, faces: deface}
)";

constexpr const char* kSeries = R"(sources:
  pacs: {dicom: dicom}
inputs:
  ct: {modality: ct, source: pacs}
deidentify: {key: site.key, faces: deface}
)";

const test::GridSpec kCoarse{.step = {3, 3, 4}};

class IngestFacesTest : public test::DicomTest {
 protected:
  void SetUp() override {
    write_key(scratch / "site.key");
    write_file_atomic(scratch / "files.csv", "study,patient\nS1,P1\nS2,P2\nS3,P3\n");
    write_file_atomic(scratch / "masks.csv", "study,mask\nS1,m1.nii.gz\n");
  }
  IngestReport run(const std::string& yaml) { return ingest(dataset(scratch, yaml), {scratch / "store", 0, false, 2}); }
  StudyRecord record(const std::string& study) const {
    const StoreReader reader(scratch / "store");
    for (int64_t i = 0; i < reader.size(); ++i)
      if (reader.entry(i).study == deid::Pseudonyms(std::string(32, 'k')).study(study)) return reader.read(i);
    throw std::runtime_error("no study " + study);
  }
  std::vector<std::string> ledger() const {
    std::vector<std::string> lines;
    for (const auto& row : read_csv(scratch / "store" / "ledger.csv").rows) lines.push_back(row[1] + ":" + row[3] + ":" + row[4]);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  const Scratch scratch;
};

TEST_F(IngestFacesTest, AHeadReachesTheStoreWithoutItsFaceAndLabelsInItAreUnknown) {
  const HeadPhantom head({});
  const Volume before = phantom_volume({}, kCoarse);
  Volume mask = before;
  std::vector<uint8_t> classes(static_cast<size_t>(voxel_count(before)), 0);
  for (int64_t n = 0; n < std::ssize(classes); ++n) {
    const face::Point at = test::place_of(before, n);
    if (head.depth(at) < 0.5) classes[static_cast<size_t>(n)] = 1;
    if (head.removal(at) > 30) classes[static_cast<size_t>(n)] = 2;
  }
  mask.voxels = classes;
  mask.intercept = 0;
  write_nifti(scratch / "S1.nii.gz", before);
  write_nifti(scratch / "m1.nii.gz", mask);
  write_nifti(scratch / "S2.nii.gz", phantom_volume({.skull = false, .face = false}, kCoarse));
  Volume other = before;  // of no head
  other.size = {4, 4, 5};
  other.voxels = std::vector<uint16_t>{0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 0, 9, 1, 8, 2, 7, 3,
                                       6, 4, 5, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 0, 9, 1, 8,
                                       2, 7, 3, 6, 4, 5, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5};
  write_nifti(scratch / "S3.nii.gz", other);
  const IngestReport report = run(kHeads);
  EXPECT_EQ(report.stored, 3);
  EXPECT_FALSE(report.partial);
  EXPECT_EQ(ledger(), std::vector<std::string>{"parts:dropped:LABEL_REMOVED"});

  const StudyRecord study = record("S1");
  const Volume& after = study.inputs.at("ct")[0].volume;
  EXPECT_EQ(after.facts.at("faces"), "removed");
  EXPECT_EQ(after.statistics, transform::measure_intensity(after)) << "of what is left";
  const std::vector<float> was = values(before), is = values(after);
  const auto& labels = std::get<std::vector<uint8_t>>(study.masks.at("parts").voxels);
  int64_t gone = 0, changed_brain = 0, face_left = 0, nose = 0;
  for (size_t n = 0; n < was.size(); ++n) {
    gone += labels[n] == 255;
    EXPECT_TRUE(labels[n] == 255 ? is[n] == -1000 : is[n] == was[n]);
    changed_brain += classes[n] == 1 && (is[n] != was[n] || labels[n] != 1);
    face_left += head.removal(test::place_of(before, static_cast<int64_t>(n))) > 6 && is[n] != -1000;
    nose += labels[n] == 2;
  }
  EXPECT_GT(gone, 0);
  EXPECT_EQ(changed_brain, 0);
  EXPECT_EQ(face_left, 0);
  EXPECT_EQ(nose, 0);
  EXPECT_EQ(record("S2").inputs.at("ct")[0].volume.facts.at("faces"), "absent");
  EXPECT_EQ(record("S3").inputs.at("ct")[0].volume.facts.at("faces"), "possible");

  const Json statement = read_json(scratch / "store" / "deid.json");
  EXPECT_EQ(statement.at("faces"), "deface");
  EXPECT_EQ(statement.at("face_removal").at("version"), kDefaceVersion);
  EXPECT_NE(statement.at("face_removal").at("method").get<std::string>().find("Quickshear"), std::string::npos);
  const CheckReport check = check_store(StoreReader(scratch / "store"), {}, 1);
  EXPECT_EQ(check.faces, (std::map<std::string, int64_t>{{"absent", 1}, {"possible", 1}, {"removed", 1}}));
  EXPECT_EQ(to_json(check).at("faces").at("removed"), 1);
  EXPECT_NE(to_text(check).find("faces: 1 absent, 1 possible, 1 removed"), std::string::npos) << to_text(check);
}

TEST_F(IngestFacesTest, ADicomHeadWhoseFaceCannotBeRemovedIsRefusedAndOtherPartsAreLeftAlone) {
  write_head_series(scratch / "dicom", "A1", "HEAD", phantom_volume({}, kCoarse));
  write_head_series(scratch / "dicom", "A2", "HEAD", phantom_volume({.brain = 0.6}, kCoarse));  // 330 ml
  write_head_series(scratch / "dicom", "A3", "CHEST", phantom_volume({}, kCoarse));
  const IngestReport report = run(kSeries);
  EXPECT_EQ(report.stored, 2) << read_file(scratch / "store" / "ledger.csv");
  EXPECT_EQ(report.refused.at("FACES"), 1);
  EXPECT_EQ(record("A1").inputs.at("ct")[0].volume.facts.at("faces"), "removed");
  EXPECT_FALSE(record("A3").inputs.at("ct")[0].volume.facts.count("faces"));
  EXPECT_EQ(ledger(), (std::vector<std::string>{":refused:EMPTY_STUDY", "ct:refused:FACES"}));
}

TEST_F(IngestFacesTest, AStoreHasOneWayWithFaces) {
  test::write_ct(scratch / "dicom", {.folder = "1", .accession = "A1", .body_part = "HEAD"});
  std::string yaml = kSeries;
  yaml.replace(yaml.find("faces: deface"), 13, "faces: flag");
  EXPECT_EQ(run(yaml).stored, 1);
  EXPECT_EQ(record("A1").inputs.at("ct")[0].volume.facts.at("faces"), "possible");
  try {
    run(kSeries);
    FAIL() << "the flagged image would be called defaced";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("another 'faces:'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace chiasm
