#include "data/text_sections.h"

#include <optional>
#include <vector>

#include "core/base/text.h"

namespace chiasm {

namespace {

struct Heading {
  const char *words, *section;
};

// Longer phrases first, so that "history" does not cut "history of present illness".
const std::vector<Heading>& headings() {
  static const std::vector<Heading> list{
      {"history of present illness", "indication"},
      {"reason for this examination", "indication"},
      {"reason for examination", "indication"},
      {"reason for exam", "indication"},
      {"reason for study", "indication"},
      {"clinical information", "indication"},
      {"clinical indication", "indication"},
      {"clinical question", "indication"},
      {"clinical history", "indication"},
      {"clinical details", "indication"},
      {"clinical data", "indication"},
      {"indications", "indication"},
      {"indication", "indication"},
      {"history", "indication"},
      {"comparison studies", "comparison"},
      {"comparisons", "comparison"},
      {"comparison", "comparison"},
      {"examination", "technique"},
      {"procedure", "technique"},
      {"technique", "technique"},
      {"protocol", "technique"},
      {"exam", "technique"},
      {"observations", "findings"},
      {"description", "findings"},
      {"findings", "findings"},
      {"finding", "findings"},
      {"impressions", "impression"},
      {"impression", "impression"},
      {"conclusions", "impression"},
      {"conclusion", "impression"},
      {"assessment", "impression"},
      {"diagnosis", "impression"},
      {"opinion", "impression"},
      {"summary", "impression"},
      {"recommendations", "recommendation"},
      {"recommendation", "recommendation"},
  };
  return list;
}

// "Findings:" within a line counts only with its colon; alone on a line it needs none.
struct Start {
  std::string section, rest;
};

bool is_mark(char c) { return c == '*' || c == '#' || c == '_' || c == ' ' || c == '\t' || c == '\r'; }

std::string without_marks(std::string text) {
  while (!text.empty() && is_mark(text.front())) text.erase(text.begin());
  while (!text.empty() && is_mark(text.back())) text.pop_back();
  return text;
}

// Length of one of `marks` at `text`: ':' or the full-width colon of East Asian reports.
size_t colon_at(const std::string& text) {
  if (starts_with(text, ":")) return 1;
  return starts_with(text, "\xEF\xBC\x9A") ? 3 : 0;
}

std::optional<Start> heading_of(const std::string& line) {
  const std::string plain = without_marks(line), low = lower(plain);
  for (const Heading& heading : headings()) {
    if (!starts_with(low, heading.words)) continue;
    std::string after = plain.substr(std::string(heading.words).size());
    while (!after.empty() && is_mark(after.front())) after.erase(after.begin());
    if (after.empty()) return Start{heading.section, ""};
    if (const size_t colon = colon_at(after)) return Start{heading.section, without_marks(after.substr(colon))};
  }
  return std::nullopt;
}

// Length of a heading in capitals with its colon at `text`, e.g. "FINDINGS:"; 0 when there is none.
size_t capital_heading_at(const std::string& text) {
  for (const Heading& heading : headings()) {
    const std::string words = upper(heading.words);
    if (!starts_with(text, words)) continue;
    if (const size_t colon = colon_at(text.substr(words.size()))) return words.size() + colon;
  }
  return 0;
}

// Capitals with a colon are a heading in the middle of a line too: "... chest pain. FINDINGS: The lungs".
std::vector<std::string> broken_at_capitals(const std::string& line) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (i > 0 && line[i - 1] != ' ') continue;
    const size_t length = capital_heading_at(line.substr(i));
    if (length == 0) continue;
    if (i > begin) lines.push_back(line.substr(begin, i - begin));
    begin = i;
    i += length - 1;
  }
  lines.push_back(line.substr(begin));
  return lines;
}

}  // namespace

std::map<std::string, std::string> sections(const std::string& report) {
  std::map<std::string, std::vector<std::string>> lines;
  std::string current;
  for (const std::string& whole : split(report, '\n'))
    for (const std::string& line : broken_at_capitals(whole)) {
      const auto start = heading_of(line);
      if (start) current = start->section;
      lines[current].push_back(start ? start->rest : trim(line));
    }
  std::map<std::string, std::string> texts;
  for (const auto& [section, parts] : lines)
    if (const std::string text = trim(join(parts, "\n")); !text.empty()) texts[section] = text;
  return texts;
}

}  // namespace chiasm
