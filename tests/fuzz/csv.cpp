// CSV tables: rows are as wide as the header, and what was read can be written and read again.
#include "core/base/csv.h"

#include <optional>

#include "core/base/error.h"
#include "core/base/text.h"
#include "tests/fuzz/truth.h"

using namespace chiasm;
using fuzz::truth;

namespace {

void check_table(const Csv& csv) {
  truth(!csv.header.empty(), "a table has a column");
  std::string again = csv_line(csv.header);
  for (const std::vector<std::string>& row : csv.rows) {
    truth(row.size() == csv.header.size(), "a row is as wide as the header");
    for (const std::string& cell : row) truth(is_utf8(cell), "a cell is UTF-8");
    again += csv_line(row);
  }
  for (size_t n = 0; n < csv.header.size(); ++n) truth(csv.at(csv.header[n]) == static_cast<int>(n), "a column is found by its name");
  const Csv back = parse_csv(again, "again");
  truth(back.header == csv.header && back.rows == csv.rows, "a written table is read as it was");
}

}  // namespace

// The first byte chooses the separator.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const char separators[] = {',', ';', '\t', '|'};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::optional<Csv> csv;
  try {
    csv = parse_csv(text, "table", separators[data[0] % 4]);
  } catch (const InputError&) {
    return 0;
  }
  check_table(*csv);
  return 0;
}
