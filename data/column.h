// How the cells of one column of a table become numbers. The rules travel with a data set into its store and its bundles, so that
// `chiasm predict` reads a clinical table as ingest did.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace chiasm {

namespace config {
class Visitor;
}

struct ColumnConfig {
  std::string from;  // column of the table; default: the name
  std::string unit;  // UCUM
  std::vector<std::string> missing;
  std::map<std::string, double> values;  // codes
  std::vector<double> range;             // low, high
  std::vector<double> limits;            // of detection: the numbers that the cells -inf and inf count as
  std::string time;                      // column: when the value was taken (date, or days after the index time)
};

void fields(config::Visitor& v, ColumnConfig& c);

}  // namespace chiasm
