// What is fitted to the train part: table scales and preparations.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/base/log.h"
#include "data/dataset.h"
#include "data/fingerprint.h"
#include "data/transform/grid.h"
#include "data/transform/normalise.h"

namespace chiasm {
namespace {

constexpr size_t most_images = 64;  // read to fit a view
constexpr double covered = 0.9;     // share of images that a whole view holds along an axis

// A damaged study is left to the loader's quarantine: fitting goes on without it.
std::optional<StudyRecord> try_read(const StoreReader& store, int64_t index, const std::string& name) {
  try {
    return store.read(index, {name});
  } catch (const InputError&) {
    log::warn("study " + store.entry(index).study + " cannot be read and is left out of fitting '" + name + "'");
    return std::nullopt;
  }
}

// First images of up to `most_images` studies, spread evenly.
template <class Visit>
void for_each_image(const StoreReader& store, const std::vector<std::string>& studies, const std::string& input, const Visit& visit) {
  std::vector<int64_t> with_input;
  for (const int64_t index : store_indices(store, studies))
    if (store.entry(index).inputs.count(input)) with_input.push_back(index);
  const size_t used = std::min(with_input.size(), most_images);
  for (size_t n = 0; n < used; ++n)
    if (const auto record = try_read(store, with_input[n * with_input.size() / used], input))
      visit(record->inputs.at(input).front().volume);
}

double upper_quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(std::ceil(share * static_cast<double>(values.size() - 1)))];
}

// Voxel spacing along superior, anterior, right: that of the stored axis nearest to each.
Spacing3 world_spacing(const Volume& volume) {
  const Spacing3 stored = spacing_mm(volume);
  const std::string codes = axis_codes(volume.affine);
  Spacing3 out = stored;
  for (size_t axis = 0; axis < 3; ++axis) {
    const std::string plus_minus[3] = {"SI", "AP", "RL"};
    for (size_t world = 0; world < 3; ++world)
      if (plus_minus[world].find(codes[axis]) != std::string::npos) out[world] = stored[2 - axis];
  }
  return out;
}

// What an axis offers for the spacing, one entry an image.
struct Candidates {
  std::array<std::vector<double>, 3> spacing;  // D, H, W
  std::vector<double> means, deviations;
};

void add_image(Candidates& out, const Volume& volume, const Preparation& p) {
  const bool planar = transform::is_planar(volume.size, p.view.size);
  if (p.view.sample == "whole") {
    const transform::Extent extent = transform::extent_mm(volume);
    for (size_t d = 0; d < 3; ++d)
      out.spacing[d].push_back(planar ? 1 : (extent.high[2 - d] - extent.low[2 - d]) / static_cast<double>(p.view.size[d]));
  } else {
    const Spacing3 spacing = planar ? spacing_mm(volume) : world_spacing(volume);
    for (size_t d = 0; d < 3; ++d) out.spacing[d].push_back(spacing[d]);
  }
  if (!transform::needs_moments(p)) return;
  const transform::Histogram h = transform::histogram(volume, transform::content_box(volume, p.view));
  double sum = 0, squares = 0;
  for (size_t n = 0; n < h.values.size(); ++n) sum += h.counts[n] * h.values[n];
  const double mean = sum / std::max(h.total, 1.0);
  for (size_t n = 0; n < h.values.size(); ++n) squares += h.counts[n] * (h.values[n] - mean) * (h.values[n] - mean);
  out.means.push_back(mean);
  out.deviations.push_back(std::sqrt(squares / std::max(h.total, 1.0)));
}

void check_view(const std::string& input, const StoredInput& stored, const ViewConfig& view) {
  if (stored.form != Form::image) throw UsageError("views: input '" + input + "' is not an image");
  if (view.intensity == "fingerprint" && !view.window.empty())
    throw UsageError("views: input '" + input +
                     "' has a window, and 'intensity: fingerprint', which takes it from the train part; keep one");
  if (stored.modality == "xray" && view.size[0] != 1)
    throw UsageError("views: input '" + input + "' is an X-ray; its view needs size [1, H, W], not D = " + std::to_string(view.size[0]));
}

void use_fingerprint(const InputFingerprint& images, Preparation& out) {
  out.mean = images.mean;
  out.deviation = images.deviation > 0 ? images.deviation : 1;
  out.view.window = {images.percentiles.front(), images.percentiles.back()};
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

InputFingerprint fit_fingerprint(const StoreReader& store, const std::vector<std::string>& studies, const std::string& input) {
  StudySurvey survey;
  for_each_image(store, studies, input, [&](const Volume& volume) {
    ImageSurvey& image = survey.images.emplace_back();
    image.size = volume.size;
    image.spacing = spacing_mm(volume);
    survey_intensities(volume, image);
  });
  return survey.images.empty() ? InputFingerprint{} : fingerprint({survey}).begin()->second;
}

Preparation fit_preparation(const StoreReader& store, const std::vector<std::string>& studies, const std::string& input,
                            const ViewConfig& view) {
  const StoredInput& stored = store.schema().inputs.at(input);
  check_view(input, stored, view);
  Preparation out;
  out.modality = stored.modality;
  out.view = view;
  const bool spacing_given = *std::min_element(view.spacing_mm.begin(), view.spacing_mm.end()) > 0;
  if (spacing_given && !transform::needs_moments(out) && view.intensity == "modality") return out;
  Candidates candidates;
  for_each_image(store, studies, input, [&](const Volume& volume) { add_image(candidates, volume, out); });
  if (candidates.spacing[0].empty())
    throw InputError("no study of the train part has a readable image '" + input +
                     "', so its view cannot be fitted; 'chiasm check' names what is damaged, or give the view a spacing_mm");
  for (size_t d = 0; d < 3; ++d)
    if (view.spacing_mm[d] == 0) out.view.spacing_mm[d] = upper_quantile(candidates.spacing[d], view.sample == "whole" ? covered : 0.5);
  if (view.intensity == "fingerprint") use_fingerprint(fit_fingerprint(store, studies, input), out);
  if (!transform::needs_moments(out)) return out;
  out.mean = mean_of(candidates.means);
  out.deviation = mean_of(candidates.deviations);
  if (out.deviation <= 0) out.deviation = 1;
  return out;
}

std::vector<std::array<double, 2>> fit_table_scale(const StoreReader& store, const std::vector<std::string>& studies,
                                                   const std::string& input) {
  const size_t columns = store.schema().inputs.at(input).columns.size();
  std::vector<std::vector<double>> known(columns);
  for (const int64_t index : store_indices(store, studies)) {
    if (!store.entry(index).inputs.count(input)) continue;
    const auto record = try_read(store, index, input);
    if (!record) continue;
    for (const StudyItem& item : record->inputs.at(input))
      for (size_t c = 0; c < columns; ++c)
        if (!std::isnan(item.table[c])) known[c].push_back(item.table[c]);
  }
  std::vector<std::array<double, 2>> out;
  for (const std::vector<double>& values : known) {
    if (values.empty()) {
      out.push_back({0, 1});
      continue;
    }
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(values.size()));
    out.push_back({mean, deviation > 0 ? deviation : 1});
  }
  return out;
}

}  // namespace chiasm
