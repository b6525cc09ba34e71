// Store, split, tokenizer and loaders of a run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/dist/group.h"
#include "data/loader.h"
#include "data/split.h"
#include "scripts/preprocess.h"
#include "scripts/run_config.h"

namespace chiasm {

struct RunData {
  std::shared_ptr<const StoreReader> store;
  Split split;
  std::shared_ptr<const Tokenizer> tokenizer;     // null when no text is used
  std::vector<std::string> train, val, test;      // studies, sorted
  std::map<std::string, std::string> patient_of;  // by study
};

// Opens and checks everything the config names. Throws before anything is trained.
RunData open_data(const RunConfig& config);

// What the model needs to know, from the schema alone: nothing is fitted, so no image is read. For checks before a run.
Preprocess sketch_preprocess(const RunConfig& config, const StoreSchema& schema, const Tokenizer* tokenizer);

// Fitted on the train part; taken from the run named by `from:` where it knows the input.
Preprocess make_preprocess(const RunConfig& config, const RunData& data);

// `targets`: what the run's tasks need. The batch counts studies of one rank.
LoaderOptions loader_options(const RunConfig& config, const Preprocess& preprocess, const std::vector<std::string>& targets,
                             const dist::Group& group, bool training, int64_t batch);

}  // namespace chiasm
