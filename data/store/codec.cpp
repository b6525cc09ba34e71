#include "data/store/codec.h"

#include <blosc.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace chiasm::store {

namespace {

// A random crop of 96 x 96 x 96 voxels touches few of these, and each lies in a core's cache: see tests/bench/README.md.
constexpr int64_t kChunkDepth = 16, kChunkSide = 32, kPictureSide = 256;
constexpr int kLevel = 4;
constexpr size_t kSumBytes = 4;

using Decompressor = std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>;

// Byte k of every element stands together. The width is a constant so that the loop vectorises.
template <size_t width>
void unshuffle(const std::byte* in, std::byte* out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    for (size_t byte = 0; byte < width; ++byte) out[i * width + byte] = in[byte * count + i];
}

// The longest chunk that splits the axis evenly, so that little padding is stored.
int64_t even_part(int64_t length, int64_t most) {
  const int64_t parts = (length + most - 1) / most;
  return (length + parts - 1) / parts;
}

std::vector<int64_t> chunk_shape(const std::vector<int64_t>& size) {
  const size_t depth = size.size() - 3;
  const int64_t side = size[depth] == 1 ? kPictureSide : kChunkSide;
  std::vector<int64_t> chunk(size.size(), 1);
  chunk[depth] = even_part(size[depth], kChunkDepth);
  chunk[depth + 1] = even_part(size[depth + 1], side);
  chunk[depth + 2] = even_part(size[depth + 2], side);
  return chunk;
}

std::string encode(const std::vector<std::byte>& plain, size_t width) {
  std::string out(plain.size() + BLOSC_MAX_OVERHEAD + kSumBytes, '\0');
  const int length =
      blosc_compress_ctx(kLevel, BLOSC_SHUFFLE, width, plain.size(), plain.data(), out.data(), out.size() - kSumBytes, "lz4hc", 0, 1);
  if (length <= 0) throw Failure("a chunk cannot be compressed");
  const auto end = static_cast<size_t>(length);
  const uint32_t sum = fletcher32(std::string_view(out).substr(0, end));
  out.resize(end + kSumBytes);
  for (size_t i = 0; i < kSumBytes; ++i) out[end + i] = static_cast<char>(sum >> (8 * i));
  return out;
}

// What stands before the checksum, once that is right.
std::string_view checked(std::string_view chunk) {
  if (chunk.size() <= kSumBytes) throw Failure("a chunk is too short");
  const size_t length = chunk.size() - kSumBytes;
  uint32_t sum = 0;
  for (size_t i = 0; i < kSumBytes; ++i) sum |= static_cast<uint32_t>(static_cast<uint8_t>(chunk[length + i])) << (8 * i);
  if (sum != fletcher32(chunk.substr(0, length))) throw Failure("the checksum of a chunk is wrong");
  return chunk.substr(0, length);
}

// The length of a row of a whole chunk of 16-bit voxels is a constant, so that its copy is no call.
void copy_rows(const std::byte* in, int64_t in_stride, std::byte* out, int64_t out_stride, int64_t rows, size_t bytes) {
  constexpr size_t kCommon = kChunkSide * 2;
  for (int64_t row = 0; row < rows; ++row, in += in_stride, out += out_stride) {
    if (bytes == kCommon)
      std::memcpy(out, in, kCommon);
    else
      std::memcpy(out, in, bytes);
  }
}

// Four axes, a missing channel axis in front.
struct Axes {
  int64_t length[4];
  explicit Axes(const std::vector<int64_t>& values, int64_t missing) : length{missing, missing, missing, missing} {
    std::copy(values.begin(), values.end(), length + (4 - values.size()));
  }
  int64_t operator[](size_t axis) const { return length[axis]; }
};

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

int64_t element_count(const std::vector<int64_t>& size) {
  int64_t count = 1;
  for (const int64_t length : size) count *= length;
  return count;
}

int64_t ArrayForm::chunk_bytes() const { return element_count(chunk) * element_bytes(element); }

std::vector<std::vector<int64_t>> ArrayForm::chunk_offsets() const {
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

int64_t PackedArray::bytes() const {
  int64_t total = 0;
  for (const std::string& encoded : chunks) total += static_cast<int64_t>(encoded.size());
  return total;
}

PackedArray pack(const void* data, Element element, const std::vector<int64_t>& size) {
  PackedArray packed;
  packed.element = element;
  packed.size = size;
  packed.chunk = chunk_shape(size);
  const Axes whole(size, 1), chunk(packed.chunk, 1);
  const auto width = static_cast<size_t>(element_bytes(element));
  std::vector<std::byte> plain(static_cast<size_t>(packed.chunk_bytes()));
  for (const auto& offset : packed.chunk_offsets()) {
    const Axes at(offset, 0);
    int64_t part[4];
    for (size_t axis = 0; axis < 4; ++axis) part[axis] = std::min(chunk[axis], whole[axis] - at[axis]);
    std::fill(plain.begin(), plain.end(), std::byte{0});
    for (int64_t d = 0; d < part[1]; ++d)
      for (int64_t h = 0; h < part[2]; ++h) {
        const int64_t from = ((at[0] * whole[1] + at[1] + d) * whole[2] + at[2] + h) * whole[3] + at[3];
        std::memcpy(plain.data() + static_cast<size_t>((d * chunk[2] + h) * chunk[3]) * width,
                    static_cast<const std::byte*>(data) + static_cast<size_t>(from) * width, static_cast<size_t>(part[3]) * width);
      }
    packed.chunks.push_back(encode(plain, width));
  }
  return packed;
}

ChunkDecoder::ChunkDecoder(const ArrayForm& form, Region region, void* out)
    : form_(form), region_(std::move(region)), out_(static_cast<std::byte*>(out)), plain_(static_cast<size_t>(form.chunk_bytes())) {}

void ChunkDecoder::inflate(std::string_view chunk) {
  shuffled_.resize(plain_.size());
  const Decompressor decompressor(libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  const auto result =
      libdeflate_zlib_decompress(decompressor.get(), chunk.data(), chunk.size(), shuffled_.data(), shuffled_.size(), nullptr);
  if (result != LIBDEFLATE_SUCCESS) throw Failure("a chunk cannot be inflated");
  const auto width = static_cast<size_t>(element_bytes(form_.element));
  const size_t count = plain_.size() / width;
  if (width == 1) return unshuffle<1>(shuffled_.data(), plain_.data(), count);
  if (width == 2) return unshuffle<2>(shuffled_.data(), plain_.data(), count);
  unshuffle<4>(shuffled_.data(), plain_.data(), count);
}

void ChunkDecoder::decode(const std::vector<int64_t>& offset, std::string_view chunk) {
  const std::string_view body = checked(chunk);
  if (form_.coding == Coding::deflate) {
    inflate(body);
  } else {
    size_t plain_bytes = 0;
    const bool whole = blosc_cbuffer_validate(body.data(), body.size(), &plain_bytes) == 0 && plain_bytes == plain_.size();
    if (!whole || blosc_decompress_ctx(body.data(), plain_.data(), plain_.size(), 1) != static_cast<int>(plain_.size()))
      throw Failure("a chunk cannot be decompressed");
  }
  copy(offset);
}

void ChunkDecoder::copy(const std::vector<int64_t>& offset) const {
  const Axes at(offset, 0), chunk(form_.chunk, 1), first(region_.first, 0), size(region_.size, 1);
  int64_t from[4], to[4];
  for (size_t axis = 0; axis < 4; ++axis) {
    from[axis] = std::max(at[axis], first[axis]);
    to[axis] = std::min(at[axis] + chunk[axis], first[axis] + size[axis]);
  }
  const int64_t width = element_bytes(form_.element);
  for (int64_t d = from[1]; d < to[1]; ++d) {
    const int64_t source = ((d - at[1]) * chunk[2] + from[2] - at[2]) * chunk[3] + from[3] - at[3];
    const int64_t target = (((from[0] - first[0]) * size[1] + d - first[1]) * size[2] + from[2] - first[2]) * size[3] + from[3] - first[3];
    copy_rows(plain_.data() + source * width, chunk[3] * width, out_ + target * width, size[3] * width, to[2] - from[2],
              static_cast<size_t>((to[3] - from[3]) * width));
  }
}

}  // namespace chiasm::store
