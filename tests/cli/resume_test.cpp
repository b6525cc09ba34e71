// A run killed at a random step, mid-epoch, goes on with --resume and ends with the very bytes of a run that nobody disturbed; killed
// ranks, killed supervisors and polite signals.
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "core/base/file.h"
#include "tests/cli/training.h"

namespace chiasm::test {
namespace {

constexpr int64_t steps = 80;

// 11 train studies in batches of 4 are 2 steps an epoch: checkpoints every 7 steps lie in the middle of epochs too.
std::vector<std::string> command(int ranks, const fs::path& out, bool resume = false) {
  std::vector<std::string> words;
  if (ranks > 1) words = {"launch", "-n", std::to_string(ranks), "--"};
  words.insert(words.end(), {"finetune", run_file("classify.yaml"), "--out", out.string(), "--set", "train.steps=" + std::to_string(steps),
                             "--set", "train.checkpoint_every=7", "--set", "train.keep=2"});
  if (resume) words.push_back("--resume");
  return words;
}

// The undisturbed run of so many ranks, made once.
const fs::path& undisturbed(int ranks) {
  static std::map<int, fs::path> made;
  auto& folder = made[ranks];
  if (folder.empty()) {
    folder = world() / ("undisturbed_" + std::to_string(ranks));
    const Ended ended = run(command(ranks, folder));
    if (ended.code != 0) throw std::runtime_error(ended.output);
  }
  return folder;
}

void expect_same_end(const fs::path& run, int ranks) {
  EXPECT_EQ(read_file(run / "model.safetensors"), read_file(undisturbed(ranks) / "model.safetensors"));
  const std::vector<Json> here = logged_steps(run), there = logged_steps(undisturbed(ranks));
  ASSERT_EQ(here.size(), static_cast<size_t>(steps));
  for (size_t i = 0; i < here.size(); ++i) {
    EXPECT_EQ(here[i].at("step"), static_cast<int64_t>(i + 1));  // no step is logged twice, none is lost
    EXPECT_EQ(here[i].at("loss"), there[i].at("loss")) << "step " << i + 1;
    EXPECT_EQ(here[i].at("lr"), there[i].at("lr"));
  }
}

int64_t random_step(std::mt19937_64& random) { return std::uniform_int_distribution<int64_t>(8, steps - 10)(random); }

void finish(int ranks, const fs::path& out) {
  const Ended ended = run(command(ranks, out, /*resume=*/true));
  EXPECT_EQ(ended.code, 0) << ended.output;
  expect_whole(out / "checkpoints");
  expect_same_end(out, ranks);
}

TEST(Resume, OneRankKilledTwiceAtRandomStepsIsBitEqual) {
  const Scratch scratch;
  const fs::path out = scratch / "run";
  std::mt19937_64 random(any_seed());
  for (int kill = 0; kill < 2; ++kill) {
    Process training(command(1, out, kill > 0), world());
    // The second kill strikes further on: what the log holds then was written after the first.
    const auto at = static_cast<size_t>(kill == 0 ? random_step(random) / 2 : steps / 2 + random_step(random) / 2);
    ASSERT_TRUE(wait_for_steps(training, out, at)) << training.output();
    training.send(SIGKILL);
    EXPECT_EQ(training.wait().code, 128 + SIGKILL);
    EXPECT_FALSE(fs::exists(out / "model.safetensors"));
  }
  finish(1, out);
}

TEST(Resume, ARunKilledBeforeItsFirstCheckpointStartsAgain) {
  const Scratch scratch;
  const fs::path out = scratch / "run";
  Process training(command(1, out), world());
  ASSERT_TRUE(wait_for_steps(training, out, 1)) << training.output();
  training.send(SIGKILL);
  training.wait();
  finish(1, out);
}

// One of two ranks dies: the supervisor says which, ends the other, and the run goes on bit-equal.
TEST(Resume, ARankOfTwoKilledAtARandomStepIsBitEqual) {
  const Scratch scratch;
  const fs::path out = scratch / "run";
  std::mt19937_64 random(any_seed());
  const auto victim = static_cast<size_t>(random() % 2);
  Process training(command(2, out), world());
  ASSERT_TRUE(wait_for_steps(training, out, static_cast<size_t>(random_step(random)))) << training.output();
  const std::vector<pid_t> ranks = children_of(training.id());
  ASSERT_EQ(ranks.size(), 2u);
  kill(ranks[victim], SIGKILL);
  const Ended ended = training.wait();
  EXPECT_EQ(ended.code, 1) << ended.output;
  const std::string message =
      "launch: rank " + std::to_string(victim) + " was killed by signal 9; the other ranks are stopped. Go on with --resume";
  EXPECT_EQ(occurrences(ended.output, message), 1u) << ended.output;
  for (const pid_t rank : ranks) EXPECT_TRUE(gone(rank));
  EXPECT_FALSE(fs::exists(out / "model.safetensors"));
  finish(2, out);
}

TEST(Resume, AKilledSupervisorLeavesNoRankBehind) {
  const Scratch scratch;
  const fs::path out = scratch / "run";
  Process training(command(2, out), world());
  ASSERT_TRUE(wait_for_steps(training, out, 10)) << training.output();
  const std::vector<pid_t> ranks = children_of(training.id());
  ASSERT_EQ(ranks.size(), 2u);
  training.send(SIGKILL);
  training.wait();
  while (!gone(ranks[0]) || !gone(ranks[1])) usleep(1000);  // the time limit of the test is the assertion
  finish(2, out);
}

class Polite : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Polite, SignalSavesACheckpointAndLeavesWithZero) {
  const auto [ranks, signal] = GetParam();
  const Scratch scratch;
  const fs::path out = scratch / "run";
  Process training(command(ranks, out), world());
  ASSERT_TRUE(wait_for_steps(training, out, 10)) << training.output();
  training.send(signal);
  const Ended ended = training.wait();
  EXPECT_EQ(ended.code, 0) << ended.output;
  const size_t done = logged_steps(out).size();
  ASSERT_LT(done, static_cast<size_t>(steps)) << "the run ended before the signal";
  EXPECT_EQ(occurrences(ended.output, "stopped after step " + std::to_string(done) + "; go on with --resume"), 1u) << ended.output;
  const std::string latest = read_file(out / "checkpoints/LATEST");
  EXPECT_EQ(read_json(out / "checkpoints" / latest.substr(0, latest.find('\n')) / "state.json").at("step"), done);
  EXPECT_FALSE(fs::exists(out / "model.safetensors"));
  finish(ranks, out);
}

INSTANTIATE_TEST_SUITE_P(Each, Polite, ::testing::Values(std::tuple{1, SIGTERM}, std::tuple{1, SIGINT}, std::tuple{2, SIGTERM}));

// The same global batches through two processes and through one.
TEST(Ranks, TwoTrainAsOne) {
  const std::vector<Json> one = logged_steps(undisturbed(1)), two = logged_steps(undisturbed(2));
  ASSERT_EQ(one.size(), two.size());
  for (size_t i = 0; i < 20; ++i)
    EXPECT_NEAR(one[i].at("loss").get<double>(), two[i].at("loss").get<double>(), 1e-5 * one[i].at("loss").get<double>())
        << "step " << i + 1;
}

TEST(Ranks, AnotherNumberOnResumeIsAllowedAndSaid) {
  const Scratch scratch;
  const fs::path out = scratch / "run";
  Process training(command(1, out), world());
  ASSERT_TRUE(wait_for_steps(training, out, 10));
  training.send(SIGTERM);
  training.wait();
  const Ended ended = run(command(2, out, /*resume=*/true));
  EXPECT_EQ(ended.code, 0) << ended.output;
  EXPECT_NE(ended.output.find("the run was started with ranks 1 and goes on with 2; it will not be bit-equal"), std::string::npos)
      << ended.output;
  EXPECT_EQ(read_json(out / "run.json").at("resumed").size(), 1u);
}

TEST(Ranks, AWrongFileIsSaidByTheRankThatReadIt) {
  const Ended ended = run({"launch", "-n", "2", "--", "pretrain", "absent.yaml"});
  EXPECT_EQ(ended.code, 2) << ended.output;
  EXPECT_NE(ended.output.find("cannot open absent.yaml"), std::string::npos) << ended.output;
  EXPECT_NE(ended.output.find("ended with code 2; the other ranks are stopped. Its message is above"), std::string::npos) << ended.output;
  const Ended three = run({"launch", "-n", "3", "--", "pretrain", run_file("pretrain.yaml"), "--out", "o"});
  EXPECT_EQ(three.code, 2) << three.output;
  EXPECT_NE(three.output.find("train.batch is 4; it must be a multiple of the 3 ranks"), std::string::npos) << three.output;
  EXPECT_FALSE(fs::exists(world() / "o"));
}

TEST(Resume, WithOtherDataIsRefused) {
  const Scratch scratch;
  const fs::path out = scratch / "run";
  copy_tree(world() / "classify", out);
  Json facts = read_json(out / "run.json");
  facts["split_sha256"] = std::string(64, '0');
  write_json(out / "run.json", facts);
  expect_error(run({"finetune", run_file("classify.yaml"), "--out", out.string(), "--resume"}), 2,
               {"run.json: split_sha256 is another one now: the store or split changed since the run was started"});
}

}  // namespace
}  // namespace chiasm::test
