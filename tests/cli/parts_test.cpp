// `chiasm ingest` in parts and under SIGKILL, by real processes: nothing lost, nothing twice, nothing half-written under a final name.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <thread>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "data/store/store.h"
#include "tests/cli/world.h"

namespace chiasm::test {
namespace {

class Parts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<Scratch>();
    ASSERT_EQ(chiasm({"synth", "--out", "cohort", "--patients", "5", "--seed", "3"}, folder()).code, 0);
    ASSERT_EQ(ingest({"whole"}).code, 0);
  }
  static void TearDownTestSuite() { scratch_.reset(); }

  static fs::path folder() { return scratch_->path(); }
  static std::vector<std::string> words(const std::vector<std::string>& out_and_more) {
    std::vector<std::string> all{"ingest", "cohort/dataset.yaml", "--threads", "1", "--out"};
    all.insert(all.end(), out_and_more.begin(), out_and_more.end());
    return all;
  }
  static Ended ingest(const std::vector<std::string>& out_and_more) { return chiasm(words(out_and_more), folder()); }

  // All studies with all voxels, and the ledger, as in the store that one undisturbed run wrote.
  static void expect_whole_store(const fs::path& path) {
    const StoreReader whole(folder() / "whole"), store(path);
    EXPECT_TRUE(store.verify().empty());
    ASSERT_EQ(store.size(), whole.size());
    for (int64_t n = 0; n < whole.size(); ++n) {
      ASSERT_EQ(store.entry(n).study, whole.entry(n).study);
      const StudyRecord a = whole.read(n), b = store.read(n);
      for (const auto& [name, items] : a.inputs)
        for (size_t row = 0; row < items.size(); ++row) {
          EXPECT_EQ(items[row].volume.voxels, b.inputs.at(name)[row].volume.voxels);
          EXPECT_EQ(items[row].text, b.inputs.at(name)[row].text);
        }
    }
    for (const char* file : {"ledger.csv", "funnel.csv", "aliases.csv"})
      if (fs::exists(folder() / "whole" / file)) {
        EXPECT_EQ(read_file(folder() / "whole" / file), read_file(path / file)) << file;
      }
    expect_whole(path);
  }

 private:
  inline static std::unique_ptr<Scratch> scratch_;
};

TEST_F(Parts, OfSeveralJobsAtOnceJoinToTheStoreOfOneRun) {
  std::vector<std::unique_ptr<Process>> jobs;
  for (int part = 1; part <= 3; ++part)
    jobs.push_back(std::make_unique<Process>(words({"s", "--part", std::to_string(part) + "/3"}), folder()));
  for (const auto& job : jobs) {
    const Ended ended = job->wait();
    EXPECT_EQ(ended.code, 0) << ended.output;
    EXPECT_NE(ended.output.find("join them by the same command without --part"), std::string::npos) << ended.output;
  }
  EXPECT_FALSE(fs::exists(folder() / "s"));
  int64_t studies = 0;
  for (int part = 1; part <= 3; ++part) studies += StoreReader(folder() / ("s.part-" + std::to_string(part) + "-of-3")).size();
  EXPECT_EQ(studies, StoreReader(folder() / "whole").size());
  const Ended joined = ingest({"s"});
  EXPECT_EQ(joined.code, 0) << joined.output;
  EXPECT_NE(joined.output.find("0 stored, " + std::to_string(studies) + " there already"), std::string::npos) << joined.output;
  expect_whole_store(folder() / "s");
  for (int part = 1; part <= 3; ++part) EXPECT_FALSE(fs::exists(folder() / ("s.part-" + std::to_string(part) + "-of-3")));
}

TEST_F(Parts, ThatWereNeverRunAreMadeByTheJoiningRun) {
  EXPECT_EQ(ingest({"t/", "--part", "2/2"}).code, 0);
  EXPECT_EQ(ingest({"t"}).code, 0);
  expect_whole_store(folder() / "t");
}

TEST_F(Parts, OfDifferentCountsAndWrongNumbersAreRefused) {
  EXPECT_EQ(ingest({"u", "--part", "1/2"}).code, 0);
  EXPECT_EQ(ingest({"u", "--part", "1/3"}).code, 0);
  expect_error(ingest({"u"}), 20, {"there are parts of", "remove the folders of one of the two"});
  for (const char* wrong : {"0/2", "3/2", "2", "a/b", "1/", "-1/2"})
    expect_error(ingest({"v", "--part", wrong}), 2, {"--part takes i/n with 1 <= i <= n", wrong});
}

// 25 kills each in four tests that may run side by side.
class Killed : public Parts, public ::testing::WithParamInterface<int> {};

TEST_P(Killed, IngestsLoseAndDoubleNothing) {
  const std::string name = "k" + std::to_string(GetParam());
  const fs::path store = folder() / name;
  Random random(static_cast<uint64_t>(GetParam()));
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_EQ(ingest({name + "-timed"}).code, 0);
  const double whole_run = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  for (int kill = 0; kill < 25; ++kill) {
    if (kill % 5 == 0) fs::remove_all(store);  // else: goes on where the last one was killed
    Process job(words({name}), folder());
    std::this_thread::sleep_for(std::chrono::duration<double>(random.uniform() * whole_run));
    job.send(SIGKILL);
    job.wait();
    if (fs::exists(store / "dataset.json")) {
      EXPECT_TRUE(StoreReader(store).verify().empty());
    }
    if (kill % 5 != 4) continue;
    EXPECT_EQ(ingest({name}).code, 0);
    expect_whole_store(store);
  }
}

INSTANTIATE_TEST_SUITE_P(AtRandomMoments, Killed, ::testing::Range(0, 4));

}  // namespace
}  // namespace chiasm::test
