#include <gtest/gtest.h>

#include "core/base/text.h"
#include "data/deidentify_files.h"
#include "data/ingest.h"
#include "data/prove/archive.h"
#include "tests/data/data_fixture.h"
#include "tests/data/dicom_test.h"

namespace chiasm {
namespace {

class ProveTest : public test::DicomTest {
 protected:
  const Scratch scratch;
};

std::set<std::string> places(const std::vector<prove::Marker>& markers) {
  std::set<std::string> result;
  for (const prove::Marker& marker : markers) result.insert(marker.place);
  return result;
}

// Otherwise a search that finds nothing would prove nothing.
TEST_F(ProveTest, TheSearchFindsEveryMarkerInTheArchiveItself) {
  const prove::Archive archive = prove::plant_archive(scratch / "archive", 3);
  EXPECT_GE(places(archive.markers).size(), 60u);
  EXPECT_EQ(places(prove::find_markers(scratch / "archive", {}, archive.markers)), places(archive.markers));
}

TEST_F(ProveTest, NothingThatWasPlantedIsLeftInTheStore) {
  const prove::Archive archive = prove::plant_archive(scratch / "archive", 4);
  ASSERT_EQ(ingest(load_dataset(archive.dataset), {scratch / "out" / "store", 0, false, 1}).stored, 1);
  EXPECT_EQ(places(prove::find_markers(scratch / "out", scratch / "out" / "store", archive.markers)), std::set<std::string>{});
}

// With de-identification switched off the same search finds the report's names, the kernel that names the patient and the identifiers.
TEST_F(ProveTest, WithoutDeidentificationTheStoreHoldsMarkers) {
  const prove::Archive archive = prove::plant_archive(scratch / "archive", 5);
  std::string yaml = read_file(archive.dataset);
  yaml = yaml.substr(0, yaml.find("deidentify:")) + "deidentify: {off: test of the search}\n";
  write_file_atomic(archive.dataset, yaml);
  ASSERT_EQ(ingest(load_dataset(archive.dataset), {scratch / "out" / "store", 0, false, 1}).stored, 1);
  const std::set<std::string> left = places(prove::find_markers(scratch / "out", scratch / "out" / "store", archive.markers));
  for (const char* place : {"PatientName", "OperatorsName", "report, signature", "AccessionNumber"})
    EXPECT_TRUE(left.count(place)) << place;
}

// The files themselves, with every option that keeps something but those that keep institution and device: they are markers here.
TEST_F(ProveTest, NothingThatWasPlantedIsLeftInDeidentifiedFiles) {
  const prove::Archive archive = prove::plant_archive(scratch / "archive", 6);
  DeidentifyFiles options;
  options.source = scratch / "archive" / "dicom";
  options.out = scratch / "files";
  options.key = scratch / "archive" / "site.key";
  for (const char* name : {"descriptors", "dates", "patient", "private"}) options.profile.options.insert(kept_options().at(name));
  const DeidentifyFilesReport report = deidentify_files(options);
  EXPECT_EQ(report.written, report.found);
  EXPECT_GE(prove::find_markers(scratch / "archive" / "dicom", {}, archive.markers).size(), 38u);
  EXPECT_EQ(places(prove::find_markers(scratch / "files", {}, archive.markers)), std::set<std::string>{});
}

}  // namespace
}  // namespace chiasm
