// chiasm config explain | check | show | diff
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "scripts/assemble.h"
#include "scripts/commands.h"
#include "scripts/data_setup.h"
#include "scripts/run_config.h"

namespace chiasm {
namespace {

struct ConfigOptions {
  std::string action, first, second;
  std::vector<std::string> set;
};

std::string resolved(const std::string& path, const std::vector<std::string>& set) {
  return config::write_yaml(read_run_config(path, set));
}

int show_difference(const ConfigOptions& options) {
  const auto a = split(resolved(options.first, options.set), '\n'), b = split(resolved(options.second, options.set), '\n');
  const auto print = [](const char* mark, const std::vector<std::string>& lines, const std::vector<std::string>& others) {
    for (const std::string& line : lines)
      if (std::find(others.begin(), others.end(), line) == others.end()) std::cout << mark << line << "\n";
  };
  print("- ", a, b);
  print("+ ", b, a);
  return static_cast<int>(Exit::ok);
}

// With the store at hand the tasks are built too: a leaking input or a missing target is told here, from the schema alone.
int check_run(const ConfigOptions& options) {
  const RunConfig config = read_run_config(options.first, options.set);
  if (fs::exists(fs::path(config.data.store) / "dataset.json")) {
    const RunData data = open_data(config);
    assemble(config, sketch_preprocess(config, data.store->schema(), data.tokenizer.get()), 0);
    std::cout << options.first << ": ok\n";
  } else {
    std::cout << options.first << ": ok by itself; the store " << config.data.store
              << " is not there, so names of inputs and targets are unchecked\n";
  }
  return static_cast<int>(Exit::ok);
}

int run(const ConfigOptions& options) {
  if (options.action == "explain") {
    std::cout << config::explain<RunConfig>();
    return static_cast<int>(Exit::ok);
  }
  if (options.first.empty()) throw UsageError("config " + options.action + " needs a run file");
  if (options.action == "diff") {
    if (options.second.empty()) throw UsageError("config diff needs two run files");
    return show_difference(options);
  }
  if (options.action == "check") return check_run(options);
  std::cout << resolved(options.first, options.set);
  return static_cast<int>(Exit::ok);
}

}  // namespace

Verb add_config(CLI::App& app) {
  auto options = std::make_shared<ConfigOptions>();
  app.add_option("action", options->action, "explain, check, show or diff")
      ->required()
      ->check(CLI::IsMember({"explain", "check", "show", "diff"}));
  app.add_option("run", options->first, "A run file (check, show, diff).");
  app.add_option("other", options->second, "Another run file (diff).");
  app.add_option("--set", options->set, "Override, e.g. train.lr=1e-4.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
