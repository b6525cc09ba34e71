// What a StoredStudy knows: the record without voxels, and where the voxels lie.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "data/store/hdf5.h"
#include "data/store/store.h"

namespace chiasm {

struct StoredVolume {
  store::StoredArray voxels, valid;  // `valid` without size: all real
};

struct StoredStudy::Layout {
  std::filesystem::path path;
  std::shared_ptr<const store::ShardFile> file;
  StudyRecord record;
  std::map<std::string, std::vector<StoredVolume>> images;  // image inputs: one per row
  std::map<std::string, StoredVolume> masks;
  std::map<std::string, std::vector<LabelledVoxel>> examples;
  int64_t packed_bytes() const;  // of arrays and texts in the shard
  int64_t memory_bytes() const;  // of the layout itself, about
};

namespace store {

// Under an Hdf5Lock. `names` empty: everything. Throws Failure.
std::unique_ptr<StoredStudy::Layout> read_layout(const Handle& file, const std::string& study, const StoreSchema& schema,
                                                 const std::vector<std::string>& names);

StudyRecord read_whole(const StoredStudy::Layout& layout);  // throws Failure

// The error that a user of the store sees.
InputError damaged(const std::filesystem::path& shard, const std::string& study, const Failure& failure);

}  // namespace store
}  // namespace chiasm
