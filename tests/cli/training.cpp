#include "tests/cli/training.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <random>

#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm::test {

std::vector<Json> logged_steps(const fs::path& run) {
  std::vector<Json> steps;
  if (!fs::exists(run / "log.jsonl")) return steps;
  for (const std::string& line : split(read_file(run / "log.jsonl"), '\n')) {
    Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object() && entry.contains("loss")) steps.push_back(std::move(entry));
  }
  return steps;
}

bool wait_for_steps(Process& process, const fs::path& run, size_t steps) {
  while (process.running()) {
    if (logged_steps(run).size() >= steps) return true;
    usleep(500);  // leaves the core to the training; no assertion depends on how long
  }
  return false;
}

std::vector<pid_t> children_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> out;
  for (pid_t child; file >> child;) out.push_back(child);
  return out;
}

bool gone(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return true;
  const size_t state = text.rfind(')') + 2;
  return state < text.size() && (text[state] == 'Z' || text[state] == 'X');
}

uint64_t any_seed() {
  const char* given = std::getenv("CHIASM_TEST_SEED");
  const uint64_t seed = given != nullptr ? static_cast<uint64_t>(parse_integer(given).value_or(0)) : std::random_device{}();
  std::cout << "[     seed ] CHIASM_TEST_SEED=" << seed << "\n";
  return seed;
}

std::vector<float> StoredTensor::values() const {
  EXPECT_EQ(type, "F32");
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
  return out;
}

std::map<std::string, StoredTensor> read_weights(const fs::path& file) {
  const std::string content = read_file(file);
  uint64_t length = 0;
  std::memcpy(&length, content.data(), sizeof length);
  const Json header = Json::parse(content.substr(8, length));
  std::map<std::string, StoredTensor> out;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const auto begin = entry.at("data_offsets")[0].get<size_t>(), end = entry.at("data_offsets")[1].get<size_t>();
    out[name] = {entry.at("dtype"), entry.at("shape").get<std::vector<int64_t>>(), content.substr(8 + length + begin, end - begin)};
  }
  return out;
}

}  // namespace chiasm::test
