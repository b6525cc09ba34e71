// Fine-tuning through the command line: which weights are loaded, which train, what the run folder says about it.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/file.h"
#include "core/base/text.h"
#include "tests/cli/training.h"

namespace chiasm::test {
namespace {

using Weights = std::map<std::string, StoredTensor>;

// `classify.yaml` with further settings, made once per name.
const fs::path& tuned(const std::string& name, const std::vector<std::string>& set) {
  static std::map<std::string, fs::path> made;
  auto& folder = made[name];
  if (folder.empty()) {
    folder = world() / ("tuned_" + name);
    std::vector<std::string> words{"finetune", run_file("classify.yaml"), "--out", folder.string()};
    for (const std::string& entry : set) words.insert(words.end(), {"--set", entry});
    const Ended ended = run(words);
    if (ended.code != 0) throw std::runtime_error(ended.output);
  }
  return folder;
}

const fs::path& frozen() { return tuned("frozen", {"mode.kind=frozen"}); }
const fs::path& lora() { return tuned("lora", {"mode.kind=lora", "mode.rank=2", "mode.alpha=4"}); }

Weights weights_of(const fs::path& run) { return read_weights(run / "model.safetensors"); }

bool is_head(const std::string& name) { return starts_with(name, "task_"); }
bool is_adapter(const std::string& name) { return ends_with(name, ".lora_a") || ends_with(name, ".lora_b"); }

// Names of weights outside heads whose bytes differ from the run they started from.
std::set<std::string> moved(const Weights& now, const Weights& before) {
  std::set<std::string> out;
  for (const auto& [name, tensor] : now)
    if (!is_head(name) && before.count(name) && before.at(name).bytes != tensor.bytes) out.insert(name);
  return out;
}

std::set<std::string> names(const Json& list) { return list.get<std::set<std::string>>(); }

TEST(Mode, FrozenLeavesEncodersAndFusionByteEqual) {
  const Weights before = weights_of(world() / "pretrain"), now = weights_of(frozen());
  EXPECT_TRUE(moved(now, before).empty());
  EXPECT_GT(std::count_if(now.begin(), now.end(), [&](const auto& entry) { return before.count(entry.first) > 0; }), 100);
  const Weights early = weights_of(tuned("frozen_early", {"mode.kind=frozen", "train.steps=2"}));  // the heads train
  for (const char* head : {"task_classify.head_disease.weight", "task_classify.pool.attention.queries"})
    EXPECT_NE(now.at(head).bytes, early.at(head).bytes) << head;
}

TEST(Mode, FullMovesEncodersAndFusion) {
  const std::set<std::string> names = moved(weights_of(world() / "classify"), weights_of(world() / "pretrain"));
  for (const char* part : {"encoder_volume.", "encoder_flat.", "encoder_words.", "encoder_labs.", "fusion.", "input_ct."})
    EXPECT_TRUE(std::any_of(names.begin(), names.end(), [&](const std::string& name) { return starts_with(name, part); })) << part;
}

TEST(Mode, LoraMovesAdaptersAndHeadsAlone) {
  const Weights before = weights_of(world() / "pretrain"), now = weights_of(lora());
  EXPECT_TRUE(moved(now, before).empty());
  size_t adapters = 0;
  for (const auto& [name, tensor] : now) {
    if (!is_adapter(name)) continue;
    ++adapters;
    EXPECT_FALSE(is_head(name)) << name;
    EXPECT_EQ(tensor.shape[ends_with(name, ".lora_a") ? 0 : 1], 2) << name;  // the rank
  }
  EXPECT_GT(adapters, 20u);
  const std::vector<float> b = now.at("fusion.layers.0.mix.mlp.enter.lora_b").values();  // starts at zero
  EXPECT_TRUE(std::any_of(b.begin(), b.end(), [](float value) { return value != 0; }));
}

// A run that starts from a LoRA run starts from what that run computed: weight + alpha / rank * B A.
TEST(Mode, AnAdaptedRunHandsItsAdaptersDown) {
  const Weights adapted = weights_of(lora());
  const Weights next = weights_of(tuned("after_lora", {"mode.kind=frozen", "from=" + lora().string()}));
  const std::string layer = "fusion.layers.0.mix.mlp.enter.";
  EXPECT_EQ(next.count(layer + "lora_a"), 0u);
  const auto weight = adapted.at(layer + "weight").values(), a = adapted.at(layer + "lora_a").values(),
             b = adapted.at(layer + "lora_b").values(), merged = next.at(layer + "weight").values();
  const size_t out = static_cast<size_t>(adapted.at(layer + "weight").shape[0]),
               in = static_cast<size_t>(adapted.at(layer + "weight").shape[1]);
  double largest = 0, change = 0;
  for (size_t i = 0; i < out; ++i)
    for (size_t j = 0; j < in; ++j) {
      const double delta = 2.0 * (b[i * 2] * a[j] + b[i * 2 + 1] * a[in + j]);  // alpha / rank = 2
      largest = std::max(largest, std::abs(weight[i * in + j] + delta - merged[i * in + j]));
      change = std::max(change, std::abs(delta));
    }
  EXPECT_LT(largest, 1e-6);
  EXPECT_GT(change, 1e-5);
}

// One encoder stays, with features kept in memory, and the others learn.
TEST(Mode, FullMayLeaveEncodersAsTheyAre) {
  const fs::path run = tuned("kept", {"mode.freeze=[volume]", "augment.intensity=none", "augment.geometry=none"});
  const std::set<std::string> names = moved(weights_of(run), weights_of(world() / "pretrain"));
  const auto any = [&](const std::string& part) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return starts_with(name, part); });
  };
  EXPECT_FALSE(any("encoder_volume."));
  for (const char* part : {"encoder_flat.", "encoder_words.", "fusion.", "input_ct."}) EXPECT_TRUE(any(part)) << part;
}

