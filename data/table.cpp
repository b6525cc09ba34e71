#include "data/table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/text.h"
#include "data/calendar.h"
#include "data/label_map.h"

namespace chiasm {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

const double* code_value(const std::map<std::string, double>& values, const std::string& cell) {
  const auto exact = values.find(cell);
  if (exact != values.end()) return &exact->second;
  for (const auto& [code, meaning] : values)
    if (same_cell(code, cell)) return &meaning;
  return nullptr;
}

// Beyond a detection limit stands the limit.
std::optional<double> number_of(const ColumnConfig& column, const std::string& cell) {
  if (column.limits.size() == 2 && lower(cell) == "-inf") return column.limits[0];
  if (column.limits.size() == 2 && (lower(cell) == "inf" || lower(cell) == "+inf")) return column.limits[1];
  return parse_number(cell);
}

std::string cell_of(const Cells& cells, const std::string& column) {
  const auto found = cells.find(column);
  return found == cells.end() ? "" : trim(found->second);
}

// Code when the value must not be used because of its time.
std::string time_code(const std::string& time, std::optional<int64_t> index_day) {
  if (const auto day = parse_day(time)) return index_day && *day <= *index_day ? "" : "AFTER_INDEX_TIME";
  const auto days_after = parse_number(time);
  if (!days_after) return "BAD_VALUE";
  return *days_after <= 0 ? "" : "AFTER_INDEX_TIME";
}

}  // namespace

CellNumber read_number(const std::string& name, const ColumnConfig& column, const Cells& cells, std::optional<int64_t> index_day) {
  const std::string cell = cell_of(cells, column.from.empty() ? name : column.from);
  const auto is_missing = [&](const std::string& code) { return same_cell(code, cell); };
  if (cell.empty() || std::any_of(column.missing.begin(), column.missing.end(), is_missing)) return {kUnknown, ""};
  if (!column.time.empty())
    if (const std::string code = time_code(cell_of(cells, column.time), index_day); !code.empty()) return {kUnknown, code};
  double value = 0;
  if (const double* meaning = code_value(column.values, cell)) {
    value = *meaning;
  } else {
    const auto number = number_of(column, cell);
    if (!number || !column.values.empty()) return {kUnknown, "BAD_VALUE"};
    value = *number;
  }
  if (column.range.size() == 2 && (value < column.range[0] || value > column.range[1])) return {kUnknown, "BAD_VALUE"};
  return {value, ""};
}

CellNumber read_number(const ColumnConfig& column, const std::string& cell) {
  ColumnConfig alone = column;
  alone.from = alone.time = "";
  if (const auto number = parse_number(trim(cell)))
    for (const auto& code : column.values)
      if (code.second == *number && !column.values.count(trim(cell))) return {*number, ""};
  return read_number("cell", alone, {{"cell", cell}}, std::nullopt);
}

std::vector<std::string> needed_columns(const InputConfig& input) {
  std::vector<std::string> needed;
  for (const auto& [name, column] : input.columns) {
    needed.push_back(column.from.empty() ? name : column.from);
    if (!column.time.empty()) needed.push_back(column.time);
  }
  return needed;
}

std::vector<std::string> needed_columns(const TargetConfig& target) { return target.columns.empty() ? target.readers : target.columns; }

LabelCell read_label(const TargetConfig& target, const std::string& text) {
  const std::string cell = trim(text);
  const std::string* meaning = label_meaning(target.values, cell);
  if (!meaning) return cell.empty() ? LabelCell::missing : LabelCell::bad;
  if (*meaning == "positive") return LabelCell::positive;
  if (*meaning == "negative") return LabelCell::negative;
  return *meaning == "uncertain" ? LabelCell::uncertain : LabelCell::missing;
}

namespace {

double value_of(LabelCell meaning, const TargetConfig& target) {
  if (meaning == LabelCell::positive) return 1;
  if (meaning == LabelCell::negative) return 0;
  if (meaning != LabelCell::uncertain || target.uncertain == "ignore") return kUnknown;
  return target.uncertain == "positive" ? 1 : 0;
}

// Readers without a known value do not vote.
void add_vote(const TargetConfig& target, const std::vector<LabelCell>& readers, LabelValues& labels) {
  double sum = 0, votes = 0;
  for (const LabelCell reader : readers)
    if (const double value = value_of(reader, target); !std::isnan(value)) {
      sum += value;
      votes += 1;
    }
  const bool bad = std::find(readers.begin(), readers.end(), LabelCell::bad) != readers.end();
  const bool uncertain = std::find(readers.begin(), readers.end(), LabelCell::uncertain) != readers.end();
  const LabelCell none = bad ? LabelCell::bad : (uncertain ? LabelCell::uncertain : LabelCell::missing);
  const double mean = votes > 0 ? sum / votes : kUnknown;
  const bool tie = votes == 0 || mean == 0.5;
  labels.meanings.push_back(tie ? (votes == 0 ? none : LabelCell::uncertain) : (mean > 0.5 ? LabelCell::positive : LabelCell::negative));
  if (target.vote == "mean")
    labels.values.push_back(mean);
  else
    labels.values.push_back(tie ? kUnknown : (mean > 0.5 ? 1.0 : 0.0));
}

}  // namespace

LabelValues read_labels(const TargetConfig& target, const Cells& cells) {
  LabelValues labels;
  for (const std::string& column : target.columns) {
    labels.meanings.push_back(read_label(target, cell_of(cells, column)));
    labels.values.push_back(value_of(labels.meanings.back(), target));
  }
  if (!target.columns.empty()) return labels;
  std::vector<LabelCell> readers;
  for (const std::string& column : target.readers) readers.push_back(read_label(target, cell_of(cells, column)));
  add_vote(target, readers, labels);
  return labels;
}

std::string name_of(LabelCell meaning) {
  switch (meaning) {
    case LabelCell::positive:
      return "positive";
    case LabelCell::negative:
      return "negative";
    case LabelCell::uncertain:
      return "uncertain";
    case LabelCell::missing:
      return "missing";
    case LabelCell::bad:
      break;
  }
  return "unknown value";
}

}  // namespace chiasm
