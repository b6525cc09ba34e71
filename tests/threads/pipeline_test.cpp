#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>

#include "data/loader_pipeline.h"

namespace chiasm {
namespace {

using Numbers = Pipeline<int, int, std::vector<int>>;

// Wholes n = 0, 1, ... `end` - 1 of the tasks 10 n ... 10 n + 2; parts are squares.
struct Counting {
  explicit Counting(int end_, int throws_at_ = -1) : end(end_), throws_at(throws_at_) {}
  Numbers::Steps steps() {
    return {[this]() -> std::optional<std::vector<int>> {
              if (position == end) return std::nullopt;
              ++planned;
              const int n = position++;
              return std::vector<int>{10 * n, 10 * n + 1, 10 * n + 2};
            },
            [this](const int& task) {
              ++made;
              if (task == throws_at) throw std::runtime_error("task " + std::to_string(task));
              return task * task;
            },
            [](std::vector<int> parts) { return parts; }, [this](const std::vector<int>&) { return bytes; }};
  }
  const int end, throws_at;
  int64_t bytes = 100;  // of a whole
  int position = 0;
  std::atomic<int> planned{0}, made{0};
};

TEST(Pipeline, DeliversInOrderForAnyNumberOfThreads) {
  for (const int threads : {1, 2, 5}) {
    Counting counting(50);
    Numbers pipeline(counting.steps(), threads, 400);
    for (int n = 0; n < 50; ++n) {
      const auto whole = pipeline.next();
      ASSERT_TRUE(whole);
      EXPECT_EQ(*whole, (std::vector<int>{100 * n * n, (10 * n + 1) * (10 * n + 1), (10 * n + 2) * (10 * n + 2)}));
    }
    EXPECT_FALSE(pipeline.next());
    EXPECT_FALSE(pipeline.next());
    EXPECT_EQ(counting.made, 150);
  }
}

TEST(Pipeline, StaysWithinItsBudget) {
  Counting counting(1000);
  Numbers pipeline(counting.steps(), 3, 400);
  EXPECT_EQ(counting.planned, 0);  // nothing before the first next()
  for (int n = 1; n <= 100; ++n) {
    ASSERT_TRUE(pipeline.next());
    EXPECT_LE(counting.planned, n + 4);
    EXPECT_LE(counting.made, 3 * (n + 4));
    EXPECT_LE(pipeline.most_ready_bytes(), 400);
  }
}

TEST(Pipeline, TwoAreMadeAheadHoweverLargeTheyAre) {
  for (const int64_t budget : {0, 50}) {
    Counting counting(60);
    Numbers pipeline(counting.steps(), 3, budget);
    for (int n = 1; n <= 60; ++n) {
      ASSERT_TRUE(pipeline.next());
      EXPECT_LE(counting.planned, n + 2);
    }
    EXPECT_FALSE(pipeline.next());
    EXPECT_LE(pipeline.most_ready_bytes(), 200);
  }
}

TEST(Pipeline, AnErrorComesInItsPlaceAndTheRestGoesOn) {
  Counting counting(6, 21);
  Numbers pipeline(counting.steps(), 2, 300);
  EXPECT_TRUE(pipeline.next());
  EXPECT_TRUE(pipeline.next());
  try {
    pipeline.next();
    FAIL() << "the third whole cannot be made";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "task 21");
  }
  EXPECT_EQ(pipeline.next()->front(), 900);
}

TEST(Pipeline, RestartGoesOnFromElsewhere) {
  Counting counting(40);
  Numbers pipeline(counting.steps(), 3, 400);
  for (int n = 0; n < 5; ++n) pipeline.next();
  pipeline.restart([&] { counting.position = 30; });
  EXPECT_EQ(pipeline.next()->front(), 300 * 300);
  EXPECT_EQ(pipeline.next()->front(), 310 * 310);
  while (pipeline.next()) {
  }
  pipeline.restart([&] { counting.position = 39; });
  EXPECT_EQ(pipeline.next()->front(), 390 * 390);
  EXPECT_FALSE(pipeline.next());
}

TEST(Pipeline, EndsWithWorkUnderway) {
  for (int n = 0; n < 20; ++n) {
    Counting counting(1000);
    Numbers pipeline(counting.steps(), 4, 800);
    if (n % 2) pipeline.next();
  }
}

}  // namespace
}  // namespace chiasm
