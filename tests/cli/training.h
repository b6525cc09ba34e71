// A training process to interrupt, and what it leaves.
#pragma once

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "tests/cli/world.h"

namespace chiasm::test {

// Lines of RUN/log.jsonl that are whole and of training steps.
std::vector<Json> logged_steps(const std::filesystem::path& run);

// Waits until `run` has logged so many steps; false when the process ended before.
bool wait_for_steps(Process& process, const std::filesystem::path& run, size_t steps);

// Processes that `parent` started.
std::vector<pid_t> children_of(pid_t parent);

// Whether the process is gone, or dead and not yet collected.
bool gone(pid_t process);

// A seed from the system, printed, or CHIASM_TEST_SEED: every run of the tests interrupts at other moments.
uint64_t any_seed();

// A safetensors file: tensors by name as raw bytes, and the same as numbers for F32.
struct StoredTensor {
  std::string type;
  std::vector<int64_t> shape;
  std::string bytes;
  std::vector<float> values() const;
};
std::map<std::string, StoredTensor> read_weights(const std::filesystem::path& file);

}  // namespace chiasm::test
