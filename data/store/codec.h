// Voxel arrays as HDF5 stores them: chunks, each compressed and closed by a Fletcher32 sum (the pipeline of
// https://docs.hdfgroup.org/hdf5/develop/_h5_d__u_g.html). Doing it here keeps the work outside HDF5's global lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm::store {

// A damaged or unreadable part of a shard. The reader adds file and study and throws InputError; the writer throws Error.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// In the order of chiasm::Voxels.
enum class Element { uint8, int16, uint16, int32, float32 };
int64_t element_bytes(Element element);

// What is written: Blosc's LZ4HC with shuffle (HDF5 filter 32001). Shards of format version 1 have HDF5's own shuffle and deflate.
enum class Coding { blosc, deflate };

struct ArrayForm {
  Element element = Element::uint8;
  Coding coding = Coding::blosc;
  std::vector<int64_t> size;   // CDHW or DHW; empty: no array
  std::vector<int64_t> chunk;  // as `size`, with 1 channel
  int64_t chunk_bytes() const;
  // First elements of the chunks, row-major over the chunk grid.
  std::vector<std::vector<int64_t>> chunk_offsets() const;
};

struct PackedArray : ArrayForm {
  std::vector<std::string> chunks;  // encoded, in the order of chunk_offsets
  int64_t bytes() const;            // encoded
};

// A part of an array, on its own axes.
struct Region {
  std::vector<int64_t> first, size;
};

// `data` holds the product of `size` elements, row-major.
PackedArray pack(const void* data, Element element, const std::vector<int64_t>& size);

// Decodes the chunk at `offset` and copies what lies in `region` to its place in `out`, which holds the region, row-major.
// Throws Failure when the checksum, the length or the compressed data is wrong.
class ChunkDecoder {
 public:
  ChunkDecoder(const ArrayForm& form, Region region, void* out);
  void decode(const std::vector<int64_t>& offset, std::string_view chunk);

 private:
  void inflate(std::string_view chunk);
  void copy(const std::vector<int64_t>& offset) const;
  const ArrayForm& form_;
  const Region region_;
  std::byte* const out_;
  std::vector<std::byte> plain_, shuffled_;
};

int64_t element_count(const std::vector<int64_t>& size);
// As H5_checksum_fletcher32.
uint32_t fletcher32(std::string_view bytes);

}  // namespace chiasm::store
