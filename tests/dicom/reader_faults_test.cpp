// Faults in the processes that read foreign files, through a whole ingest: each costs one file and a line of the ledger, and the rest of
// the studies reaches the store.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/base/csv.h"
#include "core/base/progress.h"
#include "data/dicom/isolated.h"
#include "data/image.h"
#include "data/image_file_apart.h"
#include "data/ingest.h"
#include "data/store/store.h"
#include "tests/data/data_fixture.h"
#include "tests/dicom/drawn_objects.h"

namespace chiasm::dicom::test {
namespace {

// What a crafted file could do to a parser.
void suffer(const std::string& fault) {
  if (fault == "crash") std::abort();
  if (fault == "hang")
    for (volatile bool busy = true; busy;) {
    }
  if (fault == "sleep") ::pause();
  if (fault == "memory") {
    std::vector<char> taken(size_t{4} << 30, 1);
    if (taken[taken.size() / 2] == 0) std::abort();
  }
}

// A file named TASK-FAULT.dcm suffers when it is read for that task.
void drawn_fault(std::string_view task, const fs::path& file) {
  const std::string name = file.stem().string();
  const size_t dash = name.find('-');
  if (dash != std::string::npos && name.substr(0, dash) == task) suffer(name.substr(dash + 1));
}

std::string image_fault(const std::string& path) {
  suffer(fs::path(path).stem().string());
  return answer_image_request(path);
}

IsolateLimits tight() {
  IsolateLimits limits;
  limits.memory = uint64_t{1} << 30;
  limits.cpu_seconds = 1;
  limits.wall_seconds = 5;
  return limits;
}

using Lines = std::multiset<std::vector<std::string>>;

class ReaderFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    start();
    Progress::set_quiet(true);
  }
  void TearDown() override {
    restart_readers();
    restart_image_readers();
  }

  // A series of its own study and, drawn on it, a segmentation or a structure set of that name.
  void study(const std::string& name, bool as_contours) {
    const std::string folder = "dicom/" + name;
    chiasm::test::write_ct(scratch.path(), {.folder = folder, .accession = name, .patient = "P-" + name});
    const ReadResult read = read_one(scratch / folder);
    ASSERT_TRUE(read.volume);
    const fs::path file = scratch / folder / (name + ".dcm");
    if (as_contours) {
      const auto at = [&](double i, double j) {
        const auto ras = apply(read.volume->affine, {i, j, 1});
        return Vector{-ras[0], -ras[1], ras[2]};
      };
      write_structures(file, read.group.headers.front(), {{"organ", {{at(-1, -1), at(5, -1), at(5, 4), at(-1, 4)}}}});
    } else {
      Volume classes = *read.volume;
      std::vector<uint8_t> voxels(80, 0);
      std::fill_n(voxels.begin() + 20, 20, 1);
      classes.voxels = voxels;
      write_segmentation(file, read.group.headers, classes, {{"organ"}, "demo", "1", std::string(64, 'a')});
    }
  }

  IngestReport ingested(const std::string& yaml) { return ingest(chiasm::test::dataset(scratch, yaml), {scratch / "store", 0, false, 4}); }

  // (study, input, action, code, detail) of the refused items.
  Lines ledger() const {
    const Csv table = read_csv(scratch / "store" / "ledger.csv");
    Lines lines;
    for (const auto& row : table.rows) {
      std::vector<std::string> line;
      for (const char* column : {"study", "input", "action", "code", "detail"}) line.push_back(row[static_cast<size_t>(table.at(column))]);
      lines.insert(line);
    }
    return lines;
  }

  Scratch scratch;
};

constexpr const char* died = "the reading process crashed, or needed more memory or time than it may";
constexpr const char* late = "reading took longer than it may";

std::vector<std::string> line(const std::string& study, const std::string& input, const std::string& fault) {
  return {study, input, "refused", fault == "sleep" ? "READER_LATE" : "READER_DIED", fault == "sleep" ? late : died};
}

TEST_F(ReaderFaults, OfADrawnObjectCostThatObjectAndALine) {
  restart_readers({tight(), drawn_fault});
  Lines expected;
  bool as_contours = false;
  std::set<std::string> lost;
  for (const std::string task : {"scan", "names", "regions"})
    for (const std::string fault : {"crash", "hang", "memory", "sleep"}) {
      study(task + "-" + fault, as_contours = !as_contours);
      // What cannot be scanned belongs to no study yet.
      expected.insert(line(task == "scan" ? "" : task + "-" + fault, task == "scan" ? "pacs" : "organs", fault));
      lost.insert(task + "-" + fault);
    }
  study("sound-seg", false);
  study("sound-rt", true);
  const IngestReport report = ingested(
      "sources: {pacs: {dicom: dicom}}\ninputs: {ct: {modality: ct, source: pacs}}\n"
      "targets: {organs: {kind: mask, of: ct, source: pacs, classes: [organ], derived_from: []}}\ndeidentify: {off: \"public\"}\n");
  EXPECT_TRUE(report.partial);
  EXPECT_EQ(ledger(), expected);
  const StoreReader store(scratch / "store");
  ASSERT_EQ(store.size(), 14);
  for (int64_t n = 0; n < store.size(); ++n) {
    const StudyRecord record = store.read(n);
    EXPECT_EQ(record.inputs.at("ct").size(), 1u) << record.study;
    ASSERT_EQ(record.masks.count("organs"), lost.count(record.study) > 0 ? 0u : 1u) << record.study;
    if (lost.count(record.study) > 0) continue;
    std::vector<uint8_t> slab(80, 0);
    std::fill_n(slab.begin() + 20, 20, 1);
    EXPECT_EQ(record.masks.at("organs").voxels, Voxels(slab)) << record.study;
  }
}

