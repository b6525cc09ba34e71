// Artefacts of every released format version stay readable: each folder version_N holds a store, a split, a tokenizer, a run, a run stopped
// at a checkpoint and a bundle, made by make.sh once, beside the figures that they gave then.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"

namespace chiasm::test {
namespace {

constexpr double tolerance = 1e-4;

std::vector<std::string> versions() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(CHIASM_SOURCE) / "tests/compat"))
    if (starts_with(entry.path().filename().string(), "version_")) names.push_back(entry.path().filename().string());
  return names;
}

// A copy of one version to work in; what is kept is never written to.
class Kept : public ::testing::TestWithParam<std::string> {
 protected:
  Kept() { fs::copy(fs::path(CHIASM_SOURCE) / "tests/compat" / GetParam(), folder_, fs::copy_options::recursive); }
  Ended run(const std::vector<std::string>& words) const { return chiasm(words, folder_); }
  Ended must(const std::vector<std::string>& words) const {
    Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << join(words, " ") << "\n" << ended.output;
    return ended;
  }

  Scratch scratch_;
  fs::path folder_ = scratch_ / "kept";
};

TEST_P(Kept, IsInspected) {
  for (const auto& [path, kind] :
       {std::pair{"store", "store"}, {"run", "run"}, {"resume/checkpoints/step_00000006", "checkpoint"}, {"bundle", "bundle"}}) {
    const Json facts = Json::parse(must({"inspect", "--json", path}).output);
    EXPECT_EQ(facts.at("kind"), kind);
    EXPECT_EQ("version_" + facts.at("format_version").dump(), GetParam()) << path;
  }
}

TEST_P(Kept, StoreSplitAndTokenizerAreRead) {
  EXPECT_NE(must({"check", "store", "--split", "split.json"}).output.find("16 studies of"), std::string::npos);
  EXPECT_NE(must({"pretrain", "run.yaml", "--out", "again", "--dry-run"}).output.find("8 train and 3 val studies"), std::string::npos);
}

// study|subset|target -> score
std::map<std::string, double> scores_of(const fs::path& file) {
  const Csv csv = read_csv(file);
  std::map<std::string, double> out;
  for (const auto& row : csv.rows)
    out[row[csv.at("study")] + "|" + row[csv.at("subset")] + "|" + row[csv.at("target")]] = parse_number(row[csv.at("score")]).value();
  return out;
}

void expect_same_scores(const fs::path& now, const fs::path& then) {
  const auto left = scores_of(now), right = scores_of(then);
  EXPECT_GT(right.size(), 30u);
  EXPECT_EQ(left.size(), right.size());
  for (const auto& [key, score] : right) {
    ASSERT_TRUE(left.count(key)) << key;
    EXPECT_NEAR(left.at(key), score, tolerance) << key;
  }
}

TEST_P(Kept, RunGivesTheFiguresOfItsDay) {
  must({"evaluate", "run", "--split", "test"});
  expect_same_scores(folder_ / "run/predictions.csv", folder_ / "expected/predictions.csv");
}

TEST_P(Kept, BundleGivesTheFiguresOfItsDay) {
  must({"evaluate", "bundle", "--data", "store", "--out", "judged", "--allow-seen"});
  const auto now = scores_of(folder_ / "judged/predictions.csv"), then = scores_of(folder_ / "expected/predictions.csv");
  for (const auto& [key, score] : then)
    EXPECT_NEAR(now.at(key), score, tolerance) << key;  // the bundle judges all studies, the run its test part
  must({"predict", "bundle", "--image", "ct=volume.nii", "--text", "indication=Pain on the left side since a week.", "--out",
        "predictions"});
  const auto scores = [&](const char* file) {
    return read_json(folder_ / file).at("results").at(0).at("tasks").at("classify").at("scores");
  };
  const Json left = scores("predictions/summary.json"), right = scores("expected/predict.json");
  ASSERT_FALSE(right.empty());
  for (const auto& [name, score] : right.items()) EXPECT_NEAR(left.at(name).get<double>(), score.get<double>(), tolerance) << name;
}

