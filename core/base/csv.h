// RFC 4180 tables: quoted cells, CRLF or LF, UTF-8 with or without byte-order mark.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm {

struct Csv {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as wide as the header

  // Index of a column, or -1.
  int find(std::string_view column) const;
  // Index of a column. Throws InputError with the near name.
  int at(std::string_view column) const;
};

// Throws InputError naming path and line: no header, duplicate column, ragged row, open quote, NUL byte.
Csv read_csv(const std::filesystem::path& path, char separator = ',');
Csv parse_csv(std::string_view text, const std::string& name, char separator = ',');

// One line with newline; cells with separator, quote or line break are quoted.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace chiasm
