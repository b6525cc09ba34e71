// A short form of configs/hippocampus.yaml: sixteen real MR crops, a small network, some steps, and truths about the masks. The figures of
// the full run are in tests/bench/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/nifti.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/whole/shared_data.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

const std::string origin = "open/mr_hippocampus";
constexpr size_t images = 16;

class Hippocampus : public RealRun<Hippocampus> {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(shared_data() / origin)) return;
    scratch_ = new Scratch;
    copy_first_images();
    const std::string configs = CHIASM_SOURCE "/configs/";
    step({"ingest", configs + "hippocampus_data.yaml", "--set", "sources.images.files=" + (folder() / "data/images").string(), "--set",
          "sources.masks.files=" + (folder() / "data/labels").string(), "--out", "hippocampus/store"});
    step({"split", "hippocampus/store", "--train", "0.75", "--val", "0.25", "--test", "0", "--out", "hippocampus/split.json"});
    train("untrained", {"train.steps=1", "train.lr=1e-9"});
    train("run", {"train.steps=60", "train.lr=4e-3", "train.ema=0.9"});
    for (const std::string run : {"untrained", "run"}) step({"evaluate", run, "--split", "val"});
  }
  void SetUp() override {
    NEED_SHARED(origin);
    ASSERT_EQ(failure_, "");
  }

  static void copy_first_images() {
    std::vector<std::filesystem::path> files = list_files(shared_data() / origin / "images");
    std::sort(files.begin(), files.end());
    for (size_t i = 0; i < images; ++i)
      for (const std::string part : {"images", "labels"}) {
        std::filesystem::create_directories(folder() / "data" / part);
        std::filesystem::copy_file(shared_data() / origin / part / files[i].filename(), folder() / "data" / part / files[i].filename());
      }
  }
  static void train(const std::string& run, const std::vector<std::string>& changes) {
    std::vector<std::string> words{"finetune", CHIASM_SOURCE "/configs/hippocampus.yaml", "--out", run};
    for (const std::string change :
         {"encoders.mr.channels=[8,16,32]", "train.batch=4", "train.threads=1", "train.precision=fp32", "augment.geometry=light"})
      words.insert(words.end(), {"--set", change});
    for (const std::string& change : changes) words.insert(words.end(), {"--set", change});
    step(words);
  }
  static double dice(const std::string& run, const std::string& part) {
    return read_json(folder() / run / "metrics.json")["tasks"]["segment"][part]["dice"]["value"].get<double>();
  }
};

TEST_F(Hippocampus, EveryImageIsAPatientOfItsOwn) {
  const Json dataset = read_json(folder() / "hippocampus/store/dataset.json");
  EXPECT_EQ(dataset["studies"], images);
  EXPECT_EQ(dataset["counts"]["patients"], images);
  EXPECT_EQ(dataset["counts"]["masks"]["hippocampus"], images) << dataset["counts"];
}

TEST_F(Hippocampus, TheLossFalls) {
  std::vector<double> losses;
  for (const std::string& line : split(trim(read_file(folder() / "run/log.jsonl")), '\n'))
    if (const Json step = Json::parse(line); step.contains("loss")) losses.push_back(step["loss"].get<double>());
  ASSERT_EQ(losses.size(), 60u);
  const auto mean = [&](size_t from) { return std::accumulate(losses.begin() + from, losses.begin() + from + 10, 0.0) / 10; };
  EXPECT_LT(mean(50), 0.75 * mean(0));
}

TEST_F(Hippocampus, TrainingBeatsTheStartOnHeldBackImages) {
  for (const std::string part : {"anterior", "posterior"}) EXPECT_GT(dice("run", part), dice("untrained", part) + 0.2) << part;
}

// Shape, affine, classes and Dice of the written masks, by nibabel on the files of the origin.
TEST_F(Hippocampus, MasksLieInTheGridOfTheirSourceAndGiveTheFigures) {
  NEED_PYTHON();
  for (const std::string run : {"run", "untrained"}) {
    const Ended ended = python("whole/hippocampus.py", {folder() / run, folder() / "data"});
    EXPECT_EQ(ended.code, 0) << ended.output;
    EXPECT_NE(ended.output.find("on 4 images in their own grid"), std::string::npos) << ended.output;
  }
}

// The judge sees a mask that lies one voxel off.
TEST_F(Hippocampus, AMovedMaskIsSeen) {
  NEED_PYTHON();
  const Scratch moved;
  std::filesystem::copy(folder() / "run", moved / "run", std::filesystem::copy_options::recursive);
  for (const std::filesystem::path& path : list_files(moved / "run/predictions")) {
    if (!ends_with(path.string(), ".nii.gz")) continue;
    Volume mask = read_nifti(path);
    auto& voxels = std::get<std::vector<uint8_t>>(mask.voxels);
    std::rotate(voxels.begin(), voxels.begin() + 1, voxels.end());
    std::filesystem::remove(path);
    write_nifti(path, mask);
  }
  const Ended ended = python("whole/hippocampus.py", {moved / "run", folder() / "data"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.output.find("metrics.json says"), std::string::npos) << ended.output;
}

}  // namespace
}  // namespace chiasm::test
