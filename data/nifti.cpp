#include "data/nifti.h"

#include <nifti2_io.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

#include "core/base/error.h"
#include "core/base/file.h"

namespace chiasm {
namespace {

constexpr uint64_t most_bytes = uint64_t{8} << 30;
constexpr size_t chunk_bytes = size_t{16} << 20;
constexpr size_t header_bytes = 352;  // 348 and the empty extension mark

struct CloseImage {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};
using Image = std::unique_ptr<nifti_image, CloseImage>;

struct CloseFile {
  void operator()(gzFile file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, CloseFile>;

Image read_header(const fs::path& path) {
  static std::once_flag quiet;
  std::call_once(quiet, [] { nifti_set_debug_level(0); });
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Refused("UNREADABLE", "not a regular file");
  if (!File(gzopen(path.c_str(), "rb"))) throw Refused("UNREADABLE", "the file cannot be opened");
  Image image(nifti_image_read(path.c_str(), 0));
  if (!image) throw Refused("DAMAGED", "the NIfTI header cannot be parsed");
  return image;
}

void check_form(const nifti_image& image) {
  for (int64_t n = 1; n <= 3; ++n)
    if (n <= image.ndim && image.dim[n] < 1) throw Refused("DAMAGED", "a dimension is not positive");
  for (int64_t n = 4; n <= std::min<int64_t>(image.ndim, 7); ++n)
    if (image.dim[n] > 1) throw Refused("UNSUPPORTED_OBJECT", "an image of more than three dimensions");
  static constexpr int known[] = {NIFTI_TYPE_UINT8,  NIFTI_TYPE_INT8,  NIFTI_TYPE_INT16,  NIFTI_TYPE_UINT16,  NIFTI_TYPE_INT32,
                                  NIFTI_TYPE_UINT32, NIFTI_TYPE_INT64, NIFTI_TYPE_UINT64, NIFTI_TYPE_FLOAT32, NIFTI_TYPE_FLOAT64};
  if (image.datatype == NIFTI_TYPE_RGB24 || image.datatype == NIFTI_TYPE_RGBA32)
    throw Refused("COLOUR", "a colour image where grey values are needed");
  if (std::find(std::begin(known), std::end(known), image.datatype) == std::end(known))
    throw Refused("UNSUPPORTED_OBJECT", "voxels that are neither integers nor real numbers");
  const long double bytes =
      static_cast<long double>(std::max<int64_t>(image.nx, 1)) * std::max<int64_t>(image.ny, 1) * std::max<int64_t>(image.nz, 1) * 16;
  if (bytes > static_cast<long double>(most_bytes)) throw Refused("TOO_LARGE", "the declared size is beyond the limit");
}

Affine read_affine(const nifti_image& image) {
  const bool sform = image.sform_code > 0;
  if (!sform && image.qform_code <= 0) throw Refused("BAD_AFFINE", "neither sform nor qform says where the image lies");
  const nifti_dmat44& matrix = sform ? image.sto_xyz : image.qto_xyz;
  Affine affine{};
  for (size_t row = 0; row < 3; ++row)
    for (size_t column = 0; column < 4; ++column) affine[row * 4 + column] = matrix.m[row][column];
  if (!std::all_of(affine.begin(), affine.end(), [](double value) { return std::isfinite(value); }))
    throw Refused("BAD_AFFINE", "the affine is not a number");
  try {
    static_cast<void>(inverse(affine));
  } catch (const InputError&) {
    throw Refused("BAD_AFFINE", "the affine is singular");
  }
  return affine;
}

// The memory grows with the bytes that are really there, whatever the header claims.
std::vector<uint8_t> read_bytes(const nifti_image& image, size_t count) {
  const File file(gzopen(image.iname, "rb"));
  if (!file || gzseek(file.get(), image.iname_offset, SEEK_SET) < 0) throw Refused("UNREADABLE", "the image data cannot be opened");
  std::vector<uint8_t> bytes;
  while (bytes.size() < count) {
    const size_t start = bytes.size(), wanted = std::min(chunk_bytes, count - start);
    bytes.resize(start + wanted);
    const int got = gzread(file.get(), bytes.data() + start, static_cast<unsigned>(wanted));
    if (got < 0) throw Refused("DAMAGED", "the compressed data are broken");
    if (static_cast<size_t>(got) < wanted) throw Refused("TRUNCATED", "the file ends before its data does");
  }
  if (image.swapsize > 1 && image.byteorder != nifti_short_order())
    nifti_swap_Nbytes(static_cast<int64_t>(count) / image.swapsize, image.swapsize, bytes.data());
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

// Of one of the types that check_form() lets through.
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

// Values as integers of one type, or nothing when one is no integer or lies outside.
template <class Item>
std::vector<uint8_t> exact_bytes(const Volume& volume) {
  std::vector<uint8_t> bytes(static_cast<size_t>(voxel_count(volume)) * sizeof(Item));
  const bool exact = std::visit(
      [&](const auto& voxels) {
        for (size_t n = 0; n < voxels.size(); ++n) {
          const double value = static_cast<double>(voxels[n]) * volume.slope + volume.intercept;
          const bool inside = value >= std::numeric_limits<Item>::min() && value <= std::numeric_limits<Item>::max();
          if (!inside || value != std::floor(value)) return false;
          const auto item = static_cast<Item>(value);
          std::memcpy(bytes.data() + n * sizeof item, &item, sizeof item);
        }
        return true;
      },
      volume.voxels);
  return exact ? bytes : std::vector<uint8_t>();
}

struct Encoded {
  int datatype;
  std::vector<uint8_t> bytes;
};

Encoded encode(const Volume& volume) {
  if (!std::holds_alternative<std::vector<float>>(volume.voxels)) {
    if (std::vector<uint8_t> bytes = exact_bytes<uint8_t>(volume); !bytes.empty()) return {NIFTI_TYPE_UINT8, std::move(bytes)};
    if (std::vector<uint8_t> bytes = exact_bytes<int16_t>(volume); !bytes.empty()) return {NIFTI_TYPE_INT16, std::move(bytes)};
    if (std::vector<uint8_t> bytes = exact_bytes<uint16_t>(volume); !bytes.empty()) return {NIFTI_TYPE_UINT16, std::move(bytes)};
    if (std::vector<uint8_t> bytes = exact_bytes<int32_t>(volume); !bytes.empty()) return {NIFTI_TYPE_INT32, std::move(bytes)};
  }
  const std::vector<float> real = values(volume);
  Encoded encoded{NIFTI_TYPE_FLOAT32, std::vector<uint8_t>(real.size() * sizeof(float))};
  std::memcpy(encoded.bytes.data(), real.data(), encoded.bytes.size());
  return encoded;
}

nifti_dmat44 matrix_of(const Affine& affine) {
  nifti_dmat44 matrix{};
  for (size_t n = 0; n < 12; ++n) matrix.m[n / 4][n % 4] = affine[n];
  matrix.m[3][3] = 1;
  return matrix;
}

// Columns at right angles: only then can a quaternion say the same as the matrix.
bool is_orthogonal(const Affine& a) {
  for (size_t one = 0; one < 3; ++one) {
    const size_t other = (one + 1) % 3;
    double dot = 0, left = 0, right = 0;
    for (size_t row = 0; row < 3; ++row) {
      dot += a[row * 4 + one] * a[row * 4 + other];
      left += a[row * 4 + one] * a[row * 4 + one];
      right += a[row * 4 + other] * a[row * 4 + other];
    }
    if (std::abs(dot) > 1e-4 * std::sqrt(left * right)) return false;
  }
  return true;
}

nifti_1_header make_header(const Volume& volume, int datatype) {
  const int64_t dims[8] = {3, volume.size[2], volume.size[1], volume.size[0], 1, 1, 1, 1};
  const std::unique_ptr<nifti_1_header, decltype(&std::free)> made(nifti_make_new_n1_header(dims, datatype), &std::free);
  if (!made) throw Error("the NIfTI header cannot be made");
  nifti_1_header header = *made;
  header.vox_offset = header_bytes;
  header.scl_slope = 1;
  header.xyzt_units = NIFTI_UNITS_MM;
  std::strcpy(header.magic, "n+1");
  const nifti_dmat44 matrix = matrix_of(volume.affine);
  double b = 0, c = 0, d = 0, x = 0, y = 0, z = 0, dx = 1, dy = 1, dz = 1, handedness = 1;
  nifti_dmat44_to_quatern(matrix, &b, &c, &d, &x, &y, &z, &dx, &dy, &dz, &handedness);
  const double q[] = {b, c, d, x, y, z};
  float* const fields[] = {&header.quatern_b, &header.quatern_c, &header.quatern_d,
                           &header.qoffset_x, &header.qoffset_y, &header.qoffset_z};
  for (size_t n = 0; n < 6; ++n) *fields[n] = static_cast<float>(q[n]);
  const double pixdim[] = {handedness, dx, dy, dz};
  for (size_t n = 0; n < 4; ++n) header.pixdim[n] = static_cast<float>(pixdim[n]);
  header.qform_code = is_orthogonal(volume.affine) ? NIFTI_XFORM_SCANNER_ANAT : NIFTI_XFORM_UNKNOWN;
  header.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  for (size_t column = 0; column < 4; ++column) {
    header.srow_x[column] = static_cast<float>(volume.affine[column]);
    header.srow_y[column] = static_cast<float>(volume.affine[4 + column]);
    header.srow_z[column] = static_cast<float>(volume.affine[8 + column]);
  }
  return header;
}

void write_all(gzFile file, const void* data, size_t count, const fs::path& path) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  for (size_t start = 0; start < count; start += chunk_bytes) {
    const size_t part = std::min(chunk_bytes, count - start);
    if (gzwrite(file, bytes + start, static_cast<unsigned>(part)) != static_cast<int>(part)) throw Error("cannot write " + path.string());
  }
}

}  // namespace

Volume read_nifti(const fs::path& path) {
  const Image image = read_header(path);
  check_form(*image);
  Volume volume;
  volume.modality = "image";
  volume.size = {std::max<int64_t>(image->nz, 1), std::max<int64_t>(image->ny, 1), std::max<int64_t>(image->nx, 1)};
  volume.affine = read_affine(*image);
  volume.voxels =
      to_voxels(read_bytes(*image, static_cast<size_t>(voxel_count(volume)) * static_cast<size_t>(image->nbyper)), image->datatype);
  if (image->scl_slope != 0) {
    volume.slope = image->scl_slope;
    volume.intercept = image->scl_inter;
  }
  return volume;
}

void write_nifti(const fs::path& path, const Volume& volume) {
  if (volume.channels != 1) throw Error("a NIfTI file is written for one channel only");
  if (*std::max_element(volume.size.begin(), volume.size.end()) > std::numeric_limits<int16_t>::max())
    throw Error("a side of more than 32767 voxels does not fit into a NIfTI-1 file");
  const Encoded encoded = encode(volume);
  const nifti_1_header header = make_header(volume, encoded.datatype);
  Staged staged(path, Staged::Kind::file);
  gzFile file =
      gzopen(staged.temporary().c_str(), path.extension() == ".gz" ? "wb3" : "wbT");  // level 3: medical volumes gain little beyond
  if (file == nullptr) throw Error("cannot write " + path.string());
  File closer(file);
  const char no_extension[4] = {0, 0, 0, 0};
  write_all(file, &header, sizeof header, path);
  write_all(file, no_extension, sizeof no_extension, path);
  write_all(file, encoded.bytes.data(), encoded.bytes.size(), path);
  closer.release();
  if (gzclose(file) != Z_OK) throw Error("cannot write " + path.string());
  staged.commit(true);
}

}  // namespace chiasm
