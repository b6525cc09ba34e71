#include "data/nrrd.h"

#include <string>

#include "core/base/error.h"
#include "data/file_bytes.h"
#include "data/gunzip.h"
#include "data/npy.h"
#include "data/nrrd_header.h"

namespace chiasm {

Volume parse_nrrd(std::string_view bytes) {
  const NrrdHeader header = read_nrrd_header(bytes);
  Volume volume;
  volume.modality = "image";
  volume.size = header.size;
  volume.affine = header.affine;
  // The same kinds of elements in the same layouts as numpy's arrays.
  NpyHeader elements;
  elements.kind = header.kind;
  elements.item_bytes = header.item_bytes;
  elements.big_endian = header.big_endian;
  elements.shape = {header.size.begin(), header.size.end()};
  elements.data_bytes = static_cast<uint64_t>(voxel_count(volume)) * header.item_bytes;
  const std::string_view stored = bytes.substr(header.start);
  if (header.packed) {
    volume.voxels = read_npy_elements(elements, gunzip(stored, elements.data_bytes));
    return volume;
  }
  if (stored.size() < elements.data_bytes) throw Refused("TRUNCATED", "the file ends before its data does");
  if (stored.size() > elements.data_bytes) throw Refused("DAMAGED", "the file goes on after its data");
  volume.voxels = read_npy_elements(elements, stored);
  return volume;
}

Volume read_nrrd(const std::filesystem::path& path) { return parse_nrrd(file_bytes(path)); }

}  // namespace chiasm
