// report.html of an evaluation: one file to read, print or send. Page one: the funnel, inputs as the model sees them, weights, the model
// beside its baselines, a right and a wrong case. Then loss curves, ROC, overlays, reports, subsets and subgroups. What an evaluation did
// not make is left out. Names are the store's pseudonyms.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "data/store/store.h"
#include "scripts/findings.h"
#include "scripts/trained.h"

namespace chiasm {

struct PageInput {
  const Trained& trained;
  const StoreReader& store;
  const std::vector<std::string>& studies;  // that were judged
  const Findings& findings;
  const Json& metrics;           // as in metrics.json
  std::filesystem::path folder;  // of the evaluation; its predictions/ holds the segmentations
};

// Atomic.
void write_page(const std::filesystem::path& path, const PageInput& input);

}  // namespace chiasm
