// Parts of a store, written by several jobs side by side (`chiasm ingest --part i/n`) and joined by one later run: STORE.part-i-of-n, each
// a store of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/store/store.h"

namespace chiasm::store {

// Part `index` (1 ... count) of all studies.
struct Part {
  int index = 1, count = 1;
};

std::filesystem::path part_folder(const std::filesystem::path& folder, const Part& part);
// Whether the part takes the study: by a hash of its name, so that every job agrees without asking another.
bool takes(const Part& part, const std::string& study);

// Moves every whole shard of every part beside `folder` into it and gives the lines of their ledgers; a writer opened next takes the
// shards in. A killed run is made good by the next. InputError: parts of different counts. Error: a part is being written.
std::vector<LedgerLine> take_parts(const std::filesystem::path& folder);
// After the commit: the emptied folders of the parts.
void remove_parts(const std::filesystem::path& folder);

}  // namespace chiasm::store
