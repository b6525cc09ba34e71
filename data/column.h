// How the cells of one column of a table become numbers. The rules travel with a data set into its store and its bundles, so that
// `chiasm predict` reads a clinical table as ingest did.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace chiasm {

struct ColumnConfig {
  std::string from;  // column of the table; default: the name
  std::string unit;  // UCUM
  std::vector<std::string> missing;
  std::map<std::string, double> values;  // codes
  std::vector<double> range;             // low, high
  std::vector<double> limits;            // of detection: the numbers that the cells -inf and inf count as
  std::string time;                      // column: when the value was taken (date, or days after the index time)
};

// Without `from` and `time`, which speak of the table that was read once.
Json to_json(const ColumnConfig& column);
ColumnConfig column_from_json(const Json& json);  // throws Json::exception

}  // namespace chiasm
