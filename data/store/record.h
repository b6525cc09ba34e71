// A study on its way into a shard. Packing is the costly part and needs no HDF5.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/store/hdf5.h"
#include "data/store/store.h"

namespace chiasm::store {

struct PackedVolume {
  PackedArray voxels, valid;  // `valid` without size: all real
};

struct PackedStudy {
  StudyRecord record;                                       // volumes without voxels and valid
  std::map<std::string, std::vector<PackedVolume>> images;  // image inputs: one per row
  std::map<std::string, PackedVolume> masks;
  std::map<std::string, std::vector<LabelledVoxel>> examples;  // by mask
  int64_t bytes() const;                                       // of packed arrays and texts
};

// Throws InputError (Refused where a documented reason fits) when the record breaks the schema.
void check_record(const StudyRecord& record, const StoreSchema& schema);
// What the index says of a study. Targets of which nothing is known are left out.
StudyEntry entry_of(const StudyRecord& record);

PackedStudy pack_study(const StudyRecord& record, const StoreSchema& schema);

// Under an Hdf5Lock.
void write_study(const Handle& file, const PackedStudy& study, int64_t position);
int64_t read_position(const Handle& file, const std::string& study);

}  // namespace chiasm::store
