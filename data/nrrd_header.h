// The header of a NRRD file as far as reading needs it.
#pragma once

#include <string>
#include <string_view>

#include "data/volume.h"

namespace chiasm {

struct NrrdHeader {
  Size3 size{1, 1, 1};  // D, H, W
  Affine affine{};
  char kind = 'u';        // 'i' signed, 'u' unsigned, 'f' real
  size_t item_bytes = 1;  // of a voxel
  bool big_endian = false;
  bool packed = false;    // by gzip, else raw
  size_t start = 0;       // of the data in the file
  std::string data_file;  // as the header names it; empty: the data follow the header
};

// From the beginning of a file; no header is longer than 1 MiB. Throws Refused as read_nrrd() does.
NrrdHeader read_nrrd_header(std::string_view bytes);

}  // namespace chiasm