TEST(Mode, ThatNeedsEarlierWeightsSaysSo) {
  expect_error(run({"pretrain", run_file("pretrain.yaml"), "--out", "o", "--set", "mode.kind=frozen"}), 2,
               {"mode: frozen needs 'from:', the run whose weights stay"});
  expect_error(run({"pretrain", run_file("pretrain.yaml"), "--out", "o", "--set", "mode.freeze=[volumes]"}), 2,
               {"mode.freeze needs 'from:', the run whose weights stay", "mode.freeze: no encoder 'volumes'; did you mean 'volume'?"});
}

// A report starts with the detectors that the classifier has learnt; what both do not share stays new.
TEST(Start, TakesPartsOfAnEarlierTask) {
  const fs::path out = world() / "started";
  const std::vector<std::string> words{"finetune", run_file("start.yaml"), "--out", out.string()};
  const Ended ended = run(words);
  ASSERT_EQ(ended.code, 0) << ended.output;
  const std::set<std::string> loaded = names(read_json(out / "run.json").at("weights").at("loaded")),
                              fresh = names(read_json(out / "run.json").at("weights").at("new"));
  EXPECT_TRUE(loaded.count("task_report.writer.evidence_ct.look0.weight"));
  EXPECT_TRUE(std::any_of(fresh.begin(), fresh.end(), [](const auto& name) { return starts_with(name, "task_report.writer.decoder."); }));
  EXPECT_EQ(std::count_if(fresh.begin(), fresh.end(), [](const auto& name) { return name.find("evidence_ct.") != std::string::npos; }), 0);
  expect_error(run({"finetune", run_file("start.yaml"), "--out", "o", "--set", "from=pretrain"}), 2,
               {"task 'report': start: the run named by 'from:' has no task 'classify'"});
}

TEST(UpperBound, IsMarkedAndNeverExported) {
  const fs::path run_folder = world() / "upper_bound";
  expect_error(run({"finetune", run_file("upper_bound.yaml"), "--out", "o", "--set", "upper_bound=false"}), 2,
               {"task 'classify' may not read input 'findings'", "target 'disease' is derived from it"});
  const Ended trained = run({"finetune", run_file("upper_bound.yaml"), "--out", run_folder.string()});
  ASSERT_EQ(trained.code, 0) << trained.output;
  const Ended judged = run({"evaluate", run_folder.string(), "--split", "val"});
  ASSERT_EQ(judged.code, 0) << judged.output;
  EXPECT_NE(judged.output.find("upper bound: this run reads what its targets were taken from; it is no model to use"), std::string::npos);
  EXPECT_EQ(read_json(run_folder / "metrics.json").at("upper_bound"), true);
  EXPECT_NE(read_file(run_folder / "report.html").find("Upper bound: this run reads what its targets were taken from"), std::string::npos);
  expect_error(run({"export", run_folder.string(), "--out", "bound"}), 2, {"is an upper bound", "export a run without 'upper_bound'"});
}

