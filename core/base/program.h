// Another program, started with bytes on its standard input, read on its standard output, and held to limits. No shell is involved.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm {

struct ProgramLimits {
  int wall_seconds = 60;                 // from start to end; the program is killed then
  uint64_t memory = uint64_t{4} << 30;   // bytes it may map
  uint64_t answer = uint64_t{64} << 20;  // bytes of its output
};

// Why there is no output.
struct ProgramFailure : std::runtime_error {
  enum class Kind { absent, failed, late, large } kind;  // absent: no such program on the search path, or it cannot be started
  ProgramFailure(Kind k, const std::string& what) : std::runtime_error(what), kind(k) {}
};

// Whether `name` (a path, or a name on the search path PATH) can be started by this user.
bool program_exists(const std::string& name);

// Its standard output. `environment` ("NAME=VALUE") goes before what this process has. Standard error is dropped: what a program says of
// its input is nobody's to read. The program holds no other open file of this process and gets no signal of a terminal. Thread-safe.
// Throws ProgramFailure; `failed`: an exit status other than 0, or a signal.
std::string run_program(const std::vector<std::string>& arguments, std::string_view input, const std::vector<std::string>& environment = {},
                        const ProgramLimits& limits = {});

}  // namespace chiasm
