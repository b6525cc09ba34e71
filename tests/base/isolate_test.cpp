// A function in other processes: what it does there stays there.
#include "core/base/isolate.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/pack.h"

namespace chiasm {
namespace {

namespace fs = std::filesystem;

// What the request says.
std::string obey(const std::string& request) {
  if (request == "crash") std::abort();
  if (request == "throw") throw std::runtime_error("no");
  if (request == "exit") ::_exit(0);
  if (request == "spin")
    while (std::getenv("CHIASM_NEVER") == nullptr) {
    }
  if (request == "sleep") ::pause();
  if (request == "hog") {
    std::string bytes;
    for (;;) bytes.append(std::string(16 << 20, 'x'));
  }
  if (request == "flood") return std::string(3 << 20, 'y');
  if (request == "pid") return std::to_string(::getpid());
  if (request == "files") return std::to_string(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
  if (request.rfind("write ", 0) == 0) {
    std::ofstream(request.substr(6)) << "something" << std::flush;
    return "written";
  }
  return "echo " + request;
}

IsolateLimits tight() { return {uint64_t{200} << 20, 1, 3, 2 << 20}; }

IsolateFailure::Kind failure(Isolate& isolate, const std::string& request) {
  try {
    const std::string answer = isolate.call(request);
    ADD_FAILURE() << request << " was answered: " << answer.substr(0, 40);
  } catch (const IsolateFailure& error) {
    return error.kind;
  }
  return IsolateFailure::Kind::large;
}

TEST(Isolate, AnswersComeFromAnotherProcessThatServesMany) {
  Isolate isolate(obey, tight());
  EXPECT_EQ(isolate.call("hello"), "echo hello");
  const std::string big(1 << 20, 'z');
  EXPECT_EQ(isolate.call(big), "echo " + big);
  const std::string first = isolate.call("pid");
  EXPECT_NE(first, std::to_string(::getpid()));
  EXPECT_EQ(isolate.call("pid"), first);
}

TEST(Isolate, WhateverEndsAWorkerCostsOneCall) {
  Isolate isolate(obey, tight());
  for (const char* request : {"crash", "throw", "exit", "hog", "spin"}) {
    EXPECT_EQ(failure(isolate, request), IsolateFailure::Kind::died) << request;
    EXPECT_EQ(isolate.call("after"), "echo after") << request;
  }
}

TEST(Isolate, AWorkerThatWaitsIsLateAndOneThatTellsTooMuchIsNotHeard) {
  Isolate isolate(obey, tight());
  EXPECT_EQ(failure(isolate, "sleep"), IsolateFailure::Kind::late);
  EXPECT_EQ(failure(isolate, "flood"), IsolateFailure::Kind::large);
  EXPECT_EQ(isolate.call("after"), "echo after");
}

TEST(Isolate, WorkersHoldNoFilesAndWriteNone) {
  const fs::path path = fs::temp_directory_path() / ("chiasm_isolate_" + std::to_string(::getpid()));
  std::ofstream held(path);
  Isolate isolate(obey, tight());
  EXPECT_EQ(isolate.call("files"), "5");  // three of the standard, the socket, and the listing itself
  EXPECT_EQ(failure(isolate, "write " + path.string()), IsolateFailure::Kind::died);
  EXPECT_EQ(fs::file_size(path), 0u);
  fs::remove(path);
}

TEST(Isolate, AWorkerWritesAsMuchAsItIsAllowed) {
  const fs::path path = fs::temp_directory_path() / ("chiasm_isolate_" + std::to_string(::getpid()));
  IsolateLimits limits = tight();
  limits.file = 9;  // of "something"
  Isolate isolate(obey, limits);
  EXPECT_EQ(isolate.call("write " + path.string()), "written");
  EXPECT_EQ(fs::file_size(path), 9u);
  limits.file = 4;
  Isolate tighter(obey, limits);
  EXPECT_EQ(failure(tighter, "write " + path.string()), IsolateFailure::Kind::died);
  EXPECT_LE(fs::file_size(path), 4u);
  fs::remove(path);
}

TEST(Isolate, ThreadsHaveWorkersOfTheirOwn) {
  Isolate isolate(obey, tight());
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n < 50; ++n) right += isolate.call(std::to_string(100 * t + n)) == "echo " + std::to_string(100 * t + n);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

// The process that made it is killed: its workers, a busy one too, end by themselves.
TEST(Isolate, NoWorkerOutlivesItsProgram) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t program = ::fork();
  if (program == 0) {
    Isolate isolate(obey, {uint64_t{200} << 20, 60, 60, 1 << 20});
    const std::string id = isolate.call("pid") + "\n";
    if (::write(pipe_ends[1], id.data(), id.size()) < 0) ::_exit(1);
    static_cast<void>(isolate.call("spin"));
    ::_exit(0);
  }
  char text[32] = {};
  ASSERT_GT(::read(pipe_ends[0], text, sizeof text - 1), 0);
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  const pid_t worker = std::atoi(text);
  bool gone = false;
  for (int n = 0; n < 1000 && !gone; ++n) {
    gone = ::kill(worker, 0) != 0;
    if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(gone);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

struct Thing {
  int64_t number = 0;
  std::string text;
  std::vector<double> list;
  std::map<std::string, std::optional<float>> map;
  std::variant<std::vector<uint8_t>, std::vector<int16_t>> either;
  bool operator==(const Thing&) const = default;
};

template <class P>
void pack(P& p, Thing& t) {
  p(t.number), p(t.text), p(t.list), p(t.map), p(t.either);
}

TEST(Pack, ComesBackAsItWas) {
  const Thing thing{-7, "a\0b", {1.5, -2}, {{"x", 3.0F}, {"y", std::nullopt}}, std::vector<int16_t>{1, -2, 3}};
  EXPECT_EQ(unpacked<Thing>(packed(thing)), thing);
}

TEST(Pack, AMessageThatIsCutOrLiesIsNoMessage) {
  const Thing thing{1, "text", {1}, {{"x", 1.0F}}, std::vector<uint8_t>{9}};
  const std::string whole = packed(thing);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THROW(unpacked<Thing>(whole.substr(0, size)), std::runtime_error) << size;
  EXPECT_THROW(unpacked<Thing>(whole + "x"), std::runtime_error);
  std::string lie = whole;
  lie.replace(8, 8, std::string(8, '\xff'));  // the length of the text
  EXPECT_THROW(unpacked<Thing>(lie), std::runtime_error);
}

}  // namespace
}  // namespace chiasm
