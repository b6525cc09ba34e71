// Pages of one HTML file without any outside resource: text is escaped, pictures and charts are inside. Every function returns markup
// that may be joined by +. Arguments named `text`, `title`, cells and captions are plain text; `body` is markup.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chiasm::report {

// Text for element content and double- or single-quoted attributes. Bytes that are no UTF-8 and control characters become '?'.
std::string escape(std::string_view text);

// The whole document: light, printable, readable on a phone.
std::string html_page(const std::string& title, const std::string& body);

std::string heading(int level, const std::string& text);  // 1 to 4
std::string paragraph(const std::string& text);
// A framed remark above other content; `warning` gives it the warning colour.
std::string banner(const std::string& text, bool warning = false);
// A part that a reader may fold; printed and shown open unless `open` is false.
std::string section(const std::string& title, const std::string& body, bool open = true);

// Cells that start like a number are set to the right. Rows may be shorter than the header.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
// Two texts next to each other (below each other on a phone); line breaks are kept.
std::string side_by_side(const std::string& left_title, const std::string& left, const std::string& right_title, const std::string& right);

}  // namespace chiasm::report
