#include "tests/rules/source.h"

#include <algorithm>
#include <array>
#include <regex>

#include "core/base/text.h"

namespace chiasm::rules {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// End of the comment or literal that starts at `at`, or `at` when none does.
size_t end_of_blank(const std::string& text, size_t at) {
  const auto from = [&](std::string_view mark, size_t start) {
    const size_t found = text.find(mark, start);
    return found == std::string::npos ? text.size() : found + mark.size();
  };
  const bool after_word = at > 0 && is_word(text[at - 1]);
  if (text.compare(at, 2, "//") == 0) return std::min(text.find('\n', at), text.size());
  if (text.compare(at, 2, "/*") == 0) return from("*/", at + 2);
  if (text.compare(at, 2, "R\"") == 0 && !after_word) {
    const size_t open = text.find('(', at);
    return open == std::string::npos ? text.size() : from(")" + text.substr(at + 2, open - at - 2) + "\"", open);
  }
  if (text[at] != '"' && (text[at] != '\'' || after_word)) return at;  // 1'000 holds no literal
  size_t end = at + 1;
  while (end < text.size() && text[end] != text[at] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

// What the text before a brace says the brace opens.
enum class Brace { scope, function, other };

Brace kind_of(const std::string& head) {
  static const std::regex scope(R"(^\s*(template\b.*>\s*)?(inline\s+)?(namespace|class|struct|union|enum|extern)\b[^()=]*$)");
  static const std::array<std::string, 6> after_parameters{"const", "override", "noexcept", "final", "mutable", "try"};
  const std::string text = replace_all(trim(head), "\n", " ");
  if (std::regex_match(text, scope)) return Brace::scope;
  if (text.find('(') == std::string::npos && !text.ends_with(']')) return Brace::other;
  if (text.ends_with(')') || text.ends_with('}') || text.ends_with(']')) return Brace::function;
  size_t start = text.size();
  while (start > 0 && is_word(text[start - 1])) --start;
  const bool qualified = std::find(after_parameters.begin(), after_parameters.end(), text.substr(start)) != after_parameters.end();
  const size_t arrow = text.rfind("->");
  return qualified || (arrow != std::string::npos && arrow > text.rfind(')')) ? Brace::function : Brace::other;
}

// Preprocessor lines open and close nothing.
std::string without_directives(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  bool continued = false;
  for (std::string& line : lines) {
    const bool directive = continued || trim(line).starts_with('#');
    continued = directive && line.ends_with('\\');
    if (directive) line.clear();
  }
  return join(lines, "\n");
}

// Follows the braces of a file.
class Scanner {
 public:
  std::vector<Function> functions;

  void read(char c) {
    if (c == '\n') ++line_;
    if (c == '{') return open();
    if (c == '}') return close();
    if (c == ';' && !inside_function())
      head_.clear();
    else
      head_ += c;
  }

 private:
  struct Open {
    Brace kind;
    size_t line;
    std::string head;
  };

  bool inside_function() const {
    return std::any_of(stack_.begin(), stack_.end(), [](const Open& open) { return open.kind == Brace::function; });
  }

  void open() {
    stack_.push_back({inside_function() ? Brace::other : kind_of(head_), line_, head_});
    head_.clear();
  }

  void close() {
    if (stack_.empty()) return;
    const Open opened = std::move(stack_.back());
    stack_.pop_back();
    if (opened.kind == Brace::function) functions.push_back({opened.line, line_});
    head_ = opened.kind == Brace::other ? opened.head + "{}" : "";  // an initialiser is part of what goes on behind it
  }

  std::vector<Open> stack_;
  std::string head_;
  size_t line_ = 1;
};

}  // namespace

std::string without_comments_and_literals(const std::string& source) {
  std::string text = source;
  for (size_t at = 0; at < source.size();) {
    const size_t end = end_of_blank(source, at);
    for (size_t i = at; i < end; ++i)
      if (text[i] != '\n') text[i] = ' ';
    at = std::max(end, at + 1);
  }
  return text;
}

std::vector<Include> includes(const std::string& source) {
  static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*$)");
  std::vector<Include> found;
  const std::vector<std::string> lines = split(source, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (lines[i].find("include") != std::string::npos && std::regex_match(lines[i], match, directive))
      found.push_back({match[2], i + 1, match[1] == "\""});
  }
  return found;
}

std::vector<Function> functions(const std::string& source) {
  Scanner scanner;
  for (const char c : without_directives(without_comments_and_literals(source))) scanner.read(c);
  return scanner.functions;
}

}  // namespace chiasm::rules
