#include "data/drawn_mask.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/annotation.h"

namespace chiasm {
namespace {

// Index of the class that a region belongs to, from 0; -1 for none. A name in `values` counts before a number.
int class_of_region(const TargetConfig& target, const std::vector<std::string>& classes, const std::string& name, int64_t number) {
  std::string wanted = target.values.empty() ? name : "";
  if (const auto by_number = target.values.find(std::to_string(number)); by_number != target.values.end()) wanted = by_number->second;
  for (const auto& [value, meaning] : target.values)
    if (lower(trim(value)) == lower(trim(name))) wanted = meaning;
  for (size_t i = 0; i < classes.size(); ++i)
    if (!wanted.empty() && lower(trim(classes[i])) == lower(trim(wanted))) return static_cast<int>(i);
  return -1;
}

// Regions of one target, one upon the other.
class Layers {
 public:
  Layers(const TargetConfig& target, std::vector<std::string> classes, const Volume& like)
      : target_(target),
        classes_(std::move(classes)),
        like_(like),
        drawn_by_(classes_.size(), nullptr),
        indices_(static_cast<size_t>(like.size[0] * like.size[1] * like.size[2]), 0) {}

  void add(const dicom::Header& object) {
    const auto wanted = [&](const std::string& name, int64_t number) { return class_of_region(target_, classes_, name, number) >= 0; };
    const auto other = target_.resample == "nearest" ? dicom::OtherGrid::nearest : dicom::OtherGrid::refused;
    dicom::read_regions(
        object, like_, wanted, [&](const dicom::Region& region) { add(object, region); }, other);
  }

  // Where a class is missing, background is not known to be it.
  std::vector<uint8_t> finish() {
    const auto missing = std::count(drawn_by_.begin(), drawn_by_.end(), nullptr);
    if (missing == static_cast<int64_t>(classes_.size()))
      throw Refused("NO_MATCH", "no segment or ROI belongs to a class of the target; name them in `values`");
    if (missing > 0 && target_.absent == "unknown") std::replace(indices_.begin(), indices_.end(), uint8_t{0}, uint8_t{255});
    return std::move(indices_);
  }

 private:
  void add(const dicom::Header& object, const dicom::Region& region) {
    const auto place = static_cast<size_t>(class_of_region(target_, classes_, region.name, region.number));
    if (drawn_by_[place] != nullptr && drawn_by_[place] != &object)
      throw Refused("AMBIGUOUS", "several objects draw one class on the image; choose by `object`, or list the right one in a manifest");
    drawn_by_[place] = &object;
    const auto index = static_cast<uint8_t>(place + 1);
    for (size_t n = 0; n < indices_.size(); ++n)
      if (region.inside[n] != 0) indices_[n] = std::max(indices_[n], index);
  }

  const TargetConfig& target_;
  const std::vector<std::string> classes_;
  const Volume& like_;
  std::vector<const dicom::Header*> drawn_by_;
  std::vector<uint8_t> indices_;
};

// An export may hold one object twice.
bool is_copy(const dicom::Header& object, const DrawnObjects& earlier) {
  const auto copy = std::find_if(earlier.begin(), earlier.end(), [&](const auto& other) { return other->sop_uid == object.sop_uid; });
  if (copy == earlier.end() || object.sop_uid.empty()) return false;
  if (sha256_file((*copy)->path) != sha256_file(object.path))
    throw Refused("UID_CONFLICT", "two different segmentations or structure sets have one SOP instance UID");
  return true;
}

}  // namespace

Volume drawn_mask(const DrawnObjects& objects, const std::string& name, const TargetConfig& target, const Volume& like) {
  Layers layers(target, classes_of(name, target), like);
  DrawnObjects added;
  for (const auto& object : objects) {
    if (is_copy(*object, added)) continue;
    layers.add(*object);
    added.push_back(object);
  }
  Volume mask;
  mask.modality = "mask";
  mask.size = like.size;
  mask.affine = like.affine;
  mask.voxels = layers.finish();
  return mask;
}

}  // namespace chiasm
