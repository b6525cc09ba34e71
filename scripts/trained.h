// A trained model from a run folder or a bundle, ready to evaluate, export or predict.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model.h"
#include "data/tokenizer.h"
#include "scripts/preprocess.h"
#include "scripts/run_config.h"

namespace chiasm {

struct Trained {
  std::string folder;
  bool bundle = false;
  RunConfig config;
  Preprocess preprocess;
  std::shared_ptr<const Tokenizer> tokenizer;  // null when the model knows no text
  std::shared_ptr<Model> model;                // in eval mode
};

// Throws InputError when the folder is neither, when a file is damaged or when a weight is missing.
Trained load_trained(const std::string& folder);

}  // namespace chiasm
