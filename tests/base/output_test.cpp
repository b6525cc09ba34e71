// What people see on stderr: log lines, progress, internal errors.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <functional>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/progress.h"

namespace chiasm {
namespace {

std::string captured(const std::function<void()>& action) {
  testing::internal::CaptureStderr();
  action();
  return testing::internal::GetCapturedStderr();
}

TEST(Check, NamesTheLineWithoutTheFolder) {
  EXPECT_NO_THROW(check(true, "fine"));
  try {
    check(false, "a rule was broken");
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("internal error: a rule was broken (output_test.cpp:")) << error.what();
    EXPECT_EQ(error.exit(), Exit::failed);
  }
}

TEST(ErrorClasses, ExitCodes) {
  EXPECT_EQ(UsageError("x").exit(), Exit::usage);
  EXPECT_EQ(InputError("x").exit(), Exit::bad_input);
  EXPECT_STREQ(Refused("no_pixels", "the series has no pixel data").what(), "no_pixels: the series has no pixel data");
}

TEST(Log, LinesWithRankAndLevel) {
  const std::string time = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
  EXPECT_TRUE(testing::internal::RE::FullMatch(captured([] { log::info("100 % {} done"); }), "(" + time + " info: 100 % [{][}] done\n)"));
  const std::string ranked = captured([] {
    log::set_rank(1);
    log::warn("slow");
    log::set_rank(-1);
  });
  EXPECT_TRUE(testing::internal::RE::FullMatch(ranked, "([[]rank 1[]] " + time + " warning: slow\n)")) << ranked;
}

TEST(Log, QuietKeepsWarnings) {
  log::set_quiet(true);
  const std::string lines = captured([] {
    log::info("a");
    log::error("b");
  });
  log::set_quiet(false);
  EXPECT_EQ(lines.find("info"), std::string::npos);
  EXPECT_NE(lines.find("error: b"), std::string::npos);
}

TEST(Progress, OneLineAtTheEndOfShortWork) {
  const std::string lines = captured([] {
    Progress progress("ingest", 4);
    progress.add();
    progress.set(3, "wait 2 %");
    progress.finish();
    progress.finish();
  });
  EXPECT_EQ(lines, "ingest  3/4  75 %  in 0 s  wait 2 %\n");
}

// Runs an action with stderr on a pseudo-terminal 20 columns wide; returns what it shows.
std::string shown_on_terminal(const std::function<void()>& action) {
  winsize size{};
  size.ws_col = 20;
  int outside = -1, inside = -1;
  if (openpty(&outside, &inside, nullptr, nullptr, &size) != 0) return "";
  const int saved = dup(STDERR_FILENO);
  dup2(inside, STDERR_FILENO);
  action();
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::string text(1000, '\0');
  text.resize(static_cast<size_t>(std::max<ssize_t>(read(outside, text.data(), text.size()), 0)));
  close(inside);
  close(outside);
  return text;
}

TEST(Progress, OneLiveLineOnATerminal) {
  const std::string text = shown_on_terminal([] { Progress("a label that is longer than the screen", 4).finish(); });
  EXPECT_EQ(text, "\ra label that is lon\033[K\r\n");  // the terminal makes "\r\n" of "\n"
}

TEST(Progress, QuietSaysNothing) {
  Progress::set_quiet(true);
  EXPECT_EQ(captured([] { Progress("ingest", 4).add(); }), "");
  Progress::set_quiet(false);
}

}  // namespace
}  // namespace chiasm
