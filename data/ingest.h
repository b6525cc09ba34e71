// `chiasm ingest`: from the sources of a data set file to a store. Parallel by study, with memory for a few studies; the same store for any
// number of threads; goes on where an earlier run stopped; one bad item never stops the others. Jobs of a cluster may each take a part.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "data/dataset_file.h"
#include "data/manifest.h"
#include "data/store/parts.h"

namespace chiasm {

struct IngestOptions {
  std::filesystem::path store;
  int64_t limit = 0;     // 0: all studies
  bool dry_run = false;  // read and check, write nothing
  int threads = 1;
  std::optional<store::Part> part{};  // only these studies, into a folder of their own beside the store; a run without it joins all parts
};

struct IngestReport {
  int64_t found = 0, stored = 0, already = 0;  // studies
  std::map<std::string, int64_t> refused;      // ledger lines of this run by code
  bool partial = false;                        // something was refused that should have been accepted
  Funnel funnel;
};

// Throws UsageError (key file, another key than the store's) and InputError. When an identifier is found in the finished store, the store
// is moved to STORE.withheld and Error is thrown.
IngestReport ingest(const DatasetFile& dataset, const IngestOptions& options);

}  // namespace chiasm
