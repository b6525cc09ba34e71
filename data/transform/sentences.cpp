#include "data/transform/sentences.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/text.h"

namespace chiasm::transform {
namespace {

using std::string_view;

constexpr string_view blanks = " \t\r\n\f\v";
constexpr std::array<string_view, 4> wide_marks{"\u3002", "\uFF01", "\uFF1F", "\uFF61"};
constexpr std::array<string_view, 9> closers{"\"", "'", ")", "]", "\u201D", "\u2019", "\u300D", "\u300F", "\uFF09"};
constexpr std::array<string_view, 16> abbreviations{"dr", "mr",  "mrs", "ms",     "prof", "st",   "no",  "vs",
                                                    "cf", "fig", "ca",  "approx", "resp", "incl", "pat", "inc"};

bool is_blank(char c) { return blanks.find(c) != string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Length of the first of `list` that `text` begins with; 0 when there is none.
template <size_t n>
size_t length_of(string_view text, const std::array<string_view, n>& list) {
  for (const string_view item : list)
    if (text.starts_with(item)) return item.size();
  return 0;
}

// `before`: the sentence up to its full stop.
bool stands_in_a_sentence(string_view before) {
  const size_t gap = before.find_last_of(blanks);
  string_view word = gap == string_view::npos ? before : before.substr(gap + 1);
  while (!word.empty() && (word.front() == '(' || word.front() == '"')) word.remove_prefix(1);
  if (word.empty()) return false;
  if (gap == string_view::npos && std::all_of(word.begin(), word.end(), is_digit)) return true;
  if (!is_letter(word.front())) return false;
  if (word.size() == 1) return word.front() < 'a';  // an initial
  if (word.find('.') != string_view::npos) return true;
  return std::find(abbreviations.begin(), abbreviations.end(), lower(word)) != abbreviations.end();
}

// Bytes of the closing marks at `at` of a sentence that began at `begin`; 0 when it goes on.
size_t closing(string_view text, size_t begin, size_t at) {
  size_t end = at;
  bool wide = false;
  while (end < text.size()) {
    const size_t length = length_of(text.substr(end), wide_marks);
    if (length == 0 && string_view(".!?").find(text[end]) == string_view::npos) break;
    wide = wide || length > 0;
    end += std::max<size_t>(length, 1);
  }
  if (end == at) return 0;
  if (end == at + 1 && text[at] == '.' && stands_in_a_sentence(text.substr(begin, at - begin))) return 0;
  while (const size_t length = length_of(text.substr(end), closers)) end += length;
  return wide || end == text.size() || is_blank(text[end]) ? end - at : 0;
}

bool begins_item(string_view line) {
  if (line.starts_with("- ") || line.starts_with("* ") || line.starts_with("\u2022")) return true;
  size_t digits = 0;
  while (digits < line.size() && is_digit(line[digits])) ++digits;
  if (digits == 0 || digits + 1 >= line.size()) return false;
  return (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
}

// Does the white space from `at` to `end` part two sentences by itself?
bool parts(string_view text, size_t at, size_t end) {
  const auto breaks = std::count(text.begin() + static_cast<long>(at), text.begin() + static_cast<long>(end), '\n');
  return end == text.size() || breaks > 1 || (breaks == 1 && begins_item(text.substr(end)));
}

size_t behind_blanks(string_view text, size_t at) { return std::min(text.find_first_not_of(blanks, at), text.size()); }

}  // namespace

std::vector<Sentence> sentences(const std::string& text) {
  std::vector<Sentence> found;
  size_t begin = behind_blanks(text, 0);
  for (size_t at = begin; at < text.size();) {
    const size_t marks = closing(text, begin, at);
    const size_t stop = at + marks, next = behind_blanks(text, stop);
    if (marks > 0 || (next > at && parts(text, at, next))) {
      found.push_back({text.substr(begin, stop - begin), text.substr(stop, next - stop), marks > 0});
      begin = at = next;
    } else {
      at = std::max(next, at + 1);
    }
  }
  if (begin < text.size()) found.push_back({text.substr(begin), "", false});
  return found;
}

}  // namespace chiasm::transform
