// The command line shared by pretrain and finetune.
#pragma once

#include "scripts/train_run.h"

namespace CLI {
class App;
}

namespace chiasm {

void add_train_options(CLI::App& app, TrainOptions& options);

}  // namespace chiasm
