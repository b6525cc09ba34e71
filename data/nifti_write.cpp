#include <nifti2_io.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <span>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/gzip.h"
#include "data/nifti.h"

namespace chiasm {
namespace {

constexpr size_t header_bytes = 352;  // 348 and the empty extension mark

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

// The file stores 32-bit numbers. What they do not hold, no reader would accept.
void check_affine(const Affine& affine) {
  Affine stored{};
  for (size_t n = 0; n < affine.size(); ++n) {
    if (!(std::abs(affine[n]) <= std::numeric_limits<float>::max()))
      throw Error("an affine beyond 32-bit numbers does not fit into a NIfTI file");
    stored[n] = static_cast<double>(static_cast<float>(affine[n]));
  }
  static_cast<void>(inverse(stored));
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

}  // namespace

void write_nifti(const fs::path& path, const Volume& volume) {
  if (volume.channels != 1) throw Error("a NIfTI file is written for one channel only");
  if (*std::max_element(volume.size.begin(), volume.size.end()) > std::numeric_limits<int16_t>::max())
    throw Error("a side of more than 32767 voxels does not fit into a NIfTI-1 file");
  check_affine(volume.affine);
  const Encoded encoded = encode(volume);
  const nifti_1_header header = make_header(volume, encoded.datatype);
  Staged staged(path, Staged::Kind::file);
  std::ofstream file(staged.temporary(), std::ios::binary);
  std::vector<uint8_t> beginning(header_bytes);  // the header, and no extension
  std::memcpy(beginning.data(), &header, sizeof header);
  for (const std::span<const uint8_t> part : {std::span<const uint8_t>(beginning), std::span<const uint8_t>(encoded.bytes)}) {
    if (path.extension() == ".gz")
      append_gzip(file, part, available_cores());
    else
      file.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
  }
  file.close();
  if (!file) throw Error("cannot write " + path.string() + "; is the disk full?");
  staged.commit(true);
}

}  // namespace chiasm
