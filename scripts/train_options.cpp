#include "scripts/train_options.h"

#include <CLI/CLI.hpp>

namespace chiasm {

void add_train_options(CLI::App& app, TrainOptions& options) {
  app.add_option("run", options.config, "The run file (YAML).")->required();
  app.add_option("--out", options.out, "Run folder; default runs/DATE-NAME. Never overwritten.");
  app.add_option("--set", options.set, "Override, e.g. train.lr=1e-4; may be given several times.");
  app.add_flag("--resume", options.resume, "Go on from the newest checkpoint in --out.");
  app.add_flag("--dry-run", options.dry_run, "Check everything and say what would run.");
  app.add_flag("--allow-seen", options.allow_seen,
               "Accept test patients that shaped the starting weights; figures are marked contaminated.");
  app.add_flag("--json", options.json, "Print the result as JSON.");
}

}  // namespace chiasm
