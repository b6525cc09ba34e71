// A function that runs in other processes: what crashes, hangs or takes too much there costs one call. For parsers of foreign bytes.
//
// The first process is forked when the object is made, so make it before threads and large allocations. That one forks a worker for each
// thread that calls at a time; a worker serves many calls and is replaced when it died. Workers see no terminal signals, hold no other open
// files, and die with this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace chiasm {

struct IsolateLimits {
  uint64_t memory = uint64_t{6} << 30;  // bytes that a worker may map beyond what it started with
  int cpu_seconds = 120;                // of one call
  int wall_seconds = 300;               // of one call
  uint64_t answer = uint64_t{6} << 30;  // bytes of one answer
  uint64_t file = 0;                    // bytes of a file that it writes: a parser writes none
};

// Why a call has no answer.
struct IsolateFailure : std::runtime_error {
  enum class Kind { died, late, large } kind;
  IsolateFailure(Kind k, const std::string& what) : std::runtime_error(what), kind(k) {}
};

class Isolate {
 public:
  using Function = std::function<std::string(const std::string&)>;
  // Throws std::system_error when the system gives no process.
  explicit Isolate(Function function, IsolateLimits limits = {});
  ~Isolate();
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;

  // Thread-safe. Throws IsolateFailure; an exception of the function ends its worker, which is then `died`.
  std::string call(const std::string& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chiasm
