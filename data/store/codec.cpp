#include "data/store/codec.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace chiasm::store {

namespace {

constexpr int kDeflateLevel = 4;
constexpr int64_t kChunkBytes = int64_t{1} << 20;  // aim, before compression
constexpr size_t kSumBytes = 4;

using Compressor = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;
using Decompressor = std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>;

// Byte k of every element stands together: similar bytes compress better. The width is a constant so that the loops vectorise.
template <size_t width>
void shuffle_elements(const uint8_t* in, uint8_t* out, size_t count) {
  for (size_t byte = 0; byte < width; ++byte)
    for (size_t i = 0; i < count; ++i) out[byte * count + i] = in[i * width + byte];
}

template <size_t width>
void unshuffle_elements(const uint8_t* in, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    for (size_t byte = 0; byte < width; ++byte) out[i * width + byte] = in[byte * count + i];
}

void shuffle(const uint8_t* in, uint8_t* out, size_t count, size_t width) {
  if (width == 1) return shuffle_elements<1>(in, out, count);
  if (width == 2) return shuffle_elements<2>(in, out, count);
  shuffle_elements<4>(in, out, count);
}

void unshuffle(const uint8_t* in, uint8_t* out, size_t count, size_t width) {
  if (width == 1) return unshuffle_elements<1>(in, out, count);
  if (width == 2) return unshuffle_elements<2>(in, out, count);
  unshuffle_elements<4>(in, out, count);
}

std::string encode(const std::vector<uint8_t>& shuffled, libdeflate_compressor* compressor) {
  std::string out(libdeflate_zlib_compress_bound(compressor, shuffled.size()) + kSumBytes, '\0');
  const size_t length = libdeflate_zlib_compress(compressor, shuffled.data(), shuffled.size(), out.data(), out.size() - kSumBytes);
  const uint32_t sum = fletcher32(out, length);
  out.resize(length + kSumBytes);
  for (size_t i = 0; i < kSumBytes; ++i) out[length + i] = static_cast<char>(sum >> (8 * i));
  return out;
}

void decode(const std::string& bytes, std::vector<uint8_t>& shuffled, libdeflate_decompressor* decompressor) {
  if (bytes.size() <= kSumBytes) throw Failure("a chunk is too short");
  const size_t length = bytes.size() - kSumBytes;
  uint32_t sum = 0;
  for (size_t i = 0; i < kSumBytes; ++i) sum |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[length + i])) << (8 * i);
  if (sum != fletcher32(bytes, length)) throw Failure("the checksum of a chunk is wrong");
  const auto result = libdeflate_zlib_decompress(decompressor, bytes.data(), length, shuffled.data(), shuffled.size(), nullptr);
  if (result != LIBDEFLATE_SUCCESS) throw Failure("a chunk cannot be inflated");
}

// Bytes of the array that a chunk covers: the last block of slices may reach beyond the end.
struct Part {
  size_t start, bytes;
};

Part part_of(const std::vector<int64_t>& offset, const PackedArray& packed) {
  const size_t depth_axis = packed.size.size() - 3;
  const int64_t plane = packed.size[depth_axis + 1] * packed.size[depth_axis + 2];
  const int64_t slices = std::min(packed.chunk[depth_axis], packed.size[depth_axis] - offset[depth_axis]);
  const int64_t channel = depth_axis == 1 ? offset[0] : 0;
  const int64_t first = (channel * packed.size[depth_axis] + offset[depth_axis]) * plane;
  const int64_t width = element_bytes(packed.element);
  return {static_cast<size_t>(first * width), static_cast<size_t>(slices * plane * width)};
}

std::vector<int64_t> chunk_shape(const std::vector<int64_t>& size, int64_t width) {
  std::vector<int64_t> chunk = size;
  const size_t depth_axis = size.size() - 3;
  if (depth_axis == 1) chunk[0] = 1;
  const int64_t slice_bytes = size[depth_axis + 1] * size[depth_axis + 2] * width;
  chunk[depth_axis] = std::clamp<int64_t>(kChunkBytes / slice_bytes, 1, size[depth_axis]);
  return chunk;
}

}  // namespace

