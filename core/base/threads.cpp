#include "core/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/text.h"

namespace chiasm {
namespace {

// Indices are handed out in order, so the failure with the lowest index is the same in every run.
class Failure {
 public:
  void keep(int64_t index) {
    std::lock_guard lock(mutex_);
    if (error_ && index_ < index) return;
    error_ = std::current_exception();
    index_ = index;
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  int64_t index_ = 0;
};

// CPU quota of a container (cgroup v2), rounded up; 0 when there is none.
int quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota, period;
  file >> quota >> period;
  const auto microseconds = parse_number(quota), every = parse_number(period);
  return microseconds && every && *every > 0 ? static_cast<int>(std::ceil(*microseconds / *every)) : 0;
}

}  // namespace

void parallel_for(int64_t count, int threads, const std::function<void(int64_t)>& body) {
  std::atomic<int64_t> next{0};
  Failure failure;
  const auto work = [&] {
    for (int64_t i; (i = next.fetch_add(1)) < count;) {
      try {
        body(i);
      } catch (...) {
        failure.keep(i);
        next.store(count);
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int64_t i = 1; i < std::min<int64_t>(threads, count); ++i) helpers.emplace_back(work);
    work();
  }
  failure.rethrow();
}

int available_cores() {
  cpu_set_t allowed;
  const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  const int cores = std::max(1, known ? CPU_COUNT(&allowed) : static_cast<int>(std::thread::hardware_concurrency()));
  const int quota = quota_cores();
  return quota > 0 ? std::min(cores, quota) : cores;
}

}  // namespace chiasm
