// Voxel arrays where they lie in a shard, read without HDF5: the places of their chunks are known, so threads pread and decode alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/store/codec.h"

namespace chiasm::store {

struct ChunkPlace {
  uint64_t address = 0, bytes = 0;  // in the shard's file
};

struct StoredArray : ArrayForm {
  std::vector<ChunkPlace> places;  // in the order of chunk_offsets
  int64_t bytes() const;           // encoded
};

// A shard open for reading.
class ShardFile {
 public:
  explicit ShardFile(const std::filesystem::path& path);  // throws Failure
  ~ShardFile();
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;
  uint64_t size() const { return size_; }
  void read(uint64_t address, char* out, size_t bytes) const;  // thread-safe; throws Failure

 private:
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

// Reads only the chunks that the region touches, checks the sum of each, and fills `out` with the region, row-major. Throws Failure.
void read_region(const ShardFile& file, const StoredArray& array, const Region& region, void* out);

}  // namespace chiasm::store