int64_t element_bytes(Element element) {
  switch (element) {
    case Element::uint8:
      return 1;
    case Element::int16:
    case Element::uint16:
      return 2;
    default:
      return 4;
  }
}

int64_t PackedArray::bytes() const {
  int64_t total = 0;
  for (const std::string& encoded : chunks) total += static_cast<int64_t>(encoded.size());
  return total;
}

int64_t element_count(const std::vector<int64_t>& size) {
  int64_t count = 1;
  for (const int64_t length : size) count *= length;
  return count;
}

std::vector<std::vector<int64_t>> chunk_offsets(const std::vector<int64_t>& size, const std::vector<int64_t>& chunk) {
  std::vector<std::vector<int64_t>> offsets{{}};
  for (size_t axis = 0; axis < size.size(); ++axis) {
    std::vector<std::vector<int64_t>> longer;
    for (const auto& offset : offsets)
      for (int64_t start = 0; start < size[axis]; start += chunk[axis]) {
        longer.push_back(offset);
        longer.back().push_back(start);
      }
    offsets = std::move(longer);
  }
  return offsets;
}

uint32_t fletcher32(const std::string& bytes, size_t count) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  uint32_t sum1 = 0, sum2 = 0;
  const auto fold = [&] {
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  };
  size_t words = count / 2;
  while (words > 0) {
    size_t block = std::min<size_t>(words, 360);  // the most words before sum2 can overflow
    words -= block;
    for (; block > 0; --block, data += 2) {
      sum1 += static_cast<uint32_t>(data[0]) << 8 | data[1];
      sum2 += sum1;
    }
    fold();
  }
  if (count % 2 == 1) {
    sum1 += static_cast<uint32_t>(*data) << 8;
    sum2 += sum1;
    fold();
  }
  fold();
  return sum2 << 16 | sum1;
}

PackedArray pack(const void* data, Element element, const std::vector<int64_t>& size) {
  PackedArray packed;
  packed.element = element;
  packed.size = size;
  packed.chunk = chunk_shape(size, element_bytes(element));
  const auto width = static_cast<size_t>(element_bytes(element));
  const auto count = static_cast<size_t>(element_count(packed.chunk));
  std::vector<uint8_t> plain(count * width), shuffled(count * width);
  const Compressor compressor(libdeflate_alloc_compressor(kDeflateLevel), libdeflate_free_compressor);
  for (const auto& offset : chunk_offsets(packed.size, packed.chunk)) {
    const Part part = part_of(offset, packed);
    std::memcpy(plain.data(), static_cast<const uint8_t*>(data) + part.start, part.bytes);
    std::fill(plain.begin() + static_cast<std::ptrdiff_t>(part.bytes), plain.end(), uint8_t{0});
    shuffle(plain.data(), shuffled.data(), count, width);
    packed.chunks.push_back(encode(shuffled, compressor.get()));
  }
  return packed;
}

void unpack(const PackedArray& packed, void* data) {
  const auto offsets = chunk_offsets(packed.size, packed.chunk);
  if (offsets.size() != packed.chunks.size()) throw Failure("chunks are missing");
  const auto width = static_cast<size_t>(element_bytes(packed.element));
  const auto count = static_cast<size_t>(element_count(packed.chunk));
  std::vector<uint8_t> plain(count * width), shuffled(count * width);
  const Decompressor decompressor(libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  for (size_t i = 0; i < offsets.size(); ++i) {
    decode(packed.chunks[i], shuffled, decompressor.get());
    unshuffle(shuffled.data(), plain.data(), count, width);
    const Part part = part_of(offsets[i], packed);
    std::memcpy(static_cast<uint8_t*>(data) + part.start, plain.data(), part.bytes);
  }
}

}  // namespace chiasm::store
