// chiasm ingest DATASET.yaml --out STORE
#include "data/ingest.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/dicom/dicom.h"
#include "data/image_file_apart.h"
#include "data/reasons.h"
#include "scripts/commands.h"

namespace chiasm {
namespace {

struct IngestCall {
  std::string dataset, part;
  IngestOptions ingest;
  std::vector<std::string> set;
  bool json = false;
};

void print(const IngestReport& report, const IngestCall& options) {
  if (options.json) {
    std::cout << Json{{"found", report.found},
                      {"stored", report.stored},
                      {"already", report.already},
                      {"refused", report.refused},
                      {"partial", report.partial}}
                     .dump(2)
              << "\n";
    return;
  }
  std::cout << report.found << " studies found, " << report.stored << (options.ingest.dry_run ? " would be stored" : " stored");
  if (report.already > 0) std::cout << ", " << report.already << " there already";
  std::cout << "\n";
  for (const auto& [code, number] : report.refused)
    std::cout << "  " << code << ": " << number << "  " << reason(code).meaning << "; " << reason(code).mend << "\n";
  if (options.ingest.dry_run) return;
  const auto& part = options.ingest.part;
  const fs::path folder = part ? store::part_folder(options.ingest.store, *part) : options.ingest.store;
  std::cout << (part ? "part: " : "store: ") << folder.string() << " (every refused item: ledger.csv; all counts: funnel.csv)\n";
  if (part) std::cout << "when all parts are done, join them by the same command without --part\n";
}

store::Part parse_part(const std::string& text) {
  const size_t slash = text.find('/');
  const auto index = parse_integer(text.substr(0, slash));
  const auto count = slash == std::string::npos ? std::nullopt : parse_integer(text.substr(slash + 1));
  if (!index || !count || *index < 1 || *index > *count || *count > 100000)
    throw UsageError("--part takes i/n with 1 <= i <= n, such as 3/8; not '" + text + "'");
  return {static_cast<int>(*index), static_cast<int>(*count)};
}

int run(IngestCall& options) {
  Progress::set_quiet(options.json);
  log::set_quiet(options.json);
  if (options.ingest.store.empty() && !options.ingest.dry_run) throw UsageError("ingest needs --out STORE (or --dry-run)");
  if (!options.part.empty()) options.ingest.part = parse_part(options.part);
  const DatasetFile dataset = load_dataset(options.dataset, options.set);
  if (!dataset.deidentify.off.empty()) log::warn("de-identification is off: " + dataset.deidentify.off);
  dicom::start();
  start_image_readers();
  const IngestReport report = ingest(dataset, options.ingest);
  print(report, options);
  if (report.stored + report.already == 0 && !(options.ingest.part && report.found == 0)) {
    log::error("no study could be stored; the reasons are above");
    return static_cast<int>(Exit::bad_input);
  }
  return static_cast<int>(report.partial ? Exit::partial : Exit::ok);
}

}  // namespace

Verb add_ingest(CLI::App& app) {
  auto options = std::make_shared<IngestCall>();
  options->ingest.threads = available_cores();
  app.add_option("dataset", options->dataset, "Data set file (YAML).")->required();
  app.add_option("--out", options->ingest.store, "Store to write, or to append to.");
  app.add_option("--set", options->set, "Override, e.g. inputs.ct.ties=first.");
  app.add_option("--limit", options->ingest.limit, "Only the first studies.")->check(CLI::PositiveNumber);
  app.add_option("--part", options->part, "i/n: only this share of the studies, into OUT.part-i-of-n; a run without it joins all parts.");
  app.add_option("--threads", options->ingest.threads, "Studies read at once.")->check(CLI::Range(1, 256));
  app.add_flag("--dry-run", options->ingest.dry_run, "Read, de-identify and check; write nothing.");
  app.add_flag("--json", options->json, "Print the result as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
