// chiasm scan DATASET.yaml
#include "data/scan.h"

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
#include "data/agreement.h"
#include "data/dicom/dicom.h"
#include "data/image_file_apart.h"
#include "data/ingest_study.h"
#include "scripts/commands.h"
#include "scripts/scan_page.h"

namespace chiasm {
namespace {

struct ScanOptions {
  std::string dataset, out;
  std::vector<std::string> set;
  int threads = available_cores();
  bool json = false;
};

int run(const ScanOptions& options) {
  Progress::set_quiet(options.json);
  log::set_quiet(options.json);
  const DatasetFile dataset = load_dataset(options.dataset, options.set);
  dicom::start();
  start_image_readers();
  const ScanResult result = scan(dataset, options.threads);
  const fs::path folder = options.out.empty() ? default_scan_folder(dataset) : fs::path(options.out);
  write_scan(result, folder);
  write_file_atomic(folder / "scan.html", scan_page(dataset, result));
  std::map<std::string, int64_t> refused;
  bool partial = false;
  for (const ScanRefusal& line : result.refusals) {
    refused[line.code] += 1;
    partial = partial || !is_harmless(line.code);
  }
  if (options.json) {
    std::cout << Json{{"studies", result.studies.size()},
                      {"items", manifest_rows(result).size()},
                      {"refused", refused},
                      {"folder", folder.string()}}
                     .dump(2)
              << "\n";
  } else {
    std::cout << result.studies.size() << " studies, " << manifest_rows(result).size() << " items\n";
    for (const Agreement& pair : reader_agreement(dataset, result))
      std::cout << "  " << pair.target << ", " << pair.first << " and " << pair.second << ": kappa " << fixed(pair.kappa, 3) << " over "
                << pair.studies << " studies\n";
    for (const auto& [code, number] : refused) std::cout << "  " << code << ": " << number << "\n";
    std::cout << "manifest.csv, funnel.csv, refused.csv and scan.html (confidential: they name and show patients) in " << folder.string()
              << "\n";
  }
  return static_cast<int>(partial ? Exit::partial : Exit::ok);
}

}  // namespace

Verb add_scan(CLI::App& app) {
  auto options = std::make_shared<ScanOptions>();
  app.add_option("dataset", options->dataset, "Data set file (YAML).")->required();
  app.add_option("--out", options->out, "Folder for manifest and funnel; default: DATASET.scan beside the file, for its owner only.");
  app.add_option("--set", options->set, "Override, e.g. inputs.ct.ties=first.");
  app.add_option("--threads", options->threads, "Threads that read headers.")->check(CLI::Range(1, 256));
  app.add_flag("--json", options->json, "Print the result as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
