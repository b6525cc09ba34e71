#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "scripts/commands.h"
#include "scripts/plan_run.h"

namespace chiasm {
namespace {

struct Call {
  std::string config;
  std::vector<std::string> set;
  int64_t measure = 3;
  bool json = false;
};

int run(const Call& call) {
  keep_freed_memory();
  const RunPlan plan = plan_run(read_run_config(call.config, call.set), call.measure);
  std::cout << (call.json ? to_json(plan).dump(2) + "\n" : to_text(plan));
  return static_cast<int>(Exit::ok);
}

}  // namespace

Verb add_plan(CLI::App& app) {
  auto call = std::make_shared<Call>();
  app.add_option("run", call->config, "The run file (YAML).")->required();
  app.add_option("--set", call->set, "Override, e.g. train.batch=16; may be given several times.");
  app.add_option("--measure", call->measure, "Steps that are timed, after a first one.")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_flag("--json", call->json, "Print the plan as JSON.");
  return [call] { return run(*call); };
}

}  // namespace chiasm
