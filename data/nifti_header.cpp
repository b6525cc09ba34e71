#include "data/nifti_header.h"

#include <nifti2_io.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"

namespace chiasm {
namespace {

constexpr int64_t most_voxels = int64_t{1} << 29;
constexpr double quaternion_tolerance = 1e-4;  // of a length of 1 stored as float

static_assert(sizeof(nifti_1_header) == 348 && sizeof(nifti_2_header) == longest_nifti_header);

[[noreturn]] void damaged(const char* what) { throw Refused("DAMAGED", what); }

bool all_finite(std::initializer_list<double> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}

// Both versions name their fields alike.
template <class Raw>
void read_size(const Raw& raw, NiftiHeader& header) {
  if (raw.dim[0] < 1 || raw.dim[0] > 7) damaged("the NIfTI header has no number of dimensions");
  int64_t count = 1;
  for (int n = 1; n <= std::min<int>(3, static_cast<int>(raw.dim[0])); ++n) {
    const int64_t side = raw.dim[n];
    if (side < 1) damaged("a dimension is not positive");
    if (side > most_voxels / count) throw Refused("TOO_LARGE", "the declared size is beyond the limit");
    count *= side;
    header.size[static_cast<size_t>(3 - n)] = side;
  }
  for (int n = 4; n <= raw.dim[0]; ++n)
    if (raw.dim[n] > 1) throw Refused("UNSUPPORTED_OBJECT", "an image of more than three dimensions");
}

void read_type(int datatype, NiftiHeader& header) {
  static constexpr int known[] = {NIFTI_TYPE_UINT8,  NIFTI_TYPE_INT8,  NIFTI_TYPE_INT16,  NIFTI_TYPE_UINT16,  NIFTI_TYPE_INT32,
                                  NIFTI_TYPE_UINT32, NIFTI_TYPE_INT64, NIFTI_TYPE_UINT64, NIFTI_TYPE_FLOAT32, NIFTI_TYPE_FLOAT64};
  if (datatype == NIFTI_TYPE_RGB24 || datatype == NIFTI_TYPE_RGBA32) throw Refused("COLOUR", "a colour image where grey values are needed");
  if (std::find(std::begin(known), std::end(known), datatype) == std::end(known))
    throw Refused("UNSUPPORTED_OBJECT", "voxels that are neither integers nor real numbers");
  int bytes = 0, swapped_bytes = 0;
  nifti_datatype_sizes(datatype, &bytes, &swapped_bytes);
  header.datatype = datatype;
  header.item_bytes = bytes;
}

template <class Raw>
Affine by_sform(const Raw& raw) {
  Affine affine{};
  for (size_t column = 0; column < 4; ++column) {
    affine[column] = static_cast<double>(raw.srow_x[column]);
    affine[4 + column] = static_cast<double>(raw.srow_y[column]);
    affine[8 + column] = static_cast<double>(raw.srow_z[column]);
  }
  return affine;
}

// The spacing of an axis beyond the number of dimensions says nothing.
template <class Raw>
Affine by_qform(const Raw& raw) {
  const double b = raw.quatern_b, c = raw.quatern_c, d = raw.quatern_d;
  if (!all_finite({b, c, d, raw.qoffset_x, raw.qoffset_y, raw.qoffset_z})) throw Refused("BAD_AFFINE", "the affine is not a number");
  if (b * b + c * c + d * d > 1 + quaternion_tolerance) throw Refused("BAD_AFFINE", "the quaternion is longer than 1");
  double spacing[] = {1, 1, 1};
  for (int n = 1; n <= std::min<int>(3, static_cast<int>(raw.dim[0])); ++n) {
    spacing[n - 1] = raw.pixdim[n];
    if (!std::isfinite(spacing[n - 1]) || spacing[n - 1] <= 0) throw Refused("BAD_AFFINE", "a spacing is not positive");
  }
  const nifti_dmat44 matrix = nifti_quatern_to_dmat44(b, c, d, raw.qoffset_x, raw.qoffset_y, raw.qoffset_z, spacing[0], spacing[1],
                                                      spacing[2], raw.pixdim[0] < 0 ? -1 : 1);
  Affine affine{};
  for (size_t n = 0; n < affine.size(); ++n) affine[n] = matrix.m[n / 4][n % 4];
  return affine;
}

template <class Raw>
Affine read_affine(const Raw& raw) {
  if (raw.sform_code <= 0 && raw.qform_code <= 0) throw Refused("BAD_AFFINE", "neither sform nor qform says where the image lies");
  const int unit = XYZT_TO_SPACE(raw.xyzt_units);
  if (unit == NIFTI_UNITS_METER || unit == NIFTI_UNITS_MICRON) throw Refused("BAD_AFFINE", "coordinates in another unit than millimetres");
  const Affine affine = raw.sform_code > 0 ? by_sform(raw) : by_qform(raw);
  if (!std::all_of(affine.begin(), affine.end(), [](double value) { return std::isfinite(value); }))
    throw Refused("BAD_AFFINE", "the affine is not a number");
  try {
    static_cast<void>(inverse(affine));
  } catch (const InputError&) {
    throw Refused("BAD_AFFINE", "the affine is singular");
  }
  return affine;
}

// The voxels start behind the header and its extension mark; 0 stands for right there.
template <class Raw>
int64_t read_start(const Raw& raw) {
  constexpr double least = sizeof(Raw) + 4;
  const auto start = static_cast<double>(raw.vox_offset);
  if (start == 0) return static_cast<int64_t>(least);
  if (!(start >= least && start <= std::numeric_limits<int32_t>::max()) || start != std::floor(start))
    damaged("the NIfTI header does not say where the voxels are");
  return static_cast<int64_t>(start);
}

// A slope that is zero or not a number (as SPM and nibabel write) stands for none.
template <class Raw>
void read_scale(const Raw& raw, NiftiHeader& header) {
  const double slope = raw.scl_slope, intercept = raw.scl_inter;
  if (slope == 0 || std::isnan(slope)) return;
  if (!all_finite({slope, intercept})) throw Refused("BAD_RESCALE", "slope or intercept is infinite or not a number");
  header.slope = slope;
  header.intercept = intercept;
}

template <class Raw>
NiftiHeader from_raw(const Raw& raw, bool swapped) {
  NiftiHeader header;
  header.swapped = swapped;
  read_size(raw, header);
  read_type(raw.datatype, header);
  header.affine = read_affine(raw);
  header.start = read_start(raw);
  read_scale(raw, header);
  return header;
}

// Header of one version when its own size, in one of the byte orders, says so.
template <class Raw>
bool take(std::string_view beginning, void (*swap)(Raw*), Raw& raw, bool& swapped) {
  if (beginning.size() < sizeof raw) return false;
  std::memcpy(&raw, beginning.data(), sizeof raw);
  swapped = raw.sizeof_hdr != static_cast<int>(sizeof raw);
  if (swapped) swap(&raw);
  return raw.sizeof_hdr == static_cast<int>(sizeof raw);
}

void check_magic(const char* magic, std::string_view wanted) {
  const std::string_view found(magic, wanted.size());
  if (found.starts_with("ni")) throw Refused("UNSUPPORTED_OBJECT", "a NIfTI header whose voxels lie in another file");
  if (found != wanted) damaged("the file is no NIfTI image");
}

}  // namespace

NiftiHeader read_nifti_header(std::string_view beginning) {
  bool swapped = false;
  if (nifti_1_header raw; take(beginning, nifti_swap_as_nifti1, raw, swapped)) {
    check_magic(raw.magic, std::string_view("n+1\0", 4));
    return from_raw(raw, swapped);
  }
  if (nifti_2_header raw; take(beginning, nifti_swap_as_nifti2, raw, swapped)) {
    check_magic(raw.magic, std::string_view("n+2\0\r\n\x1A\n", 8));
    return from_raw(raw, swapped);
  }
  damaged("the NIfTI header cannot be parsed");
}

}  // namespace chiasm
