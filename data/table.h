// Cells to numbers: columns with units, missing codes and value maps; label maps and readers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_file.h"
#include "data/manifest.h"

namespace chiasm {

// A number, or NaN. `code`: "" (a value, or missing by rule), BAD_VALUE or AFTER_INDEX_TIME.
struct CellNumber {
  double value;
  std::string code;
};

// `index_day`: the day of the study (days since 1970), if known; a value taken later is dropped.
CellNumber read_number(const std::string& name, const ColumnConfig& column, const Cells& cells, std::optional<int64_t> index_day);

// The same for a cell that stands alone, as a user of a bundle writes it: a code of the column, or the number that a code stands for.
CellNumber read_number(const ColumnConfig& column, const std::string& cell);

// The columns of a table that an input or target needs.
std::vector<std::string> needed_columns(const InputConfig& input);
std::vector<std::string> needed_columns(const TargetConfig& target);

enum class LabelCell { positive, negative, uncertain, missing, bad };
LabelCell read_label(const TargetConfig& target, const std::string& cell);

// One value per class in [0, 1], NaN for unknown; `meanings` holds what each class was read as (of several readers: after the vote).
struct LabelValues {
  std::vector<double> values;
  std::vector<LabelCell> meanings;
};
LabelValues read_labels(const TargetConfig& target, const Cells& cells);

// "positive", ...: the codes of the funnel.
std::string name_of(LabelCell meaning);

}  // namespace chiasm