// Enhanced objects, which are always read apart.
TEST_F(ReaderFaults, OfASeriesCostThatSeriesAndALine) {
  restart_readers({tight(), drawn_fault});
  Lines expected;
  fs::create_directory(scratch / "dicom");
  for (const std::string name : {"read-crash", "read-hang", "sound", "read-memory", "read-sleep"}) {
    const fs::path file = scratch / "dicom" / (name + ".dcm");
    Phantom phantom;
    phantom.modality = "MR";
    write_enhanced(phantom, file, {0, 1, 2, 3, 4});
    DcmFileFormat object;
    ASSERT_TRUE(object.loadFile(file.c_str()).good());
    ASSERT_TRUE(object.loadAllDataIntoMemory().good());
    DcmDataset& dataset = *object.getDataset();
    const std::string uid = "1.2.3.77." + std::to_string(expected.size() + (name == "sound" ? 50 : 0));
    set(dataset, 0x0008, 0x0018, uid + ".3");
    set(dataset, 0x0020, 0x000D, uid + ".1");
    set(dataset, 0x0020, 0x000E, uid + ".2");
    set(dataset, 0x0008, 0x0050, name);
    set(dataset, 0x0010, 0x0020, "P-" + name);
    save(dataset, file);
    if (name == "sound") continue;
    expected.insert(line(name, "mr", name.substr(5)));
    expected.insert({name, "", "refused", "EMPTY_STUDY", "no input of the study could be used"});
  }
  ingested("sources: {pacs: {dicom: dicom}}\ninputs: {mr: {modality: mr, source: pacs}}\ndeidentify: {off: \"public\"}\n");
  EXPECT_EQ(ledger(), expected);
  const StoreReader store(scratch / "store");
  ASSERT_EQ(store.size(), 1);
  EXPECT_EQ(store.read(0).inputs.at("mr").size(), 1u);
}

TEST_F(ReaderFaults, OfAPictureOrAVolumeCostThatFileAndALine) {
  restart_image_readers(image_fault, tight());
  Volume volume;
  volume.modality = "image";
  volume.size = {2, 3, 4};
  volume.affine = {1, 0, 0, 5, 0, 2, 0, 6, 0, 0, 3, 7};
  volume.voxels = std::vector<int16_t>(24, 7);
  fs::create_directory(scratch / "v");
  Lines expected;
  std::string table = "study,file,volume\n";
  for (const std::string name : {"crash", "sound", "hang", "memory", "sleep", "other"}) {
    const bool as_volume = name == "memory" || name == "sleep";  // the study's other file is sound
    const std::string picture = (as_volume ? "sound-" : "") + name + ".png",
                      file = "v/" + std::string(as_volume ? "" : "sound-") + name + ".nii";
    write_png(scratch / picture, 4, 3, 1, std::vector<uint8_t>(12, 9));
    write_nifti(scratch / file, volume);
    table += name + "," + picture + "," + file + "\n";
    if (name != "sound" && name != "other") expected.insert(line(name, as_volume ? "v" : "x", name));
  }
  write_file_atomic(scratch / "table.csv", table);
  const IngestReport report = ingested(
      "sources: {t: {csv: table.csv, study: study, file: file}, u: {csv: table.csv, study: study, file: volume}}\n"
      "inputs: {x: {modality: xray, source: t}, v: {modality: mr, source: u}}\n"
      "deidentify: {off: \"public\"}\n");
  EXPECT_EQ(report.refused, (std::map<std::string, int64_t>{{"READER_DIED", 3}, {"READER_LATE", 1}}));
  EXPECT_EQ(ledger(), expected);
  const StoreReader store(scratch / "store");
  ASSERT_EQ(store.size(), 6);
  size_t read = 0;
  for (int64_t n = 0; n < store.size(); ++n)
    for (const auto& [input, items] : store.read(n).inputs) read += items.size();
  EXPECT_EQ(read, 2u * 6 - 4);
}

}  // namespace
}  // namespace chiasm::dicom::test
