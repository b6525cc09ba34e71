// The small store with its loader.
#pragma once

#include <memory>

#include "data/loader.h"
#include "tests/loader/stores.h"

namespace chiasm::test {

struct LoaderStore : StudyStore {
  using StudyStore::StudyStore;
  std::unique_ptr<Loader> loader(const LoaderOptions& options) const { return std::make_unique<Loader>(reader, names, tokenizer, options); }
};

inline const LoaderStore& shared_store() {
  static const LoaderStore store(20);
  return store;
}

}  // namespace chiasm::test
