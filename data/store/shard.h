// One shard: written under a private name, closed, fsynced, read back and renamed, so that a final name is always a whole file.
#pragma once

#include <filesystem>
#include <vector>

#include "data/store/index.h"
#include "data/store/record.h"

namespace chiasm::store {

class OpenShard {
 public:
  // `name` such as "shards/00000.h5". Throws Error when the file cannot be made.
  OpenShard(const std::filesystem::path& folder, std::string name, const StoreSchema& schema);
  ~OpenShard();  // not finished: the file is removed
  OpenShard(const OpenShard&) = delete;
  OpenShard& operator=(const OpenShard&) = delete;
  // Throws Error on a full or failing disk; the shard is of no use then.
  void add(const PackedStudy& study);
  int64_t bytes() const { return bytes_; }
  // Appends itself to the catalogue once it stands under its final name.
  void finish(Catalogue& catalogue);

 private:
  void discard() noexcept;
  std::filesystem::path folder_, partial_;
  std::string name_;
  const StoreSchema& schema_;
  Handle file_;
  std::vector<PlacedEntry> entries_;
  int64_t bytes_ = 0;
};

// Removes what a killed writer left under private names.
void remove_temporary_files(const std::filesystem::path& folder);
// Reads a whole shard, checking every checksum and the schema it was written for. Throws InputError that names it.
std::vector<PlacedEntry> survey_shard(const std::filesystem::path& folder, const std::string& name, const StoreSchema& schema);
// Shards under their final names that the catalogue does not list: a writer was killed before it published. Takes them in.
void adopt_shards(const std::filesystem::path& folder, Catalogue& catalogue);
// The first name that no shard has.
std::string next_shard_name(const std::filesystem::path& folder);

}  // namespace chiasm::store
