#include <gtest/gtest.h>

#include "core/base/progress.h"
#include "core/base/text.h"
#include "data/ingest.h"
#include "data/prove/archive.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

class ProveTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dicom::start();
    Progress::set_quiet(true);
  }
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

}  // namespace
}  // namespace chiasm
