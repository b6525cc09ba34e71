// dataset.json and index.csv: what a store holds and the digests that prove it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/store/store.h"

namespace chiasm::store {

inline constexpr int kFormatVersion = 2;

struct ShardInfo {
  std::string file, sha256;  // file: relative to the store
  int64_t bytes = 0, studies = 0;
};

struct PlacedEntry {
  StudyEntry entry;
  std::string shard;  // as ShardInfo::file
  int64_t position = 0, bytes = 0;
};

// All that is published of a store.
struct Catalogue {
  StoreSchema schema;
  std::vector<ShardInfo> shards;     // sorted by file
  std::vector<PlacedEntry> entries;  // sorted by study
  std::string data_sha256;
  int format_version = kFormatVersion;  // a store of an older version takes the present one with its next shard
};

// Columns: study,patient,shard,position,bytes,input.NAME (rows),length.NAME (of texts),label.NAME.CLASS (value, empty = unknown),mask.NAME
// (1 or empty),fact.NAME.
std::string index_csv(const Catalogue& catalogue);

// Reads both files and checks them against each other. InputError: not a store, unfinished, wrong version, damaged.
Catalogue load_catalogue(const std::filesystem::path& folder);
// Writes index.csv, then dataset.json.
void publish(Catalogue& catalogue, const std::filesystem::path& folder);
// The schema of dataset.json alone.
StoreSchema load_schema(const std::filesystem::path& folder);

}  // namespace chiasm::store
