#include "data/check.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "tests/store/support.h"

namespace chiasm {
namespace {

using namespace chiasm::testing;

class CheckTest : public ::testing::Test {
 protected:
  void SetUp() override { Progress::set_quiet(true); }
  fs::path store() const { return folder_ / "store"; }
  CheckReport report(const fs::path& split = {}) const { return check_store(StoreReader(store()), split, 2); }
  // Writes eight good studies, the last one spoilt.
  void write(void (*spoil)(StudyRecord&)) const {
    StoreWriter writer(store(), small_schema());
    for (int64_t i = 0; i < 8; ++i) {
      StudyRecord record = small_record(i);
      auto& voxels = std::get<std::vector<int16_t>>(record.inputs["ct"][0].volume.voxels);
      voxels[0] = 0;  // air: -1024 HU
      voxels[1] = 0;
      if (i == 7) spoil(record);
      writer.add(record);
    }
    writer.commit();
  }
  static bool has(const CheckReport& report, bool error, const std::string& check, const std::string& message) {
    for (const CheckFinding& finding : report.findings)
      if (finding.error == error && finding.check == check && finding.message.find(message) != std::string::npos) return true;
    return false;
  }
  TemporaryFolder folder_;
};

TEST_F(CheckTest, PassesAGoodStoreAndCounts) {
  write([](StudyRecord&) {});
  const CheckReport good = report();
  EXPECT_TRUE(good.passed()) << to_text(good);
  EXPECT_EQ(good.studies, 8);
  EXPECT_EQ(good.patients, 4);
  const ClassCount& nodule = good.classes.at("all").at("disease/nodule");
  EXPECT_EQ(nodule.positive, 4);
  EXPECT_EQ(nodule.negative, 2);
  EXPECT_EQ(nodule.unknown, 2);
  const InputFingerprint& ct = good.intensities.at("ct");
  double sum = 0;
  for (int64_t i = 0; i < 8; ++i) {
    auto voxels = std::get<std::vector<int16_t>>(small_record(i).inputs["ct"][0].volume.voxels);
    voxels[0] = voxels[1] = 0;
    for (const int16_t voxel : voxels) sum += voxel - 1024.0;
  }
  EXPECT_NEAR(ct.mean, sum / (8 * 105), 1e-6);
  EXPECT_EQ(ct.images, 8);
  EXPECT_EQ(to_json(good).at("passed"), true);
  EXPECT_NE(to_text(good).find("8 studies of 4 patients: passed"), std::string::npos);
}

TEST_F(CheckTest, FindsOneImageUnderTwoPatients) {
  write([](StudyRecord& record) {
    record.inputs["ct"] = small_record(0).inputs["ct"];
    auto& voxels = std::get<std::vector<int16_t>>(record.inputs["ct"][0].volume.voxels);
    voxels[0] = voxels[1] = 0;
  });
  const CheckReport leaky = report();
  EXPECT_FALSE(leaky.passed());
  EXPECT_TRUE(has(leaky, true, "duplicate", "study1000, of another patient"));
}

TEST_F(CheckTest, WarnsOfADuplicateOfTheSamePatient) {
  write([](StudyRecord& record) { record.inputs["ct"].push_back(record.inputs["ct"][0]); });
  EXPECT_TRUE(report().passed());
  EXPECT_TRUE(has(report(), false, "duplicate", "of the same patient"));
}

TEST_F(CheckTest, FindsImpossibleSpacing) {
  write([](StudyRecord& record) {
    record.inputs["ct"][0].volume.affine[10] = 250;
    record.masks["lesion"].affine[10] = 250;
  });
  EXPECT_TRUE(has(report(), true, "geometry", "outside 0.02 to 50 mm"));
}

TEST_F(CheckTest, WarnsOfSkewAndEmptyMasksAndFlatImages) {
  write([](StudyRecord& record) {
    record.inputs["ct"][0].volume.affine[6] = 1;
    record.masks["lesion"].affine[6] = 1;
    auto& classes = std::get<std::vector<uint8_t>>(record.masks["lesion"].voxels);
    classes.assign(classes.size(), 0);
    auto& voxels = std::get<std::vector<int16_t>>(record.inputs["ct"][0].volume.voxels);
    voxels.assign(voxels.size(), 1100);
  });
  const CheckReport odd = report();
  EXPECT_TRUE(odd.passed());
  EXPECT_TRUE(has(odd, false, "geometry", "right angles"));
  EXPECT_TRUE(has(odd, false, "mask", "empty"));
  EXPECT_TRUE(has(odd, false, "intensity", "all voxels are equal"));
  EXPECT_TRUE(has(odd, false, "intensity", "is it in HU?"));
  EXPECT_EQ(odd.intensities.at("ct").constant, 1);
}

TEST_F(CheckTest, FindsVoxelsThatAreNoNumbers) {
  write([](StudyRecord& record) {
    Volume& volume = record.inputs["ct"][0].volume;
    std::vector<float> voxels(105, 1);
    voxels[50] = std::numeric_limits<float>::quiet_NaN();
    volume.voxels = voxels;
  });
  EXPECT_TRUE(has(report(), true, "intensity", "not a number"));
}

TEST_F(CheckTest, FindsDamage) {
  write([](StudyRecord&) {});
  const fs::path shard = store() / "shards/00000.h5";
  std::string bytes = read_file(shard);
  const size_t inside = bytes.find("\x78\x5e") + 10;  // a deflated chunk
  bytes.at(inside) = static_cast<char>(bytes.at(inside) ^ 4);
  write_file_atomic(shard, bytes);
  EXPECT_TRUE(has(report(), true, "digest", "damaged or missing"));
  EXPECT_TRUE(has(report(), true, "read", "checksum"));
}

TEST_F(CheckTest, FindsASplitThatLeaks) {
  write([](StudyRecord&) {});
  SplitOptions options;
  options.train = options.val = 0.25;
  options.test = 0.5;
  Split split = make_split(StoreReader(store()), options);
  save_split(folder_ / "good.json", split);
  const CheckReport good = report(folder_ / "good.json");
  EXPECT_TRUE(good.passed()) << to_text(good);
  EXPECT_EQ(good.classes.size(), 3u);
  std::swap(split.parts["train"][0], split.parts["test"][0]);
  save_split(folder_ / "leaky.json", split);
  const CheckReport leaky = report(folder_ / "leaky.json");
  EXPECT_FALSE(leaky.passed());
  EXPECT_TRUE(has(leaky, true, "split", "2 patient(s) are in more than one part"));
}

TEST_F(CheckTest, WarnsOfTextsThatLookLikeIdentities) {
  write([](StudyRecord& record) {
    record.inputs["findings"] = {{{}, "Seen by Dr. Velmosdovski, phone 555-867-5309. [NAME] was told; 12 mm nodule.", {}, 0}};
  });
  const CheckReport odd = report();
  EXPECT_TRUE(odd.passed());
  EXPECT_TRUE(has(odd, false, "identity", "a name behind a title"));
  EXPECT_TRUE(has(odd, false, "identity", "an address, a number of a person"));
  EXPECT_EQ(to_text(odd).find("Velmosdovski"), std::string::npos) << "a report is no place for names";
}

}  // namespace
}  // namespace chiasm
