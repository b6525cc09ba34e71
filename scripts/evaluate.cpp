#include <CLI/CLI.hpp>
#include <memory>

#include "scripts/commands.h"
#include "scripts/evaluate_run.h"

namespace chiasm {

Verb add_evaluate(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  app.add_option("model", options->model, "A run folder or a bundle.")->required();
  app.add_option("--split", options->split, "Part of the run's split; each use of test is counted and printed.")->capture_default_str();
  app.add_option("--data", options->data, "Another store, evaluated whole.");
  app.add_option("--out", options->out, "Folder for metrics.json, predictions.csv and report.html; default: the run folder.");
  app.add_flag("--allow-seen", options->allow_seen, "Accept patients that shaped the model; every figure is marked contaminated.");
  app.add_flag("--json", options->json, "Print metrics.json instead of a table.");
  return [options] { return evaluate_run(*options); };
}

}  // namespace chiasm
