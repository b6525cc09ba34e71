#include "core/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace chiasm {
namespace {

TEST(ParallelFor, CallsEveryIndexOnce) {
  for (const int threads : {0, 1, 4, 100}) {
    std::vector<std::atomic<int>> calls(50);
    parallel_for(50, threads, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  parallel_for(0, 4, [](int64_t) { FAIL(); });
}

TEST(ParallelFor, RethrowsTheFailureWithTheLowestIndex) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::atomic<int> running{0};
    try {
      parallel_for(100, 4, [&](int64_t i) {
        ++running;
        if (i % 10 == 3) {
          --running;
          throw std::runtime_error(std::to_string(i));
        }
        --running;
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "3");
    }
    EXPECT_EQ(running, 0);  // all threads have ended
  }
}

TEST(ParallelFor, StopsHandingOutAfterAFailure) {
  int calls = 0;
  EXPECT_THROW(parallel_for(100, 1,
                            [&](int64_t) {
                              ++calls;
                              throw 1;
                            }),
               int);
  EXPECT_EQ(calls, 1);
}

TEST(AvailableCores, AtLeastOne) {
  EXPECT_GE(available_cores(), 1);
  EXPECT_LE(available_cores(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(BoundedQueue, KeepsOrderAndBound) {
  BoundedQueue<int> queue(2);
  std::jthread producer([&] {
    for (int i = 0; i < 100; ++i) queue.push(i);
    queue.close();
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(queue.pop(), i);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_FALSE(queue.push(1));
}

TEST(BoundedQueue, CloseWakesAWaitingProducer) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  bool accepted = true;
  std::jthread producer([&] { accepted = queue.push(2); });
  queue.close();
  producer.join();
  EXPECT_FALSE(accepted);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

}  // namespace
}  // namespace chiasm
