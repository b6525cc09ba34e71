#include "data/npz.h"

#include <cmath>
#include <map>
#include <string>

#include "core/base/error.h"
#include "data/file_bytes.h"
#include "data/npy.h"
#include "data/zip.h"

namespace chiasm {
namespace {

constexpr std::string_view ending = ".npy", image_name = "image", spacing_name = "spacing";

void check_length(const NpyHeader& header, uint64_t bytes) {
  if (bytes < header.start + header.data_bytes) throw Refused("TRUNCATED", "the array ends before its data does");
  if (bytes > header.start + header.data_bytes) throw Refused("DAMAGED", "the array goes on after its data");
}

void check_shape(const NpyHeader& header) {
  if (header.shape.size() != 2 && header.shape.size() != 3)
    throw Refused("UNSUPPORTED_OBJECT", "an array of neither two nor three dimensions");
  if (header.data_bytes == 0) throw Refused("DAMAGED", "a dimension is not positive");
}

Volume volume_of(const NpyHeader& header, std::string_view data) {
  Volume volume;
  volume.modality = "image";
  const size_t axes = header.shape.size();
  volume.size = {axes == 3 ? header.shape[0] : 1, header.shape[axes - 2], header.shape[axes - 1]};
  volume.voxels = read_npy_elements(header, data);
  return volume;
}

void require_spacing(const NpyHeader& header) {
  if (header.shape.size() == 3 && header.shape[0] > 1)
    throw Refused("BAD_GEOMETRY", "a volume without the member 'spacing' (three numbers in mm, order D, H, W)");
}

// By name without ".npy"; other members are none of numpy's.
std::map<std::string, ZipMember> arrays_of(std::string_view archive) {
  std::map<std::string, ZipMember> arrays;
  for (ZipMember& member : zip_members(archive)) {
    if (!member.name.ends_with(ending)) continue;
    const std::string name = member.name.substr(0, member.name.size() - ending.size());
    if (!arrays.emplace(name, std::move(member)).second) throw Refused("DAMAGED", "two members of the zip archive have one name");
  }
  return arrays;
}

const ZipMember& image_member(const std::map<std::string, ZipMember>& arrays) {
  if (const auto named = arrays.find(std::string(image_name)); named != arrays.end()) return named->second;
  const ZipMember* found = nullptr;
  for (const auto& [name, member] : arrays) {
    if (name == spacing_name) continue;
    if (found != nullptr) throw Refused("AMBIGUOUS", "several arrays, and none is named 'image'");
    found = &member;
  }
  if (found == nullptr) throw Refused("NO_IMAGE", "the archive holds no array for an image");
  return *found;
}

// What the member declares is compared with what its array declares before the content is expanded.
NpyHeader header_of(const ZipMember& member) {
  const NpyHeader header = read_npy_header(zip_beginning(member, longest_npy_header));
  check_length(header, member.size);
  return header;
}

Spacing3 read_spacing(const ZipMember& member) {
  const NpyHeader header = header_of(member);
  if (header.shape != std::vector<int64_t>{3}) throw Refused("BAD_GEOMETRY", "the member 'spacing' does not hold three numbers");
  const std::string content = zip_content(member);
  const Voxels numbers = read_npy_elements(header, std::string_view(content).substr(header.start));
  Spacing3 spacing{};
  std::visit([&](const auto& items) { std::copy(items.begin(), items.end(), spacing.begin()); }, numbers);
  for (const double side : spacing)
    if (!std::isfinite(side) || side <= 0) throw Refused("BAD_GEOMETRY", "the member 'spacing' is not positive");
  return spacing;
}

Volume parse_archive(std::string_view archive) {
  const std::map<std::string, ZipMember> arrays = arrays_of(archive);
  const ZipMember& image = image_member(arrays);
  const NpyHeader header = header_of(image);
  check_shape(header);
  const auto spacing = arrays.find(std::string(spacing_name));
  Affine affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  if (spacing == arrays.end()) {
    require_spacing(header);
  } else {
    const Spacing3 mm = read_spacing(spacing->second);
    affine = {mm[2], 0, 0, 0, 0, mm[1], 0, 0, 0, 0, mm[0], 0};
  }
  const std::string content = zip_content(image);
  Volume volume = volume_of(header, std::string_view(content).substr(header.start));
  volume.affine = affine;
  return volume;
}

Volume parse_array(std::string_view bytes) {
  const NpyHeader header = read_npy_header(bytes);
  check_length(header, bytes.size());
  check_shape(header);
  require_spacing(header);
  return volume_of(header, bytes.substr(header.start));
}

}  // namespace

Volume parse_npz(std::string_view bytes) { return bytes.starts_with("\x93NUMPY") ? parse_array(bytes) : parse_archive(bytes); }

Volume read_npz(const std::filesystem::path& path) { return parse_npz(file_bytes(path)); }

}  // namespace chiasm