// The steps after the checkpoint are those that the run made when nobody stopped it.
TEST_P(Kept, CheckpointIsResumed) {
  const Ended ended = must({"pretrain", "resume.yaml", "--out", "resume", "--resume"});
  EXPECT_NE(ended.output.find("resuming after step 6"), std::string::npos) << ended.output;
  const auto losses = [](const fs::path& file) {
    std::map<int64_t, double> out;
    for (const std::string& line : split(read_file(file), '\n'))
      if (const Json entry = Json::parse(line, nullptr, false); entry.is_object() && entry.contains("loss"))
        out[entry["step"]] = entry["loss"];
    return out;
  };
  const auto now = losses(folder_ / "resume/log.jsonl"), then = losses(folder_ / "expected/resume.jsonl");
  ASSERT_EQ(now.size(), 10u);
  for (const auto& [step, loss] : then) EXPECT_NEAR(now.at(step), loss, tolerance) << "step " << step;
  EXPECT_TRUE(fs::exists(folder_ / "resume/model.safetensors"));
}

// A run of the kept version hands its weights to one of today.
TEST_P(Kept, RunIsStartedFrom) {
  write_file_atomic(folder_ / "next.yaml",
                    "from: run\ndata: {store: store, split: split.json}\ntasks: [{kind: classify, targets: [lesion], detectors: 0}]\n"
                    "inputs: {optional: [ct, indication, labs]}\ntrain: {steps: 2, batch: 4, threads: 1}\n");
  EXPECT_NE(must({"finetune", "next.yaml", "--out", "next"}).output.find(", 0 are new, 0 were left out"), std::string::npos);
}

struct Reader {
  const char* file;
  std::vector<std::string> words;
};

// A version that this program does not know is refused by name, and so is one that is no number.
TEST_P(Kept, ANewerVersionIsRefusedByName) {
  const std::vector<Reader> readers{
      {"store/dataset.json", {"check", "store"}},
      {"run/run.json", {"evaluate", "run"}},
      {"run/preprocess.json", {"evaluate", "run"}},
      {"resume/checkpoints/step_00000006/MANIFEST.json", {"pretrain", "resume.yaml", "--out", "resume", "--resume"}},
      {"bundle/io_contract.json", {"predict", "bundle", "--image", "ct=volume.nii", "--out", "p"}}};
  for (const Reader& reader : readers) {
    const Json facts = read_json(folder_ / reader.file);
    for (const auto& [version, message] :
         {std::pair{Json(99), "format version 99 was written by a newer chiasm"}, {Json("two"), "format_version is \"two\""}}) {
      Json changed = facts;
      changed["format_version"] = version;
      write_json(folder_ / reader.file, changed);
      const Ended ended = run(reader.words);
      EXPECT_EQ(ended.code, 20) << reader.file << "\n" << ended.output;
      EXPECT_NE(ended.output.find(message), std::string::npos) << ended.output;
      EXPECT_NE(ended.output.find(fs::path(reader.file).filename().string()), std::string::npos) << ended.output;
    }
    write_json(folder_ / reader.file, facts);
  }
}

// One damaged byte in the middle of any kept file of weights, texts or data is found.
TEST_P(Kept, DamageIsFound) {
  const std::vector<Reader> readers{
      {"store/shards/00000.h5", {"check", "store"}},
      {"store/index.csv", {"check", "store"}},
      {"split.json", {"pretrain", "run.yaml", "--out", "o"}},
      {"tokenizer.model", {"pretrain", "run.yaml", "--out", "o"}},
      {"run/model.safetensors", {"evaluate", "run"}},
      {"resume/checkpoints/step_00000006/tensors.safetensors", {"pretrain", "resume.yaml", "--out", "resume", "--resume"}},
      {"bundle/model.onnx", {"predict", "bundle", "--image", "ct=volume.nii", "--out", "p"}}};
  for (const Reader& reader : readers) {
    const fs::path file = folder_ / reader.file;
    const std::string bytes = read_file(file);
    std::string damaged = bytes;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    write_file_atomic(file, damaged);
    const Ended ended = run(reader.words);
    EXPECT_EQ(ended.code, starts_with(reader.file, "store/shards") ? 1 : 20) << reader.file << "\n" << ended.output;
    EXPECT_NE(ended.output.find(file.filename().string()), std::string::npos) << ended.output;
    write_file_atomic(file, bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Kept, ::testing::ValuesIn(versions()));

TEST(Compat, AtLeastOneVersionIsKept) { EXPECT_FALSE(versions().empty()); }

}  // namespace
}  // namespace chiasm::test