// run.json names every weight once as loaded or new, and what the earlier run had besides.
TEST(RunFacts, NameLoadedNewAndLeftOutWeights) {
  const Weights before = weights_of(world() / "pretrain");
  for (const fs::path& folder : {world() / "classify", frozen(), lora()}) {
    const Json weights = read_json(folder / "run.json").at("weights");
    const std::set<std::string> loaded = names(weights.at("loaded")), fresh = names(weights.at("new")),
                                left = names(weights.at("left_out"));
    std::set<std::string> both;
    for (const auto& entry : weights_of(folder)) {
      EXPECT_EQ(loaded.count(entry.first) + fresh.count(entry.first), 1u) << entry.first;
      EXPECT_EQ(loaded.count(entry.first), before.count(entry.first)) << entry.first;
      both.insert(entry.first);
    }
    EXPECT_EQ(loaded.size() + fresh.size(), both.size());
    for (const std::string& name : left) EXPECT_TRUE(before.count(name) && !both.count(name)) << name;
    EXPECT_EQ(loaded.size() + left.size(), before.size());
    EXPECT_TRUE(fresh.count("task_classify.head_disease.weight"));
    EXPECT_TRUE(left.count("task_contrastive.log_temperature"));
  }
  EXPECT_EQ(read_json(lora() / "run.json").at("weights").at("mode"), "lora");
  EXPECT_TRUE(names(read_json(world() / "pretrain/run.json").at("weights").at("loaded")).empty());
  const auto trained = [](const fs::path& folder) {
    return read_json(folder / "run.json").at("weights").at("trained_numbers").get<int64_t>();
  };
  EXPECT_LT(trained(frozen()), trained(lora()));
  EXPECT_LT(trained(lora()), trained(world() / "classify"));
}

TEST(RunFacts, StandOnThePageOfTheEvaluation) {
  bundle();  // evaluates `classify`
  const std::string page = read_file(world() / "classify/report.html");
  const Json weights = read_json(world() / "classify/run.json").at("weights");
  for (const auto& [key, meaning] :
       {std::pair{"loaded", "loaded from the earlier run"}, {"new", "new in this run"}, {"left_out", "of the earlier run, left out"}}) {
    const size_t at = page.find(meaning);
    ASSERT_NE(at, std::string::npos) << meaning;
    EXPECT_NE(page.substr(at, 80).find(">" + std::to_string(weights.at(key).size()) + "<"), std::string::npos) << page.substr(at, 80);
  }
}

TEST(RunFacts, HoldWhatDecidesTheBits) {
  const Json facts = read_json(world() / "classify/run.json");
  for (const char* key : {"format", "format_version", "started", "libtorch", "data_sha256", "split_sha256", "seed", "ranks", "threads",
                          "precision", "cpu", "code_sha256", "seen_patients"})
    EXPECT_TRUE(facts.contains(key)) << key;
  EXPECT_EQ(facts.at("threads"), 1);
  EXPECT_EQ(facts.at("precision"), "fp32");
  EXPECT_EQ(facts.at("seed"), 4);
  EXPECT_EQ(facts.at("code_sha256"), read_json(world() / "pretrain/run.json").at("code_sha256"));
}

TEST(DryRun, SaysWhatWouldRunAndWritesNothing) {
  const Scratch scratch;
  const std::string out = (scratch / "run").string();
  const Ended ended =
      run({"finetune", run_file("classify.yaml"), "--out", out, "--dry-run", "--set", "mode.kind=frozen", "--set", "train.steps=7"});
  EXPECT_EQ(ended.code, 0) << ended.output;
  const int64_t trained = read_json(frozen() / "run.json").at("weights").at("trained_numbers");
  EXPECT_NE(ended.output.find("finetune: 7 steps of 4 studies"), std::string::npos) << ended.output;
  EXPECT_NE(ended.output.find("(" + std::to_string(trained) + " trained), precision fp32, 11 train and 4 val studies"), std::string::npos)
      << ended.output;
  const Ended as_json = run({"finetune", run_file("classify.yaml"), "--out", out, "--dry-run", "--json", "--set", "mode.kind=frozen"});
  EXPECT_EQ(Json::parse(as_json.output).at("trained_weights"), trained) << as_json.output;
  EXPECT_FALSE(fs::exists(out));
  expect_error(run({"finetune", run_file("classify.yaml"), "--out", out, "--dry-run", "--set", "inputs.optional=[mr]"}), 2,
               {"no encoder reads input 'mr'"});
}

