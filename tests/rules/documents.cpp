#include "tests/rules/documents.h"

#include <algorithm>
#include <regex>

#include "core/base/text.h"

namespace chiasm::rules {
namespace {

constexpr const char* readme_name = "README.md";

using Lines = std::vector<std::string>;

// First and last line inside the code block under the heading; equal when there is none.
std::pair<size_t, size_t> map_block(const Lines& lines) {
  static const std::regex heading(R"(^#+ .*\bMap\b.*$)");
  const auto fence = [](const std::string& line) { return line.starts_with("```"); };
  const auto title = std::find_if(lines.begin(), lines.end(), [](const std::string& line) { return std::regex_match(line, heading); });
  const auto open = std::find_if(title, lines.end(), fence);
  if (open == lines.end()) return {0, 0};
  const auto close = std::find_if(open + 1, lines.end(), fence);
  return {static_cast<size_t>(open - lines.begin()) + 1, static_cast<size_t>(close - lines.begin())};
}

}  // namespace

void check_map(const std::string& readme, const std::set<std::string>& folders, Findings& findings) {
  static const std::regex entry(R"(^\s*([A-Za-z0-9_/.-]+)/\s+\S.*$)");
  const Lines lines = split(readme, '\n');
  const auto [first, last] = map_block(lines);
  if (first == last) return findings.add(readme_name, "no code block under a heading 'Map'");
  std::set<std::string> mapped;
  for (size_t i = first; i < last; ++i) {
    std::smatch match;
    if (!std::regex_match(lines[i], match, entry))
      findings.add(readme_name, i + 1, "a map line is 'folder/  description'");
    else if (!mapped.insert(match[1]).second)
      findings.add(readme_name, i + 1, match[1].str() + "/ stands twice in the map");
    else if (!folders.count(match[1]))
      findings.add(readme_name, i + 1, match[1].str() + "/ is in the map but holds no files");
  }
  for (const std::string& folder : folders)
    if (!mapped.count(folder)) findings.add(readme_name, first, folder + "/ is missing from the map");
}

void check_verbs(const std::string& header, const std::string& list, const std::string& readme, Findings& findings) {
  static const std::regex declaration(R"(\bVerb add_([a-z_]+)\()");
  static const std::regex item(R"re(\{\s*"([a-z-]+)"\s*,\s*"([^"]*)"\s*,\s*"([^"]*)"\s*,\s*add_([a-z_]+)\s*\})re");
  std::set<std::string> listed;
  for (std::sregex_iterator match(list.begin(), list.end(), item), end; match != end; ++match) {
    const std::string name = (*match)[1], help = (*match)[2], example = (*match)[3];
    listed.insert((*match)[4]);
    if (help.empty()) findings.add("scripts/commands.cpp", "verb '" + name + "' has no help");
    if (!example.starts_with("chiasm " + name + " "))
      findings.add("scripts/commands.cpp", "the example of '" + name + "' does not start with 'chiasm " + name + "'");
    if (!std::regex_search(readme, std::regex("\\bchiasm " + name + "\\b")))
      findings.add(readme_name, "'chiasm " + name + "' is not documented");
  }
  for (std::sregex_iterator match(header.begin(), header.end(), declaration), end; match != end; ++match)
    if (!listed.count((*match)[1])) findings.add("scripts/commands.h", "add_" + (*match)[1].str() + " is not in the list of commands.cpp");
}

void check_machine_paths(const std::string& path, const std::string& text, Findings& findings) {
  // In pieces, so that this file keeps the rule too.
  static const std::regex machine(std::string(R"((^|[^A-Za-z0-9_.$}])/(wo)") + R"(rk|ro)" + R"(ot|home/[a-z]+|Users/[A-Za-z]+)/)");
  const Lines lines = split(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i)
    if (lines[i].size() < 5000 && std::regex_search(lines[i], machine)) findings.add(path, i + 1, "path of a machine");
}

}  // namespace chiasm::rules
