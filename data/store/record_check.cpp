#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/store/record.h"

namespace chiasm::store {

namespace {

constexpr double kSameMm = 1e-3;

void check_pseudonym(const std::string& name, const std::string& what) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > ' ' && c < 127 && c != '/' && c != ',' && c != '"'; });
  if (name.empty() || name.size() > 128 || name.front() == '.' || !plain)
    throw InputError("store: a " + what + " pseudonym is empty, longer than 128, or holds other than letters, digits, '_', '-' and '.'");
}

void check_facts(const std::map<std::string, std::string>& facts, const std::string& where) {
  for (const auto& [name, value] : facts)
    if (name.empty() || !is_utf8(name + value)) throw InputError(where + ": a fact is unnamed or not UTF-8");
}

bool finite(const Affine& affine) {
  return std::all_of(affine.begin(), affine.end(), [](double value) { return std::isfinite(value); });
}

void check_volume(const Volume& volume, const std::string& where) {
  const bool empty = volume.channels < 1 || *std::min_element(volume.size.begin(), volume.size.end()) < 1;
  const size_t count = std::visit([](const auto& voxels) { return voxels.size(); }, volume.voxels);
  const int64_t grid = volume.size[0] * volume.size[1] * volume.size[2];
  if (empty || count != static_cast<size_t>(volume.channels * grid)) throw InputError(where + ": number of voxels and size do not agree");
  if (!volume.valid.empty() && volume.valid.size() != static_cast<size_t>(grid))
    throw InputError(where + ": valid is not of the grid's size");
  if (!finite(volume.affine)) throw Refused("BAD_AFFINE", "not a number in the affine of " + where);
  try {
    inverse(volume.affine);
  } catch (const InputError&) {
    throw Refused("BAD_AFFINE", "singular affine of " + where);
  }
  if (!std::isfinite(volume.slope) || !std::isfinite(volume.intercept) || volume.slope == 0)
    throw Refused("BAD_RESCALE", "slope or intercept of " + where);
  check_facts(volume.facts, where);
}

void check_item(const StudyItem& item, const StoredInput& input, const std::string& where) {
  if (!std::isfinite(item.days)) throw InputError(where + ": days is not a number");
  switch (input.form) {
    case Form::image:
      return check_volume(item.volume, where);
    case Form::text:
      if (!is_utf8(item.text) || item.text.find('\0') != std::string::npos)
        throw InputError(where + ": the text is not UTF-8 or holds a NUL byte");
      return;
    case Form::table:
      if (item.table.size() != input.columns.size())
        throw InputError(where + ": " + std::to_string(item.table.size()) + " values for " + std::to_string(input.columns.size()) +
                         " columns");
  }
}

void check_labels(const std::vector<double>& values, const StoredTarget& target, const std::string& where) {
  if (values.size() != target.classes.size())
    throw InputError(where + ": " + std::to_string(values.size()) + " values for " + std::to_string(target.classes.size()) + " classes");
  for (const double value : values)
    if (!std::isnan(value) && !(value >= 0 && value <= 1)) throw InputError(where + ": a label is outside [0, 1]; leave unknown ones NaN");
}

void check_same_grid(const Volume& mask, const Volume& image, const std::string& where) {
  bool same = mask.size == image.size;
  for (size_t i = 0; i < mask.affine.size(); ++i) same = same && std::abs(mask.affine[i] - image.affine[i]) <= kSameMm;
  if (!same) throw Refused("GRID_MISMATCH", where);
}

void check_mask(const Volume& mask, const StoredTarget& target, const StudyRecord& record, const std::string& where) {
  check_volume(mask, where);
  const auto* classes = std::get_if<std::vector<uint8_t>>(&mask.voxels);
  if (!classes || mask.channels != 1) throw InputError(where + ": a mask has one channel of uint8 class indices");
  const auto highest = static_cast<uint8_t>(target.classes.size());
  for (const uint8_t value : *classes)
    if (value > highest && value != 255) throw InputError(where + ": class " + std::to_string(value) + " is not in the schema");
  const auto image = record.inputs.find(target.on);
  if (image == record.inputs.end()) throw InputError(where + ": its image '" + target.on + "' is absent; leave the mask out");
  check_same_grid(mask, image->second.front().volume, where);
}

template <class T>
const T& known(const std::map<std::string, T>& all, const std::string& name, const std::string& what) {
  const auto found = all.find(name);
  if (found == all.end()) throw InputError("store: " + what + " '" + name + "' is not in the schema");
  return found->second;
}

}  // namespace

void check_record(const StudyRecord& record, const StoreSchema& schema) {
  check_pseudonym(record.study, "study");
  check_pseudonym(record.patient, "patient");
  const std::string study = "study " + record.study + ", ";
  for (const auto& [name, items] : record.inputs) {
    const StoredInput& input = known(schema.inputs, name, "input");
    if (items.empty() || static_cast<int64_t>(items.size()) > input.max_rows)
      throw InputError(study + "input '" + name + "': " + std::to_string(items.size()) + " rows where 1 to " +
                       std::to_string(input.max_rows) + " are allowed");
    for (const StudyItem& item : items) check_item(item, input, study + "input '" + name + "'");
  }
  for (const auto& [name, values] : record.labels) {
    const StoredTarget& target = known(schema.targets, name, "target");
    if (target.kind != TargetKind::labels) throw InputError(study + "target '" + name + "' takes no labels");
    check_labels(values, target, study + "target '" + name + "'");
  }
  for (const auto& [name, mask] : record.masks) {
    const StoredTarget& target = known(schema.targets, name, "target");
    if (target.kind != TargetKind::mask) throw InputError(study + "target '" + name + "' takes no mask");
    check_mask(mask, target, record, study + "mask '" + name + "'");
  }
  check_facts(record.facts, "study " + record.study);
}

}  // namespace chiasm::store
