#include "core/report/html.h"

#include <algorithm>
#include <cctype>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/report/style.h"

namespace chiasm::report {
namespace {

bool looks_numeric(const std::string& cell) {
  const size_t digit = cell.find_first_not_of("+-<. ");
  return digit != std::string::npos && digit <= 2 && std::isdigit(static_cast<unsigned char>(cell[digit])) != 0;
}

std::string cell(const std::string& text) { return (looks_numeric(text) ? "<td class=\"number\">" : "<td>") + escape(text) + "</td>"; }

// A column is numeric when every filled cell of it is: its title goes to the right, too.
bool numeric_column(const std::vector<std::vector<std::string>>& rows, size_t column) {
  bool any = false;
  for (const auto& row : rows) {
    if (column >= row.size() || row[column].empty()) continue;
    if (!looks_numeric(row[column])) return false;
    any = true;
  }
  return any;
}

}  // namespace

std::string escape(std::string_view text) {
  const bool utf8 = is_utf8(text);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      out += '?';
    } else {
      out += c;
    }
  }
  return out;
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         escape(title) + "</title>\n<style>\n" + style_sheet() + "</style>\n</head>\n<body>\n<main>\n" + heading(1, title) + body +
         "</main>\n</body>\n</html>\n";
}

std::string heading(int level, const std::string& text) {
  check(level >= 1 && level <= 4, "a heading has level 1 to 4");
  const std::string tag = "h" + std::to_string(level);
  return "<" + tag + ">" + escape(text) + "</" + tag + ">\n";
}

std::string paragraph(const std::string& text) { return "<p>" + escape(text) + "</p>\n"; }

std::string banner(const std::string& text, bool warning) {
  return std::string("<p class=\"banner") + (warning ? " warning" : "") + "\">" + escape(text) + "</p>\n";
}

std::string section(const std::string& title, const std::string& body, bool open) {
  return std::string("<details") + (open ? " open=\"open\"" : "") + ">\n<summary>" + escape(title) + "</summary>\n" + body + "</details>\n";
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"table\"><table>\n<thead><tr>";
  for (size_t c = 0; c < header.size(); ++c)
    out += (numeric_column(rows, c) ? "<th class=\"number\">" : "<th>") + escape(header[c]) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    check(row.size() <= header.size(), "a table row is wider than its header");
    out += "<tr>";
    for (const std::string& text : row) out += cell(text);
    for (size_t c = row.size(); c < header.size(); ++c) out += "<td></td>";
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table></div>\n";
}

std::string side_by_side(const std::string& left_title, const std::string& left, const std::string& right_title, const std::string& right) {
  const auto half = [](const std::string& title, const std::string& text) {
    return "<div><h4>" + escape(title) + "</h4><p class=\"text\">" + escape(text) + "</p></div>";
  };
  return "<div class=\"pair\">" + half(left_title, left) + half(right_title, right) + "</div>\n";
}

}  // namespace chiasm::report
