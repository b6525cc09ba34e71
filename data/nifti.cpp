#include "data/nifti.h"

#include <nifti2_io.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/file.h"
#include "data/nifti_header.h"

namespace chiasm {
namespace {

constexpr size_t chunk_bytes = size_t{16} << 20;

struct CloseFile {
  void operator()(gzFile file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, CloseFile>;

File open(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Refused("UNREADABLE", "not a regular file");
  File file(gzopen(path.c_str(), "rb"));  // reads plain files too
  if (!file) throw Refused("UNREADABLE", "the file cannot be opened");
  return file;
}

NiftiHeader header_of(gzFile file) {
  std::string beginning(longest_nifti_header, '\0');
  const int got = gzread(file, beginning.data(), static_cast<unsigned>(beginning.size()));
  if (got < 0) throw Refused("DAMAGED", "the compressed data are broken");
  beginning.resize(static_cast<size_t>(got));
  return read_nifti_header(beginning);
}

// The memory grows with the bytes that are really there, whatever the header claims.
std::vector<uint8_t> read_bytes(gzFile file, const NiftiHeader& header, size_t count) {
  if (gzseek(file, header.start, SEEK_SET) < 0) throw Refused("TRUNCATED", "the file ends before its data does");
  std::vector<uint8_t> bytes;
  while (bytes.size() < count) {
    const size_t start = bytes.size(), wanted = std::min(chunk_bytes, count - start);
    bytes.resize(start + wanted);
    const int got = gzread(file, bytes.data() + start, static_cast<unsigned>(wanted));
    if (got < 0) throw Refused("DAMAGED", "the compressed data are broken");
    if (static_cast<size_t>(got) < wanted) throw Refused("TRUNCATED", "the file ends before its data does");
  }
  // The checksum of a gzip file stands behind its last byte.
  if (char beyond = 0; gzread(file, &beyond, 1) < 0) throw Refused("DAMAGED", "the compressed data are broken");
  if (header.swapped && header.item_bytes > 1)
    nifti_swap_Nbytes(static_cast<int64_t>(count) / header.item_bytes, static_cast<int>(header.item_bytes), bytes.data());
  return bytes;
}

template <class From, class To>
std::vector<To> convert(const std::vector<uint8_t>& bytes) {
  std::vector<To> result(bytes.size() / sizeof(From));
  for (size_t n = 0; n < result.size(); ++n) {
    From value;
    std::memcpy(&value, bytes.data() + n * sizeof value, sizeof value);
    result[n] = static_cast<To>(value);
  }
  return result;
}

// 32-bit integers when all values fit, else float.
template <class From>
Voxels convert_wide(const std::vector<uint8_t>& bytes) {
  for (size_t n = 0; n + sizeof(From) <= bytes.size(); n += sizeof(From)) {
    From value;
    std::memcpy(&value, bytes.data() + n, sizeof value);
    if (!std::in_range<int32_t>(value)) return convert<From, float>(bytes);
  }
  return convert<From, int32_t>(bytes);
}

// Of one of the types that read_nifti_header() lets through.
Voxels to_voxels(const std::vector<uint8_t>& bytes, int datatype) {
  switch (datatype) {
    case NIFTI_TYPE_UINT8:
      return bytes;
    case NIFTI_TYPE_INT8:
      return convert<int8_t, int16_t>(bytes);
    case NIFTI_TYPE_INT16:
      return convert<int16_t, int16_t>(bytes);
    case NIFTI_TYPE_UINT16:
      return convert<uint16_t, uint16_t>(bytes);
    case NIFTI_TYPE_INT32:
      return convert<int32_t, int32_t>(bytes);
    case NIFTI_TYPE_UINT32:
      return convert_wide<uint32_t>(bytes);
    case NIFTI_TYPE_INT64:
      return convert_wide<int64_t>(bytes);
    case NIFTI_TYPE_UINT64:
      return convert_wide<uint64_t>(bytes);
    case NIFTI_TYPE_FLOAT32:
      return convert<float, float>(bytes);
    default:
      return convert<double, float>(bytes);
  }
}

}  // namespace

Volume read_nifti(const fs::path& path) {
  const File file = open(path);
  const NiftiHeader header = header_of(file.get());
  Volume volume;
  volume.modality = "image";
  volume.size = header.size;
  volume.affine = header.affine;
  const auto bytes = static_cast<size_t>(voxel_count(volume) * header.item_bytes);
  volume.voxels = to_voxels(read_bytes(file.get(), header, bytes), header.datatype);
  volume.slope = header.slope;
  volume.intercept = header.intercept;
  return volume;
}

}  // namespace chiasm
