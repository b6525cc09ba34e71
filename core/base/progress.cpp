#include "core/base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

#include "core/base/text.h"

namespace chiasm {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool>& quiet_flag() {
  static std::atomic<bool> quiet{false};
  return quiet;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// "42 s", "3 min 05 s", "2 h 07 min"
std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  const auto two_digits = [](long long value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two_digits(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two_digits(whole % 3600 / 60) + " min";
}

size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string progress_line(const std::string& label, int64_t done, int64_t total, double seconds, bool last, const std::string& note) {
  std::string line = label + "  " + std::to_string(done);
  if (total > 0)
    line += "/" + std::to_string(total) + "  " + fixed(100.0 * static_cast<double>(done) / static_cast<double>(total), 0) + " %";
  if (last)
    line += "  in " + duration(seconds);
  else if (total > 0 && done > 0)
    line += "  " + duration(seconds / static_cast<double>(done) * static_cast<double>(std::max<int64_t>(total - done, 0))) + " left";
  if (!note.empty()) line += "  " + note;
  return line;
}

}  // namespace

Progress::Progress(std::string label, int64_t total)
    : label_(std::move(label)), total_(total), start_(Clock::now()), shown_(start_), terminal_(isatty(STDERR_FILENO)) {}

Progress::~Progress() { finish(); }

void Progress::set(int64_t done, const std::string& note) {
  std::lock_guard lock(mutex_);
  done_ = done;
  if (!note.empty()) note_ = note;
  show(false);
}

void Progress::add(int64_t steps, const std::string& note) {
  std::lock_guard lock(mutex_);
  done_ += steps;
  if (!note.empty()) note_ = note;
  show(false);
}

void Progress::finish() {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  show(true);
}

void Progress::set_quiet(bool quiet) { quiet_flag() = quiet; }

void Progress::show(bool last) {
  if (quiet_flag() || (!last && seconds_since(shown_) < (terminal_ ? 0.1 : 10.0))) return;
  shown_ = Clock::now();
  std::string line = progress_line(label_, done_, total_, seconds_since(start_), last, note_);
  if (terminal_) line = "\r" + line.substr(0, terminal_width() - 1) + "\033[K";
  if (!terminal_ || last) line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace chiasm
