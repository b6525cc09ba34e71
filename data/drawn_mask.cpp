#include "data/drawn_mask.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/annotation.h"

namespace chiasm {
namespace {

// Index of the class that a region belongs to, from 0; -1 for none.
int class_of_region(const TargetConfig& target, const std::vector<std::string>& classes, const std::string& name, int64_t number) {
  std::string wanted = target.values.empty() ? name : "";
  for (const auto& [value, meaning] : target.values)
    if (lower(trim(value)) == lower(trim(name)) || value == std::to_string(number)) wanted = meaning;
  for (size_t i = 0; i < classes.size(); ++i)
    if (!wanted.empty() && lower(trim(classes[i])) == lower(trim(wanted))) return static_cast<int>(i);
  return -1;
}

struct ClassRegion {
  std::vector<uint8_t> inside;  // empty: not drawn
  const dicom::Header* by = nullptr;
};

void add_object(const dicom::Header& object, const TargetConfig& target, const std::vector<std::string>& classes, const Volume& like,
                std::vector<ClassRegion>& drawn) {
  const auto wanted = [&](const std::string& region, int64_t number) { return class_of_region(target, classes, region, number) >= 0; };
  const auto other = target.resample == "nearest" ? dicom::OtherGrid::nearest : dicom::OtherGrid::refused;
  for (dicom::Region& region : dicom::read_regions(object, like, wanted, other)) {
    ClassRegion& into = drawn[static_cast<size_t>(class_of_region(target, classes, region.name, region.number))];
    if (into.by != nullptr && into.by != &object)
      throw Refused("AMBIGUOUS", "several objects draw one class on the image; choose by `object`, or list the right one in a manifest");
    into.by = &object;
    if (into.inside.empty()) {
      into.inside = std::move(region.inside);
    } else {
      for (size_t n = 0; n < into.inside.size(); ++n) into.inside[n] |= region.inside[n];
    }
  }
}

}  // namespace

Volume drawn_mask(const DrawnObjects& objects, const std::string& name, const TargetConfig& target, const Volume& like) {
  const std::vector<std::string> classes = classes_of(name, target);
  std::vector<ClassRegion> drawn(classes.size());
  for (const auto& object : objects) add_object(*object, target, classes, like, drawn);
  const auto missing = std::count_if(drawn.begin(), drawn.end(), [](const ClassRegion& region) { return region.by == nullptr; });
  if (missing == static_cast<int64_t>(classes.size()))
    throw Refused("NO_MATCH", "no segment or ROI belongs to a class of the target; name them in `values`");
  const uint8_t outside = missing > 0 && target.absent == "unknown" ? 255 : 0;
  std::vector<uint8_t> indices(static_cast<size_t>(like.size[0] * like.size[1] * like.size[2]), outside);
  for (size_t c = 0; c < drawn.size(); ++c)
    for (size_t n = 0; n < drawn[c].inside.size(); ++n)
      if (drawn[c].inside[n] != 0) indices[n] = static_cast<uint8_t>(c + 1);
  Volume mask;
  mask.modality = "mask";
  mask.size = like.size;
  mask.affine = like.affine;
  mask.voxels = std::move(indices);
  return mask;
}

}  // namespace chiasm
