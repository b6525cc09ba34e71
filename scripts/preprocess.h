// What must be known beside the weights to repeat a run's inputs elsewhere: preprocess.json of runs and bundles.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/specs.h"
#include "data/loader.h"
#include "data/schema.h"

namespace chiasm {

struct Preprocess {
  StoreSchema schema;                                                      // how the data set names and selects inputs
  std::map<std::string, Preparation> preparations;                         // by image input
  std::map<std::string, std::vector<std::array<double, 2>>> table_scales;  // by table input: mean, deviation per column
  std::map<std::string, int64_t> text_lengths;                             // by text input and text target
  InputSpecs inputs;
  TargetSpecs targets;
};

Json to_json(const Preprocess& preprocess);
Preprocess preprocess_from_json(const Json& json);  // throws InputError

}  // namespace chiasm
