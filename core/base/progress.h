// Progress of long work: one live line on a terminal, a plain line every ten seconds elsewhere, nothing when quiet.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace chiasm {

class Progress {
 public:
  Progress(std::string label, int64_t total);
  ~Progress();
  // Thread-safe. `note` stands behind the numbers, e.g. "loss 0.31  wait 2 %".
  void set(int64_t done, const std::string& note = {});
  void add(int64_t steps = 1, const std::string& note = {});
  void finish();
  static void set_quiet(bool quiet);  // for --json and for ranks above 0

 private:
  void show(bool last);
  std::mutex mutex_;
  std::string label_, note_;
  int64_t total_, done_ = 0;
  std::chrono::steady_clock::time_point start_, shown_;
  bool terminal_, finished_ = false;
};

}  // namespace chiasm
