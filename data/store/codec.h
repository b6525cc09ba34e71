// Voxel arrays as HDF5 stores them: chunks of whole slices, each shuffled, deflated and closed by a Fletcher32 sum (the pipeline of
// https://docs.hdfgroup.org/hdf5/develop/_h5_d__u_g.html). Doing it here keeps the work outside HDF5's global lock.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace chiasm::store {

// A damaged or unreadable part of a shard. The reader adds file and study and throws InputError; the writer throws Error.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// In the order of chiasm::Voxels.
enum class Element { uint8, int16, uint16, int32, float32 };
int64_t element_bytes(Element element);

struct PackedArray {
  Element element = Element::uint8;
  std::vector<int64_t> size;        // CDHW or DHW; empty: no array
  std::vector<int64_t> chunk;       // as `size`, with 1 channel and a block of slices
  std::vector<std::string> chunks;  // encoded, row-major over the chunk grid
  int64_t bytes() const;            // encoded
};

// `data` holds the product of `size` elements, row-major.
PackedArray pack(const void* data, Element element, const std::vector<int64_t>& size);
// Throws Failure when a checksum, a length or the compressed data is wrong.
void unpack(const PackedArray& packed, void* data);

int64_t element_count(const std::vector<int64_t>& size);
// First elements of the chunks, in the order of PackedArray::chunks.
std::vector<std::vector<int64_t>> chunk_offsets(const std::vector<int64_t>& size, const std::vector<int64_t>& chunk);
// As H5_checksum_fletcher32.
uint32_t fletcher32(const std::string& bytes, size_t count);

}  // namespace chiasm::store
