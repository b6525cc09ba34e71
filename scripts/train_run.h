// `chiasm pretrain` and `chiasm finetune`: the same loop with other tasks. Observers around the trainer: run folder, log, checkpoints,
// validation, progress.
#pragma once

#include <string>
#include <vector>

namespace chiasm {

struct TrainOptions {
  std::string config, out;
  std::vector<std::string> set;
  bool resume = false, dry_run = false, json = false, allow_seen = false;
};

// Returns the exit code. SIGTERM and SIGINT: a checkpoint is written and the run leaves with 0 ("stopped"), to be resumed.
int train_run(const TrainOptions& options, const std::string& verb);

}  // namespace chiasm
