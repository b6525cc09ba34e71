// The tracked tree and its text, as the rules see it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm::rules {

// Root of the source tree.
std::string root();

// Paths of all files that git tracks or would track, relative to the root, sorted. Empty when this is not a git checkout.
const std::vector<std::string>& tracked_files();

std::string content(const std::string& path);
bool is_source(std::string_view path);  // .h or .cpp
bool is_below(std::string_view path, std::string_view folder);
std::string folder_of(const std::string& path);  // "" for the top level

// Output of a shell command run in the root.
std::string output_of(const std::string& command);

// One line for each finding: "file:line: rule"; the test fails with all of them.
class Findings {
 public:
  void add(const std::string& path, size_t line, const std::string& rule);
  void add(const std::string& path, const std::string& rule);
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace chiasm::rules
