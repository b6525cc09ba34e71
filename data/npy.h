// One array in the .npy format of numpy, versions 1.0 to 3.0 (numpy.lib.format): numbers only, never pickled objects.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/volume.h"

namespace chiasm {

struct NpyHeader {
  char kind = 'u';        // 'b' bool, 'i' signed, 'u' unsigned, 'f' real
  size_t item_bytes = 1;  // 1, 2, 4, 8
  bool big_endian = false;
  bool fortran = false;  // the first axis runs fastest
  std::vector<int64_t> shape;
  size_t start = 0;         // of the elements
  uint64_t data_bytes = 0;  // item_bytes * product of the shape
};

// No header that is read is longer than this.
constexpr size_t longest_npy_header = 1 << 16;

// From the beginning of an array: its first `longest_npy_header` bytes, or all. Throws Refused: DAMAGED, TRUNCATED, TOO_LARGE (more than
// 2^29 elements), UNSUPPORTED_OBJECT (objects, structures, text, complex numbers, wider types).
NpyHeader read_npy_header(std::string_view beginning);

// Elements in C order; `data` holds data_bytes bytes, else Refused DAMAGED. bool and uint8 become uint8, int8 and int16 become int16,
// uint16 stays, wider integers become int32, real numbers become float (float64 rounded, as in NIfTI files). Throws Refused
// UNSUPPORTED_OBJECT for a value beyond the range of its type.
Voxels read_npy_elements(const NpyHeader& header, std::string_view data);

}  // namespace chiasm
