#include "core/base/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/base/text.h"

namespace chiasm {
namespace {

using Kind = ProgramFailure::Kind;

Kind failure_of(const std::vector<std::string>& arguments, const ProgramLimits& limits = {}, const std::string& input = "") {
  try {
    run_program(arguments, input, {}, limits);
  } catch (const ProgramFailure& failure) {
    return failure.kind;
  }
  throw std::logic_error("the program gave an answer");
}

TEST(Program, GivesWhatItWrites) {
  EXPECT_EQ(run_program({"cat"}, "a\nb"), "a\nb");
  EXPECT_EQ(run_program({"printf", "%s|", "a b", "$HOME", "; false"}, ""), "a b|$HOME|; false|");  // no shell
}

// Neither waits for the other when both have more to say than a socket holds.
TEST(Program, TakesAndGivesMuchAtOnce) {
  const std::string much(20'000'000, 'x');
  EXPECT_EQ(run_program({"cat"}, much), much);
  EXPECT_EQ(run_program({"true"}, much), "");  // ends without reading
}

TEST(Program, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(failure_of({"no-such-program-here"}), Kind::absent);
  EXPECT_EQ(failure_of({"false"}), Kind::failed);
  EXPECT_EQ(failure_of({"sh", "-c", "kill -9 $$"}), Kind::failed);
  EXPECT_EQ(failure_of({"sleep", "60"}, {.wall_seconds = 1}), Kind::late);
  EXPECT_EQ(failure_of({"sh", "-c", "exec >&-; exec <&-; sleep 60"}, {.wall_seconds = 1}), Kind::late);
  EXPECT_EQ(failure_of({"head", "-c", "2000000", "/dev/zero"}, {.answer = 1'000'000}), Kind::large);
}

// A buffer of 2 GiB; the program waits for its input, so that the limit is there before.
TEST(Program, MayMapNoMoreThanItsLimit) {
  const std::vector<std::string> large{"sh", "-c", "read word; dd if=/dev/zero of=/dev/null bs=2G count=1"};
  EXPECT_EQ(failure_of(large, {.memory = uint64_t{1} << 30}, "go\n"), Kind::failed);
  EXPECT_EQ(run_program(large, "go\n"), "");
}

TEST(Program, IsFoundOnThePath) {
  EXPECT_TRUE(program_exists("cat"));
  EXPECT_TRUE(program_exists("/bin/cat"));
  EXPECT_FALSE(program_exists("no-such-program-here"));
}

TEST(Program, HasItsOwnWordsInTheEnvironment) {
  ::setenv("CHIASM_TEST_WORD", "old", 1);
  EXPECT_EQ(run_program({"sh", "-c", "echo $CHIASM_TEST_WORD"}, "", {"CHIASM_TEST_WORD=new"}), "new\n");
  EXPECT_EQ(run_program({"sh", "-c", "echo $CHIASM_TEST_WORD"}, ""), "old\n");
  ::unsetenv("CHIASM_TEST_WORD");
}

// A file that another thread has open stays its own: a child that held it would keep a lock or a pipe alive.
TEST(Program, HoldsNoOtherOpenFile) {
  const int open = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(open, 3);
  const std::string held = run_program({"sh", "-c", "ls /proc/$$/fd"}, "");
  ::close(open);
  EXPECT_EQ(split(trim(held), '\n').size(), 3U) << held;
}

TEST(Program, RunsFromManyThreads) {
  std::vector<std::thread> threads;
  std::vector<std::string> answers(8);
  for (size_t n = 0; n < answers.size(); ++n) threads.emplace_back([&answers, n] { answers[n] = run_program({"cat"}, std::to_string(n)); });
  for (std::thread& thread : threads) thread.join();
  for (size_t n = 0; n < answers.size(); ++n) EXPECT_EQ(answers[n], std::to_string(n));
}

}  // namespace
}  // namespace chiasm