TEST(Plan, TellsWhatTheRunThenTakes) {
  const auto plan_of = [](std::vector<std::string> more) {
    std::vector<std::string> words{"plan", run_file("classify.yaml"), "--json", "--measure", "2", "--set", "train.steps=7"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << ended.output;
    return Json::parse(ended.output.substr(ended.output.find("{")));
  };
  const Json full = plan_of({}), bare = plan_of({"--set", "mode.kind=frozen"});
  EXPECT_EQ(full.at("steps"), 7);
  EXPECT_EQ(full.at("batch"), 4);
  EXPECT_EQ(full.at("train"), 11);
  EXPECT_NEAR(full.at("passes").get<double>(), 28 / 11.0, 1e-9);
  int64_t trained = 0;
  for (const auto& part : bare.at("weights")) trained += part.at("trained").get<int64_t>();
  EXPECT_EQ(trained, read_json(frozen() / "run.json").at("weights").at("trained_numbers").get<int64_t>());
  // Nothing goes back through frozen encoders.
  EXPECT_LT(bare.at("flops_a_step").get<double>(), 0.6 * full.at("flops_a_step").get<double>());
  EXPECT_LT(bare.at("disk_bytes"), full.at("disk_bytes"));
  EXPECT_GT(full.at("seconds_a_step"), 0);
  EXPECT_NEAR(full.at("seconds").get<double>(), 7 * full.at("seconds_a_step").get<double>(), 1e-6);
  const Ended text = run({"plan", run_file("classify.yaml"), "--measure", "1"});
  EXPECT_NE(text.output.find("FLOP forward and backward"), std::string::npos) << text.output;
  EXPECT_NE(text.output.find("input     ct: view of"), std::string::npos) << text.output;
  expect_error(run({"plan", run_file("classify.yaml"), "--set", "inputs.optional=[mr]"}), 2, {"no encoder reads input 'mr'"});
}

TEST(Set, OverridesTheFileAndStandsInTheResolvedOne) {
  const fs::path& folder = tuned("set", {"train.steps=3", "train.lr=2e-3", "fusion.modality_dropout=0.1", "tasks.0.weight=0.5"});
  EXPECT_EQ(logged_steps(folder).size(), 3u);
  const Ended shown = run({"config", "show", (folder / "config.yaml").string()});
  EXPECT_EQ(shown.code, 0) << shown.output;
  for (const char* line : {"steps: 3", "lr: 0.002", "modality_dropout: 0.1", "weight: 0.5"})
    EXPECT_NE(read_file(folder / "config.yaml").find(line), std::string::npos) << line << "\n" << read_file(folder / "config.yaml");
}

TEST(Log, HoldsTheDocumentedKeysOfEveryStep) {
  const std::vector<Json> steps = logged_steps(world() / "classify");
  ASSERT_EQ(steps.size(), 12u);
  for (size_t i = 0; i < steps.size(); ++i) {
    for (const char* key : {"step", "epoch", "samples", "loss", "lr", "parts", "samples_per_s", "data_wait", "time"})
      EXPECT_TRUE(steps[i].contains(key)) << key;
    EXPECT_EQ(steps[i].at("step"), i + 1);
    EXPECT_EQ(steps[i].at("samples"), 4 * (i + 1));
    EXPECT_NEAR(steps[i].at("epoch").get<double>(), 0.5 * static_cast<double>(i + 1), 1e-9);
    EXPECT_DOUBLE_EQ(steps[i].at("parts").at("classify.disease").get<double>(), steps[i].at("loss").get<double>());
    EXPECT_GT(steps[i].at("samples_per_s").get<double>(), 0);
    EXPECT_GE(steps[i].at("data_wait").get<double>(), 0);
    EXPECT_LE(steps[i].at("data_wait").get<double>(), 1.01);
  }
}

// What TensorBoard's own reader finds in the event files equals log.jsonl, also after a kill and a resume.
TEST(TensorBoardEvents, AreReadByTensorBoard) {
  const char* python = std::getenv("CHIASM_TEST_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with tensorboard";
  const Scratch scratch;
  const fs::path out = scratch / "run";
  const std::vector<std::string> words{"finetune", run_file("classify.yaml"), "--out", out.string(),
                                       "--set",    "train.steps=40",          "--set", "train.checkpoint_every=9"};
  Process training(words, world());
  ASSERT_TRUE(wait_for_steps(training, out, 14));
  training.send(SIGKILL);
  training.wait();
  std::vector<std::string> again = words;
  again.push_back("--resume");
  ASSERT_EQ(run(again).code, 0);
  const fs::path file = scratch / "scalars.json";
  const Ended read = shell(std::string(python) + " " + CHIASM_SOURCE + "/tests/cli/read_events.py " + out.string() + " " + file.string());
  ASSERT_EQ(read.code, 0) << read.output;
  const Json scalars = read_json(file);
  const std::vector<Json> steps = logged_steps(out);
  ASSERT_EQ(scalars.at("loss").size(), 40u) << read.output;
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(scalars.at("loss")[i][0], i + 1);
    EXPECT_NEAR(scalars.at("loss")[i][1].get<double>(), steps[i].at("loss").get<double>(), 1e-6);
    EXPECT_NEAR(scalars.at("lr")[i][1].get<double>(), steps[i].at("lr").get<double>(), 1e-8);
    EXPECT_NEAR(scalars.at("loss/classify.disease")[i][1].get<double>(), steps[i].at("loss").get<double>(), 1e-6);
  }
  EXPECT_EQ(scalars.at("validation/classify.loss").size(), 1u);
}

}  // namespace
}  // namespace chiasm::test
