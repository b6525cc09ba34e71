// One found study to a store record: read, de-identified, checked. What cannot be taken becomes a ledger line; the rest goes on.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "data/deidentify.h"
#include "data/scan.h"
#include "data/store/store.h"

namespace chiasm {

struct BuiltStudy {
  std::optional<StudyRecord> record;                 // none: nothing of the study could be used
  std::shared_ptr<const store::PackedStudy> packed;  // for the store
  std::vector<LedgerLine> ledger;
  std::map<std::string, std::string> items;  // pseudonym and source of each item of the ledger: for the linkage table alone
  Funnel funnel;                             // what was accepted
};

// Pixels of one image are decoded by up to `threads` threads.
BuiltStudy build_study(const DatasetFile& dataset, const StoreSchema& schema, const Deidentifier& deidentifier,
                       const deid::Identity& identity, const FoundStudy& found, int threads);

// Counts a stored study and its known labels.
void count_accepted(const StudyEntry& entry, const StoreSchema& schema, Funnel& funnel);

// Codes that stand for data that nobody would want (a scout, an unchosen series, an empty section): no reason to call an ingest partial.
bool is_harmless(const std::string& code);

}  // namespace chiasm
