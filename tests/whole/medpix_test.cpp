// A short form of configs/medpix.yaml: some real pictures with captions, a few steps, and truths about what was written. The figures of the
// full runs are in tests/bench/README.md.
#include <gtest/gtest.h>

#include <set>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/split.h"
#include "data/store/store.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/whole/shared_data.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

const std::string items = "nc/vl_medpix2/descriptions_train.jsonl";
constexpr size_t pictures = 240;

// Pictures of the first cases into a store, three folds, ten steps on two of them.
class Medpix : public RealRun<Medpix> {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(shared_data() / items)) return;
    scratch_ = new Scratch;
    const std::vector<std::string> lines = split(read_file(shared_data() / items), '\n');
    write_file_atomic(folder() / "items.jsonl", join({lines.begin(), lines.begin() + pictures}, "\n") + "\n");
    const std::string configs = CHIASM_SOURCE "/configs/";
    step({"ingest", configs + "medpix_data.yaml", "--set", "sources.pictures.jsonl=" + (folder() / "items.jsonl").string(), "--set",
          "sources.pictures.folder=" + (shared_data() / "nc/vl_medpix2").string(), "--out", "medpix/store"});
    step({"split", "medpix/store", "--folds", "3", "--out", "medpix/split.json"});
    step({"tokenizer", "medpix/store", "--split", "medpix/split.json", "--fold", "0", "--inputs", "caption", "--vocabulary", "400", "--out",
          "medpix/tokenizer_0.model"});
    step({"pretrain", configs + "medpix.yaml", "--out", "run", "--set", "train.steps=10", "--set", "train.batch=16", "--set",
          "views.picture.size=[1,48,48]", "--set", "encoders.picture.channels=[8,16,32,48]", "--set", "train.threads=1"});
    printed_ = step({"evaluate", "run", "--split", "val"});
  }
  void SetUp() override {
    NEED_SHARED(items);
    ASSERT_EQ(failure_, "");
  }

  static std::set<std::string> cases_of(const std::vector<std::string>& studies) {
    const StoreReader store(folder() / "medpix/store");
    std::set<std::string> out;
    for (int64_t i = 0; i < store.size(); ++i)
      if (std::find(studies.begin(), studies.end(), store.entry(i).study) != studies.end()) out.insert(store.entry(i).patient);
    return out;
  }

  inline static std::string printed_;
};

TEST_F(Medpix, NoCaseIsInTwoFoldsAndEveryPictureIsInOne) {
  const StoreReader store(folder() / "medpix/store");
  EXPECT_EQ(store.size(), static_cast<int64_t>(pictures));
  const Split folds = load_split(folder() / "medpix/split.json", store);
  ASSERT_EQ(folds.folds.size(), 3u);
  std::set<std::string> seen;
  size_t cases = 0, studies = 0;
  for (const auto& fold : folds.folds) {
    const std::set<std::string> mine = cases_of(fold);
    cases += mine.size();
    studies += fold.size();
    seen.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(seen.size(), cases);
  EXPECT_EQ(studies, pictures);
}

TEST_F(Medpix, ThePoolHoldsOnePictureACase) {
  const StoreReader store(folder() / "medpix/store");
  const Split folds = load_split(folder() / "medpix/split.json", store);
  const Json metrics = read_json(folder() / "run/metrics.json");
  const Json& figures = metrics["tasks"]["contrastive"]["picture to caption"];
  const auto cases = static_cast<double>(cases_of(folds.folds[0]).size());
  EXPECT_LT(cases, static_cast<double>(folds.folds[0].size()));  // some cases have several pictures, or the test proves nothing
  EXPECT_EQ(figures["pool"]["value"].get<double>(), cases);
  EXPECT_DOUBLE_EQ(figures["chance_r10"]["value"].get<double>(), 10 / cases);
  EXPECT_EQ(figures["r10"]["n_patients"].get<double>(), cases);
  EXPECT_EQ(metrics["contaminated"], "no");
}

TEST_F(Medpix, FiguresEqualThoseOfAnIndependentProgramOnTheWrittenEmbeddings) {
  NEED_PYTHON();
  const Ended ended = python("whole/retrieval.py", {(folder() / "run/predictions/contrastive.embeddings.safetensors").string()});
  ASSERT_EQ(ended.code, 0) << ended.output;
  const Json theirs = Json::parse(ended.output);
  const Json metrics = read_json(folder() / "run/metrics.json");
  EXPECT_LT(theirs["unit"].get<double>(), 1e-5);
  for (const std::string way : {"picture to caption", "caption to picture"}) {
    const Json& mine = metrics["tasks"]["contrastive"][way];
    EXPECT_EQ(mine["pool"]["value"].get<double>(), theirs["pool"].get<double>());
    for (const std::string name : {"r1", "r5", "r10", "median_rank"}) {
      EXPECT_NEAR(mine[name]["value"].get<double>(), theirs[way][name].get<double>(), 1e-9) << way << " " << name;
      EXPECT_LE(mine[name]["low"].get<double>(), mine[name]["value"].get<double>());
      EXPECT_GE(mine[name]["high"].get<double>(), mine[name]["value"].get<double>());
    }
  }
}

TEST_F(Medpix, ThePageAndTheTerminalShowRetrievalBesideChance) {
  const std::string page = read_file(folder() / "run/report.html");
  for (const std::string part : {"picture to caption", "R@10 over chance", "the first study of each patient", "median rank"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  for (const std::string part : {"picture to caption pool", "picture to caption chance_r10", "caption to picture median_rank"})
    EXPECT_NE(printed_.find(part), std::string::npos) << part << "\n" << printed_;
}

}  // namespace
}  // namespace chiasm::test
