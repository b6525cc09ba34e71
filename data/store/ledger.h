// ledger.csv: what happened to every item. Lines first go to a journal, so that a killed ingest loses none of the studies it keeps.
#pragma once

#include <filesystem>

#include "data/store/store.h"

namespace chiasm::store {

class Ledger {
 public:
  // Goes on with the journal of a killed writer.
  explicit Ledger(std::filesystem::path folder);
  // Throws Error on a full disk.
  void add(const LedgerLine& line);
  // Sorted, each line once; the journal is removed.
  void publish();

 private:
  std::filesystem::path folder_, journal_;
};

}  // namespace chiasm::store
