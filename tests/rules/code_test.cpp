// Rules on C++ files.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "core/base/text.h"
#include "tests/rules/layers.h"
#include "tests/rules/source.h"
#include "tests/rules/tree.h"

namespace chiasm::rules {
namespace {

class CodeRules : public testing::Test {
 protected:
  void SetUp() override {
    if (tracked_files().empty()) GTEST_SKIP() << "not a git checkout";
  }
  void TearDown() override { EXPECT_TRUE(findings.empty()) << findings.text(); }
  Findings findings;
};

// Calls action(path, content) for each source file.
template <class Action>
void for_each_source(Action action) {
  for (const std::string& path : tracked_files())
    if (is_source(path)) action(path, content(path));
}

// One finding for each line of code, comments and literals aside, that matches.
void forbid(Findings& findings, const std::string& path, const std::string& text, const std::regex& pattern, const std::string& rule) {
  const std::vector<std::string> lines = split(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i)
    if (std::regex_search(lines[i], pattern)) findings.add(path, i + 1, rule);
}

TEST_F(CodeRules, IncludesFollowTheLayers) {
  const std::set<std::string> files(tracked_files().begin(), tracked_files().end());
  for_each_source([&](const std::string& path, const std::string& text) {
    for (const Include& include : includes(text)) {
      const std::string rule = broken_rule(path, include);
      if (!rule.empty()) findings.add(path, include.line, rule);
      if (is_in_tree(include.path) && !files.count(include.path)) findings.add(path, include.line, include.path + " does not exist");
    }
  });
}

TEST_F(CodeRules, LinearLayersAreOurs) {
  const std::regex linear(R"(\btorch::nn::(functional::)?(Linear|linear)\b)");
  for_each_source([&](const std::string& path, const std::string& text) {
    if (is_below(path, "core/nn") || is_below(path, "tests")) return;
    forbid(findings, path, without_comments_and_literals(text), linear, "use core/nn/linear.h: adapters and weight names depend on it");
  });
}

TEST_F(CodeRules, FunctionsHaveAtMost60Lines) {
  for_each_source([&](const std::string& path, const std::string& text) {
    for (const Function& function : functions(text)) {
      const size_t lines = function.last - function.first + 1;
      if (lines > 60) findings.add(path, function.first, "a function of " + std::to_string(lines) + " lines; 60 at most");
    }
  });
}

TEST_F(CodeRules, FilesHaveAtMost400Lines) {
  static const std::regex code(R"(.*\.(h|cpp|py|sh|cmake)|(.*/)?CMakeLists\.txt)");
  for (const std::string& path : tracked_files()) {
    if (!std::regex_match(path, code) || path.ends_with("_table.cpp")) continue;
    const std::string text = content(path);
    const auto lines = std::count(text.begin(), text.end(), '\n');
    if (lines > 400) findings.add(path, "a file of " + std::to_string(lines) + " lines; 400 at most");
  }
}

TEST_F(CodeRules, AtMost200LibTorchUnits) {
  std::map<std::string, std::vector<Include>> included;
  for_each_source([&](const std::string& path, const std::string& text) { included[path] = includes(text); });
  std::set<std::string> with_torch;
  const auto reaches_torch = [&](const Include& include) {
    return include.project ? with_torch.count(include.path) > 0 : include.path.starts_with("torch/") || include.path.starts_with("ATen/");
  };
  size_t before;
  do {
    before = with_torch.size();
    for (const auto& [path, list] : included)
      if (std::any_of(list.begin(), list.end(), reaches_torch)) with_torch.insert(path);
  } while (with_torch.size() != before);
  const auto units = std::count_if(with_torch.begin(), with_torch.end(), [](const std::string& path) { return path.ends_with(".cpp"); });
  RecordProperty("units", static_cast<int>(units));
  if (units > 200)
    findings.add("CMakeLists.txt", std::to_string(units) + " LibTorch translation units; 200 at most, each takes 10 to 25 s to compile");
}

TEST_F(CodeRules, NothingIsUnfinished) {
  const std::regex marks(std::string(R"(\b(TO)") + R"(DO|FIX)" + R"(ME|XX)" + R"(X|HA)" + R"(CK)\b)");
  for_each_source(
      [&](const std::string& path, const std::string& text) { forbid(findings, path, text, marks, "finish it or leave it out"); });
}

TEST_F(CodeRules, HeadersHaveAGuard) {
  for_each_source([&](const std::string& path, const std::string& text) {
    if (path.ends_with(".h") && text.find("#pragma once\n") == std::string::npos) findings.add(path, "no #pragma once");
  });
}

TEST_F(CodeRules, ListEntriesHaveHelp) {
  static const std::regex entry(R"re(\bentry<[^;{}]*?>\(\s*"([^"]*)"\s*,\s*"([^"]*)")re");
  for (const std::string& path : tracked_files()) {
    if (!path.ends_with(".cpp") || is_below(path, "tests")) continue;
    const std::string text = content(path);
    for (std::sregex_iterator match(text.begin(), text.end(), entry), end; match != end; ++match) {
      const auto line = static_cast<size_t>(std::count(text.begin(), text.begin() + match->position(), '\n')) + 1;
      if ((*match)[2].length() < 10) findings.add(path, line, "list entry '" + (*match)[1].str() + "' has no help text");
    }
  }
}

TEST_F(CodeRules, FormattedByClangFormat) {
  if (output_of("command -v clang-format").empty()) GTEST_SKIP() << "clang-format is not installed";
  const std::string listing = "git ls-files --cached --others --exclude-standard -- '*.h' '*.cpp' | xargs -d '\\n' ls 2>/dev/null";
  const std::string lines = output_of(listing + " | xargs -d '\\n' clang-format --dry-run -Werror 2>&1 | grep 'error:'");
  std::set<std::string> files;
  for (const std::string& line : split(lines, '\n')) {
    const std::vector<std::string> parts = split(line, ':');
    if (parts.size() > 2 && files.insert(parts[0]).second)
      findings.add(parts[0], static_cast<size_t>(parse_integer(parts[1]).value_or(1)), "run clang-format -i");
  }
}

}  // namespace
}  // namespace chiasm::rules
