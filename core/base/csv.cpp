#include "core/base/csv.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Splits text into records. A quoted cell may hold separators and line breaks; a quote inside it is doubled.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& name, char separator) : text_(text), name_(name), separator_(separator) {
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
  }

  // The next record that is not blank; false at the end.
  bool next(std::vector<std::string>& cells) {
    while (at_ < text_.size() && at_line_break()) skip_line_break();
    if (at_ == text_.size()) return false;
    record_line_ = line_;
    cells.clear();
    do cells.push_back(cell());
    while (more_cells());
    return true;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(name_ + ":" + std::to_string(record_line_) + ": " + message);
  }

 private:
  bool at_line_break() const { return text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n"); }

  void skip_line_break() {
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
  }

  bool more_cells() {
    if (at_ == text_.size()) return false;
    if (text_[at_] == separator_) {
      ++at_;
      return true;
    }
    if (!at_line_break()) fail("a quoted cell goes on after its closing quote; double the quotes inside a cell");
    skip_line_break();
    return false;
  }

  std::string cell() { return at_ < text_.size() && text_[at_] == '"' ? quoted() : plain(); }

  std::string plain() {
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && !at_line_break()) {
      if (text_[at_] == '\r') fail("a carriage return without line feed; end lines with LF or CRLF");
      ++at_;
    }
    return checked(std::string(text_.substr(start, at_ - start)));
  }

  std::string quoted() {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '"') {
        ++at_;
        if (at_ == text_.size() || text_[at_] != '"') return checked(std::move(value));
      }
      value += text_[at_];
    }
    fail("a quoted cell has no closing quote");
  }

  std::string checked(std::string value) const {
    if (value.find('\0') != std::string::npos) fail("a NUL byte; this is not a text table");
    if (!is_utf8(value)) fail("a cell is not UTF-8; save the table as UTF-8");
    return value;
  }

  std::string_view text_;
  std::string name_;
  char separator_;
  size_t at_ = 0, line_ = 1, record_line_ = 1;
};

}  // namespace

int Csv::find(std::string_view column) const {
  const auto found = std::find(header.begin(), header.end(), column);
  return found == header.end() ? -1 : static_cast<int>(found - header.begin());
}

int Csv::at(std::string_view column) const {
  const int index = find(column);
  if (index < 0) throw InputError("no column '" + std::string(column) + "'" + did_you_mean(column, header));
  return index;
}

Csv read_csv(const std::filesystem::path& path, char separator) { return parse_csv(read_file(path), path.string(), separator); }

Csv parse_csv(std::string_view text, const std::string& name, char separator) {
  Scanner scanner(text, name, separator);
  Csv csv;
  if (!scanner.next(csv.header)) scanner.fail("no header; the first line names the columns");
  for (auto column = csv.header.begin(); column != csv.header.end(); ++column)
    if (std::find(csv.header.begin(), column, *column) != column) scanner.fail("two columns are named '" + *column + "'");
  std::vector<std::string> cells;
  while (scanner.next(cells)) {
    if (cells.size() != csv.header.size())
      scanner.fail(std::to_string(cells.size()) + " cells; the header has " + std::to_string(csv.header.size()));
    csv.rows.push_back(cells);
  }
  return csv;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    const bool blank_line = cells.size() == 1 && cells[0].empty();
    const bool mark = i == 0 && cells[0].starts_with(byte_order_mark);  // it would be taken for that of the file
    const bool quote = blank_line || mark || cells[i].find_first_of(",\"\r\n") != std::string::npos;
    line += quote ? '"' + replace_all(cells[i], "\"", "\"\"") + '"' : cells[i];
  }
  return line + '\n';
}

}  // namespace chiasm
