// chiasm check STORE
#include "data/check.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/base/threads.h"
#include "scripts/commands.h"

namespace chiasm {

namespace {

struct CheckCall {
  std::string store, split;
  bool json = false;
};

int run(const CheckCall& options) {
  if (options.json) Progress::set_quiet(true);
  const StoreReader store(options.store);
  const CheckReport report = check_store(store, options.split, available_cores());
  std::cout << (options.json ? to_json(report).dump(2) + "\n" : to_text(report));
  return static_cast<int>(report.passed() ? Exit::ok : Exit::failed);
}

}  // namespace

Verb add_check(CLI::App& app) {
  auto options = std::make_shared<CheckCall>();
  app.add_option("store", options->store, "Folder of the store.")->required();
  app.add_option("--split", options->split, "Split file to check against the store.");
  app.add_flag("--json", options->json, "Print the report as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
