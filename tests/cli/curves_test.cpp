// The refactor gate: the first 20 losses of every demo configuration (fp32, one thread; small views, the cohort of this folder) are those
// that stand in tests/golden/curves/CPU-TYPE.json, bit for bit; on a CPU type without a kept curve they agree with the kept ones to 1e-4.
// A commit that changes them says why and records them anew: tests/golden/curves/record.sh.
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "core/base/file.h"
#include "core/base/text.h"
#include "tests/cli/training.h"

namespace chiasm::test {
namespace {

constexpr double tolerance = 1e-4;
// At the demo's rates AdamW turns rounding into steps of full size: a difference of 5e-7 in the start weights (initialisers round
// differently on another CPU) becomes 6e-4 in 20 steps. At this rate it stays below 1e-6, and the losses still fall by a tenth.
const char* const gentle = "train.lr=1e-4";

using Curves = std::map<std::string, std::vector<double>>;

struct Measured {
  std::string cpu_type, cpu;
  Curves curves;
};

const fs::path demo = fs::path(CHIASM_SOURCE) / "configs/demo";
const fs::path kept = fs::path(CHIASM_SOURCE) / "tests/golden/curves";

// Settings that make a demo configuration small; those of views only where the file has the view.
std::vector<std::string> small(const std::string& yaml) {
  std::vector<std::string> set{"data.store=store", "data.split=split.json", "train.batch=4", "train.precision=fp32", "train.threads=1"};
  if (yaml.find("tokenizer:") != std::string::npos) set.push_back("data.tokenizer=tokenizer.model");
  for (const auto& [input, size] : {std::pair{"ct", "[16,16,16]"}, {"t1", "[16,16,16]"}, {"t2", "[16,16,16]"}, {"xray", "[1,32,32]"}})
    if (std::regex_search(yaml, std::regex("\\n  " + std::string(input) + ": *\\{size")))
      set.push_back("views." + std::string(input) + ".size=" + size);
  return set;
}

class Recorder {
 public:
  explicit Recorder(std::map<std::string, std::string> variables) : variables_(std::move(variables)) {}

  Measured record() {
    for (const auto& entry : fs::directory_iterator(demo)) {
      const std::string name = entry.path().stem().string();
      if (entry.path().extension() != ".yaml") continue;
      const fs::path out = train(name, {"train.steps=20", gentle}, "curve_" + name);
      for (const Json& step : logged_steps(out)) measured_.curves[name].push_back(step.at("loss").get<double>());
      const Json facts = read_json(out / "run.json");
      measured_.cpu_type = facts.at("cpu_type");
      measured_.cpu = facts.at("cpu");
    }
    return measured_;
  }

 private:
  // What `from:` names, as it was initialised: a gate for the run itself, whatever the run before it does.
  std::string start(const std::string& run) {
    const std::string name = fs::path(run).filename().string();
    return fs::exists(scratch_ / ("start_" + name)) ? (scratch_ / ("start_" + name)).string()
                                                    : train(name, {"train.steps=1", "train.lr=1e-12"}, "start_" + name).string();
  }

  fs::path train(const std::string& name, const std::vector<std::string>& more, const std::string& folder) {
    const std::string yaml = read_file(demo / (name + ".yaml"));
    const fs::path out = scratch_ / folder;
    std::vector<std::string> set = small(yaml);
    set.insert(set.end(), more.begin(), more.end());
    std::smatch from;
    if (std::regex_search(yaml, from, std::regex("(?:^|\\n)from: *(\\S+)"))) set.push_back("from=" + start(from[1]));
    std::vector<std::string> words{from.empty() ? "pretrain" : "finetune", (demo / (name + ".yaml")).string(), "--out", out.string()};
    for (const std::string& entry : set) words.insert(words.end(), {"--set", entry});
    const Ended ended = chiasm(words, world(), variables_);
    if (ended.code != 0) throw std::runtime_error("chiasm " + join(words, " ") + "\n" + ended.output);
    return out;
  }

  Scratch scratch_;
  std::map<std::string, std::string> variables_;
  Measured measured_;
};

const Measured& here() {
  static const Measured measured = Recorder({}).record();
  return measured;
}

void expect_near(const Curves& now, const Curves& then, const std::string& whose) {
  ASSERT_EQ(now.size(), then.size()) << "the demo has other configurations; record with tests/golden/curves/record.sh";
  for (const auto& [name, losses] : now) {
    ASSERT_EQ(losses.size(), 20u) << name;
    ASSERT_TRUE(then.count(name)) << name << ": no curve is kept; record with tests/golden/curves/record.sh";
    for (size_t i = 0; i < losses.size(); ++i)
      EXPECT_NEAR(losses[i], then.at(name)[i], tolerance * std::max(1.0, std::abs(losses[i])))
          << name << ", step " << i + 1 << ", against " << whose;
  }
}

Curves read_curves(const fs::path& file) { return read_json(file).at("curves").get<Curves>(); }

TEST(Curves, AreThoseThatAreKept) {
  const fs::path mine = kept / (here().cpu_type + ".json");
  if (std::getenv("CHIASM_RECORD_CURVES") != nullptr) {
    write_json(mine, {{"cpu_type", here().cpu_type}, {"cpu", here().cpu}, {"curves", here().curves}});
    GTEST_SKIP() << "recorded " << mine;
  }
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(kept)) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    expect_near(here().curves, read_curves(entry.path()), entry.path().filename().string());
  }
  ASSERT_GT(files, 0u) << "no curve is kept; record with tests/golden/curves/record.sh";
  if (!fs::exists(mine))
    GTEST_SKIP() << "no curves of CPU type " << here().cpu_type << " are kept; those of the others agree to " << tolerance;
  EXPECT_EQ(here().curves, read_curves(mine))
      << "the arithmetic changed: the commit says why and records with tests/golden/curves/record.sh";
}

// Repeated, the curves are the same bits; with the kernels of a plainer CPU they agree to the tolerance, which this shows to be wide
// enough.
TEST(Curves, RepeatAndAgreeWithThoseOfAPlainerCpu) {
  const Measured plain =
      Recorder({{"ATEN_CPU_CAPABILITY", "default"}, {"ONEDNN_MAX_CPU_ISA", "SSE41"}, {"MKL_ENABLE_INSTRUCTIONS", "SSE4_2"}}).record();
  EXPECT_NE(plain.cpu_type, here().cpu_type);
  expect_near(here().curves, plain.curves, "a plainer CPU");
  EXPECT_NE(here().curves, plain.curves) << "the kernels were not changed by the variables; the comparison shows nothing";
}

}  // namespace
}  // namespace chiasm::test
