#include "core/evaluate/rows.h"

#include <cmath>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm::evaluate {
namespace {

const std::vector<std::string> columns{"study", "patient", "split", "fold", "subset", "task", "target", "label", "score_raw", "score"};

std::string number(double value) { return std::isnan(value) ? "" : format_number(value); }

double value_of(const std::string& cell, const std::string& where) {
  if (cell.empty()) return std::nan("");
  const auto value = parse_number(cell);
  if (!value) throw InputError(where + ": '" + cell + "' is not a number");
  return *value;
}

}  // namespace

void write_rows(const std::filesystem::path& path, const std::vector<Row>& rows) {
  std::string text = csv_line(columns);
  for (const Row& row : rows)
    text += csv_line({row.study, row.patient, row.split, std::to_string(row.fold), row.subset, row.task, row.target, number(row.label),
                      number(row.raw), number(row.score)});
  write_file_atomic(path, text);
}

std::vector<Row> read_rows(const std::filesystem::path& path) {
  const Csv csv = read_csv(path);
  if (csv.header != columns) throw InputError(path.string() + ": not a predictions file; its columns must be " + join(columns, ","));
  std::vector<Row> rows;
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    const auto& cells = csv.rows[i];
    const std::string where = path.string() + ":" + std::to_string(i + 2);
    rows.push_back({cells[0], cells[1], cells[2], static_cast<int>(value_of(cells[3], where)), cells[4], cells[5], cells[6],
                    value_of(cells[7], where), value_of(cells[8], where), value_of(cells[9], where)});
  }
  return rows;
}

Json to_json(const Figure& figure) {
  const auto number_or_null = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  return {{"value", number_or_null(figure.value)},
          {"low", number_or_null(figure.low)},
          {"high", number_or_null(figure.high)},
          {"n", figure.n},
          {"n_patients", figure.patients},
          {"n_positive", figure.positives},
          {"method", figure.method}};
}

}  // namespace chiasm::evaluate
