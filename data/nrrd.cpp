#include "data/nrrd.h"

#include <string>

#include "core/base/error.h"
#include "data/file_bytes.h"
#include "data/gunzip.h"
#include "data/npy.h"
#include "data/nrrd_header.h"

namespace chiasm {

namespace {

Volume volume_of(const NrrdHeader& header, std::string_view stored) {
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
  if (header.packed) {
    volume.voxels = read_npy_elements(elements, gunzip(stored, elements.data_bytes));
    return volume;
  }
  if (stored.size() < elements.data_bytes) throw Refused("TRUNCATED", "the file ends before its data does");
  if (stored.size() > elements.data_bytes) throw Refused("DAMAGED", "the file goes on after its data");
  volume.voxels = read_npy_elements(elements, stored);
  return volume;
}

// A header from outside must not name files anywhere else on this machine, by links neither.
std::filesystem::path data_path(const std::filesystem::path& header, const std::string& name) {
  const std::filesystem::path named(name);
  bool inside = named.is_relative();
  for (const std::filesystem::path& part : named) inside = inside && part != "..";
  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::weakly_canonical(std::filesystem::absolute(header).parent_path(), failed);
  const std::filesystem::path file = failed ? std::filesystem::path() : std::filesystem::weakly_canonical(folder / named, failed);
  const std::filesystem::path relative = failed ? std::filesystem::path() : file.lexically_relative(folder);
  if (!inside || relative.empty() || *relative.begin() == "..")
    throw Refused("UNSUPPORTED_OBJECT", "a NRRD header that names a file outside its folder");
  return file;
}

}  // namespace

Volume parse_nrrd(std::string_view bytes) {
  const NrrdHeader header = read_nrrd_header(bytes);
  if (!header.data_file.empty()) throw Refused("UNSUPPORTED_OBJECT", "a NRRD header whose voxels lie in another file");
  return volume_of(header, bytes.substr(header.start));
}

Volume read_nrrd(const std::filesystem::path& path) {
  const std::string bytes = file_bytes(path);
  const NrrdHeader header = read_nrrd_header(bytes);
  if (header.data_file.empty()) return volume_of(header, std::string_view(bytes).substr(header.start));
  return volume_of(header, file_bytes(data_path(path, header.data_file)));
}

}  // namespace chiasm
