// chiasm check STORE
#include "data/check.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/base/threads.h"
#include "scripts/check_page.h"
#include "scripts/commands.h"

namespace chiasm {

namespace {

struct CheckCall {
  std::string store, split, out;
  bool json = false;
};

int run(const CheckCall& options) {
  if (options.json) Progress::set_quiet(true);
  const StoreReader store(options.store);
  const CheckReport report = check_store(store, options.split, available_cores());
  if (!options.out.empty()) {
    const fs::path out = options.out;
    write_json(out / "check.json", to_json(report));
    write_json(out / "fingerprint.json", report.train.empty() ? to_json(report.intensities, report.data_sha256, "all")
                                                              : to_json(report.train, report.data_sha256, "train"));
    write_file_atomic(out / "check.html", check_page(report, store));
  }
  std::cout << (options.json ? to_json(report).dump(2) + "\n" : to_text(report));
  return static_cast<int>(report.passed() ? Exit::ok : Exit::failed);
}

}  // namespace

Verb add_check(CLI::App& app) {
  auto options = std::make_shared<CheckCall>();
  app.add_option("store", options->store, "Folder of the store.")->required();
  app.add_option("--split", options->split, "Split file to check against the store.");
  app.add_option("--out", options->out,
                 "Folder for check.html (with pictures of what is suspicious), check.json and fingerprint.json (sizes, spacings and "
                 "intensities of the images, of the train part when there is a split).");
  app.add_flag("--json", options->json, "Print the report as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
