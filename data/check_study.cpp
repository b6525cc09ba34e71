#include "data/check_study.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "data/deidentify_fold.h"
#include "data/deidentify_patterns.h"

namespace chiasm {

namespace {

constexpr double kLeastSpacingMm = 0.02, kMostSpacingMm = 50;
constexpr double kSkewed = 0.02;  // cosine between two axes, about one degree
constexpr double kSameMm = 1e-3;
constexpr double kNoAirHu = -200;  // a CT whose first percentile is above holds no air

double cosine(const Affine& affine, size_t a, size_t b) {
  double dot = 0, length_a = 0, length_b = 0;
  for (size_t row = 0; row < 3; ++row) {
    dot += affine[4 * row + a] * affine[4 * row + b];
    length_a += affine[4 * row + a] * affine[4 * row + a];
    length_b += affine[4 * row + b] * affine[4 * row + b];
  }
  return dot / std::sqrt(length_a * length_b);
}

bool same_values(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

class StudyCheck {
 public:
  StudyCheck(const StoreReader& store, int64_t index, const StudyRecord& record)
      : store_(store), entry_(store.entry(index)), index_(index), record_(record) {
    checked_.survey = survey(record);
  }

  CheckedStudy run() {
    check_labels();
    for (const auto& [name, items] : record_.inputs)
      for (size_t row = 0; row < items.size(); ++row) {
        if (items[row].volume.size[0] > 0) check_geometry(name, row, items[row].volume);
        if (!items[row].text.empty()) check_text(name, items[row].text);
      }
    for (const ImageSurvey& image : checked_.survey.images) check_intensity(image);
    for (const auto& [name, mask] : record_.masks) check_mask(name, mask);
    return std::move(checked_);
  }

 private:
  void find(bool error, const std::string& check, const std::string& name, const std::string& message,
            std::vector<CheckImage> images = {}) {
    checked_.findings.push_back({error, check, name.empty() ? entry_.study : entry_.study + " " + name, message, std::move(images)});
  }

  void check_geometry(const std::string& name, size_t row, const Volume& volume) {
    const Spacing3 spacing = spacing_mm(volume);
    for (size_t axis = volume.size[0] == 1 ? 1 : 0; axis < 3; ++axis)
      if (!(spacing[axis] >= kLeastSpacingMm && spacing[axis] <= kMostSpacingMm))
        find(true, "geometry", name, "a spacing is outside 0.02 to 50 mm", {{index_, name, row}});
    const double skew =
        std::max({std::abs(cosine(volume.affine, 0, 1)), std::abs(cosine(volume.affine, 0, 2)), std::abs(cosine(volume.affine, 1, 2))});
    if (skew > kSkewed) find(false, "geometry", name, "the axes are not at right angles (gantry tilt?)", {{index_, name, row}});
  }

  void check_intensity(const ImageSurvey& image) {
    const std::vector<CheckImage> shown{{index_, image.input, image.row}};
    if (!std::isfinite(image.sum)) find(true, "intensity", image.input, "a voxel is not a number", shown);
    if (image.constant) find(false, "intensity", image.input, "all voxels are equal", shown);
    if (store_.schema().inputs.at(image.input).modality == "ct" && image.percentiles[1] > kNoAirHu)
      find(false, "intensity", image.input, "no air in a CT: is it in HU?", shown);
  }

  // By the patterns that de-identification uses, whatever made the store: known names are searched when it is made.
  void check_text(const std::string& name, const std::string& text) {
    const deid::Folded folded = deid::fold(text);
    deid::Spans contacts;
    deid::find_contacts(folded.letters, contacts);
    if (!contacts.all().empty()) find(false, "identity", name, "a text seems to hold an address, a number of a person or a UID");
    if (!deid::titled_names(folded.letters).empty()) find(false, "identity", name, "a text seems to hold a name behind a title");
  }

  void check_mask(const std::string& name, const Volume& mask) {
    const std::string& on = store_.schema().targets.at(name).on;
    const auto images = record_.inputs.find(on);
    const Volume* image = images == record_.inputs.end() ? nullptr : &images->second.front().volume;
    const std::vector<CheckImage> shown = image ? std::vector<CheckImage>{{index_, on, 0}} : std::vector<CheckImage>{};
    bool same = image != nullptr && image->size == mask.size;
    for (size_t i = 0; same && i < mask.affine.size(); ++i) same = std::abs(mask.affine[i] - image->affine[i]) <= kSameMm;
    if (!same) find(true, "mask", name, "not on the grid of its image", shown);
    const auto& classes = std::get<std::vector<uint8_t>>(mask.voxels);
    if (std::all_of(classes.begin(), classes.end(), [](uint8_t value) { return value == 255; }))
      find(false, "mask", name, "nothing is annotated", shown);
    else if (std::all_of(classes.begin(), classes.end(), [](uint8_t value) { return value == 0 || value == 255; }))
      find(false, "mask", name, "empty", shown);
  }

  void check_labels() {
    bool same = record_.labels.size() == entry_.labels.size();
    for (const auto& [target, values] : record_.labels) {
      const auto indexed = entry_.labels.find(target);
      same = same && indexed != entry_.labels.end() && same_values(values, indexed->second);
      if (std::any_of(values.begin(), values.end(), [](double value) { return value < 0 || value > 1; }))
        find(true, "label", target, "a value is outside [0, 1]");
    }
    if (!same) find(true, "label", "", "index and shard do not agree");
  }

  const StoreReader& store_;
  const StudyEntry& entry_;
  const int64_t index_;
  const StudyRecord& record_;
  CheckedStudy checked_;
};

}  // namespace

CheckedStudy check_study(const StoreReader& store, int64_t index) {
  try {
    const StudyRecord record = store.read(index);
    return StudyCheck(store, index, record).run();
  } catch (const InputError& error) {
    return {{{true, "read", store.entry(index).study, error.what()}}, {}};
  }
}

}  // namespace chiasm
