// Rules on the tree and its documents.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "core/base/text.h"
#include "tests/rules/documents.h"
#include "tests/rules/tree.h"

namespace chiasm::rules {
namespace {

class TreeRules : public testing::Test {
 protected:
  void SetUp() override {
    if (tracked_files().empty()) GTEST_SKIP() << "not a git checkout";
  }
  void TearDown() override { EXPECT_TRUE(findings.empty()) << findings.text(); }
  Findings findings;
};

bool exists(const std::string& path) { return std::binary_search(tracked_files().begin(), tracked_files().end(), path); }

size_t line_count(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

// Folders that hold files themselves; what lies below tests/ mirrors the tree and counts as tests.
std::set<std::string> folders() {
  std::set<std::string> found;
  for (const std::string& path : tracked_files()) {
    const std::string folder = is_below(path, "tests") ? "tests" : folder_of(path);
    if (!folder.empty() && !folder.starts_with('.')) found.insert(folder);
  }
  return found;
}

TEST_F(TreeRules, TopLevel) {
  static const std::set<std::string> wanted{"CMakeLists.txt", "core",    "encoders", "fusion", "tasks",
                                            "data",           "configs", "scripts",  "tests",  "README.md"};
  std::set<std::string> found;
  for (const std::string& path : split(output_of("git ls-files"), '\n')) {
    const std::string top = path.substr(0, path.find('/'));
    if (!top.empty() && !top.starts_with('.')) found.insert(top);
  }
  for (const std::string& name : found)
    if (!wanted.count(name)) findings.add(name, "does not belong to the top level");
  for (const std::string& name : wanted)
    if (!found.count(name)) findings.add(name, "is missing from the top level");
}

TEST_F(TreeRules, FoldersWithCodeHaveAShortReadme) {
  static const std::regex code(R"(.*\.(h|cpp|py|sh))");
  std::set<std::string> with_code{"core", "configs", "tests"};
  for (const std::string& path : tracked_files())
    if (std::regex_match(path, code) && !path.starts_with('.') && !is_below(path, "tests")) with_code.insert(folder_of(path));
  for (const std::string& folder : with_code) {
    const std::string readme = folder + "/README.md";
    if (!exists(readme)) {
      findings.add(readme, "missing: what lives here, what it may include, how to add one");
    } else if (const size_t lines = line_count(content(readme)); lines > 60) {
      findings.add(readme, std::to_string(lines) + " lines; 60 at most");
    }
  }
}

TEST_F(TreeRules, RootReadmeHasAtMost250Lines) {
  ASSERT_TRUE(exists("README.md")) << "README.md:1: missing";
  const size_t lines = line_count(content("README.md"));
  if (lines > 250) findings.add("README.md", std::to_string(lines) + " lines; 250 at most");
}

TEST_F(TreeRules, MapEqualsTheTree) {
  ASSERT_TRUE(exists("README.md")) << "README.md:1: missing";
  check_map(content("README.md"), folders(), findings);
}

TEST_F(TreeRules, EveryVerbIsListedAndDocumented) {
  ASSERT_TRUE(exists("README.md")) << "README.md:1: missing";
  check_verbs(content("scripts/commands.h"), content("scripts/commands.cpp"), content("README.md"), findings);
}

TEST_F(TreeRules, NoPathOfAMachine) {
  static const std::regex text(R"(.*\.(h|cpp|py|sh|cmake|txt|md|ya?ml|json|csv|toml|cfg|ini)|(.*/)?\.[a-z-]+)");
  for (const std::string& path : tracked_files())
    if (std::regex_match(path, text)) check_machine_paths(path, content(path), findings);
}

}  // namespace
}  // namespace chiasm::rules
