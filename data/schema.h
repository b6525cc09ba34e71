// What a store holds: inputs and targets, as the data set file declared them. Written as dataset.json.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/specs.h"
#include "data/column.h"

namespace chiasm {

struct StoredInput {
  Form form = Form::image;
  std::string modality;  // ct, mr, xray, text, table
  bool after_reading = false;
  std::vector<std::string> columns;  // table
  int64_t max_rows = 1;
  std::string select = {};  // the written series rule, for the bundle
  std::string ties = {};    // image: more series than max_rows are left by the rule: "refuse" or "first"; "" in older stores, as "first"
  // The input whose earlier study it is, "" when it is no prior; stores of the first version do not say.
  std::optional<std::string> prior_of = {};
  std::map<std::string, ColumnConfig> rules = {};  // table: by column; stores of older versions have none
};

struct StoredTarget {
  TargetKind kind = TargetKind::labels;
  std::vector<std::string> classes;  // labels: names; mask: class names from index 1
  std::string on;                    // mask: its input
  std::vector<std::string> derived_from;
};

struct StoreSchema {
  std::map<std::string, StoredInput> inputs;
  std::map<std::string, StoredTarget> targets;
};

// A prior is part of few studies: a study is complete without it, and a single visit has none.
// Stores of the first version tell priors by their names.
bool is_prior(const StoreSchema& schema, const std::string& input);

Json to_json(const StoreSchema& schema);
StoreSchema schema_from_json(const Json& json);  // throws InputError
// Throws InputError: a bad or repeated name, a mask that is not on an image, columns or classes where none belong.
void check_schema(const StoreSchema& schema);

}  // namespace chiasm
