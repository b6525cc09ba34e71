#include "tests/rules/tree.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm::rules {

std::string root() { return CHIASM_SOURCE; }

std::string output_of(const std::string& command) {
  FILE* pipe = popen(("cd '" + root() + "' && " + command).c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run a shell");
  std::string text;
  std::array<char, 4096> buffer;
  for (size_t count; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), count);
  pclose(pipe);
  return text;
}

const std::vector<std::string>& tracked_files() {
  static const std::vector<std::string> files = [] {
    std::vector<std::string> found;
    for (const std::string& path : split(output_of("git ls-files --cached --others --exclude-standard 2>/dev/null"), '\n'))
      if (!path.empty() && fs::is_regular_file(fs::path(root()) / path)) found.push_back(path);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }();
  return files;
}

std::string content(const std::string& path) { return read_file(fs::path(root()) / path); }

bool is_source(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cpp"); }

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.substr(folder.size()).starts_with('/');
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

void Findings::add(const std::string& path, size_t line, const std::string& rule) {
  text_ += path + ":" + std::to_string(line) + ": " + rule + "\n";
}

void Findings::add(const std::string& path, const std::string& rule) { add(path, 1, rule); }

}  // namespace chiasm::rules
