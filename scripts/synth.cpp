// chiasm synth --out DIR --patients N --seed S
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/synthetic/ceilings.h"
#include "data/synthetic/cohort.h"
#include "scripts/commands.h"

namespace chiasm {

namespace {

struct SynthCall {
  synthetic::CohortOptions cohort;
  std::string out;
  bool json = false;
};

int run(SynthCall options) {
  options.cohort.out = options.out;
  const synthetic::CohortSummary summary = synthetic::write_cohort(options.cohort);
  const double rate = static_cast<double>(summary.studies) / summary.seconds;
  if (options.json) {
    std::cout << Json{{"path", options.out},
                      {"patients", summary.patients},
                      {"studies", summary.studies},
                      {"files", summary.files},
                      {"studies_per_s", rate}}
                     .dump(2)
              << "\n";
    return static_cast<int>(Exit::ok);
  }
  std::cout << synthetic::ceiling_table() << "\n"
            << summary.patients << " patients, " << summary.studies << " studies, " << summary.files << " DICOM files in "
            << fixed(summary.seconds, 1) << " s (" << fixed(rate, 1) << " studies/s)\n"
            << options.out << "/dataset.yaml\n";
  return static_cast<int>(Exit::ok);
}

}  // namespace

Verb add_synth(CLI::App& app) {
  auto options = std::make_shared<SynthCall>();
  options->cohort.threads = available_cores();
  app.add_option("--out", options->out, "Folder to write; must not exist.")->required();
  app.add_option("--patients", options->cohort.patients, "Number of patients, each with one to three studies.")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--seed", options->cohort.seed, "Another seed, another cohort.")->capture_default_str();
  app.add_option("--threads", options->cohort.threads, "Threads; the result does not depend on them.")->check(CLI::Range(1, 1024));
  app.add_flag("--json", options->json, "Print the result as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
