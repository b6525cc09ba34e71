// The shards are plain HDF5: an independent reader sees the same numbers.
#include <cstdlib>

#include "core/base/json.h"
#include "tests/store/support.h"

namespace chiasm::testing {
namespace {

TEST(H5py, ReadsTheSameStudy) {
  const char* python = std::getenv("CHIASM_TEST_PYTHON");
  if (!python) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with h5py";
  const TemporaryFolder folder;
  StoreWriter writer(folder / "store", small_schema());
  StudyRecord record = small_record(1, {40, 90, 200});  // several chunks along each axis, some cut
  record.inputs["ct"][0].volume.valid.assign(40 * 90 * 200, 1);
  writer.add(record);
  writer.commit();
  const std::string command = std::string(python) + " " + CHIASM_SOURCE + "/tests/store/read_with_h5py.py " +
                              (folder / "store/shards/00000.h5").string() + " " + record.study + " " + (folder / "out.json").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  const Json read = read_json(folder / "out.json");
  double sum = 0, weighted = 0;
  const auto& voxels = std::get<std::vector<int16_t>>(record.inputs["ct"][0].volume.voxels);
  for (size_t i = 0; i < voxels.size(); ++i) {
    sum += voxels[i];
    weighted += static_cast<double>(voxels[i]) * static_cast<double>(i % 1009);
  }
  EXPECT_EQ(read.at("shape").dump(), "[1,40,90,200]");
  EXPECT_EQ(read.at("type"), "int16");
  EXPECT_EQ(read.at("sum"), sum);
  EXPECT_EQ(read.at("weighted"), weighted);
  EXPECT_EQ(read.at("valid"), 40 * 90 * 200);
  EXPECT_EQ(read.at("affine").get<std::vector<double>>()[3], 10.5);
  EXPECT_EQ(read.at("rescale").dump(), "[1.0,-1024.0]");
  EXPECT_EQ(read.at("text"), record.inputs["findings"][0].text);
  EXPECT_EQ(read.at("days"), -1.5);
  EXPECT_EQ(read.at("table")[1], 1.0);
  EXPECT_EQ(read.at("labels")[0], 1.0);
  EXPECT_TRUE(read.at("labels")[1].is_null());
  EXPECT_EQ(read.at("patient"), record.patient);
  EXPECT_EQ(read.at("facts").at("sex"), "F");
  EXPECT_EQ(read.at("all_checked"), true);
  EXPECT_EQ(read.at("places_are_true"), true);
  EXPECT_EQ(read.at("filters").dump(), R"(["32001","fletcher32"])");
}

}  // namespace
}  // namespace chiasm::testing
