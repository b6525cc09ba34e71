#include <CLI/CLI.hpp>
#include <memory>

#include "scripts/commands.h"
#include "scripts/train_options.h"

namespace chiasm {

Verb add_finetune(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  add_train_options(app, *options);
  return [options] { return train_run(*options, "finetune"); };
}

}  // namespace chiasm
