#include "data/transform/normalise.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "data/transform/clones.h"
#include "data/transform/range.h"
#include "data/transform/slice.h"

namespace chiasm::transform {
namespace {

constexpr double default_ct_window[2] = {-1000, 1000};  // HU

CHIASM_CLONES void clamp_and_scale(float low, float high, float scale, float offset, int64_t count, float* __restrict values) {
  for (int64_t i = 0; i < count; ++i) {
    float value = values[i] > low ? values[i] : low;
    value = value < high ? value : high;
    values[i] = value * scale + offset;
  }
}

// [low, high] -> [-1, 1]; an image of one value becomes 0.
Intensity window(double low, double high) {
  Intensity out{low, high, 0, 0, -1.0F};
  if (high > low) out.scale = 2 / (high - low);
  if (high > low) out.offset = -1 - low * out.scale;
  return out;
}

Intensity z_score(const IntensityStatistics& s) {
  const auto [lowest, low, high, highest, mean, deviation] = s;
  Intensity out{lowest, highest, 0, 0, 0.0F};
  if (deviation > 0) out.scale = 1 / deviation;
  out.offset = -mean * out.scale;
  return out;
}

IntensityStatistics measured(const Histogram& h) {
  const double lowest = h.percentile(0.5), highest = h.percentile(99.5);
  double sum = 0, squares = 0;
  for (size_t n = 0; n < h.values.size(); ++n) sum += h.counts[n] * std::clamp(h.values[n], lowest, highest);
  const double mean = h.total > 0 ? sum / h.total : 0;
  for (size_t n = 0; n < h.values.size(); ++n) {
    const double distance = std::clamp(h.values[n], lowest, highest) - mean;
    squares += h.counts[n] * distance * distance;
  }
  return {lowest, h.percentile(1), h.percentile(99), highest, mean, h.total > 0 ? std::sqrt(squares / h.total) : 0};
}

bool is_whole(const Box& content, const Size3& size) {
  const Box whole = whole_box(size);
  return content.low == whole.low && content.high == whole.high;
}

bool is_picture(const std::string& modality) { return modality == "xray" || modality == "image"; }

}  // namespace

bool needs_moments(const Preparation& p) {
  return p.view.intensity == "modality" && p.view.window.empty() && p.modality != "ct" && p.modality != "mr" && !is_picture(p.modality);
}

// Air and collimators are the darkest there is; of other modalities the mean says least.
float outside_value(const Preparation& p) {
  const bool dark = p.modality == "ct" || is_picture(p.modality);
  if (p.view.intensity == "fingerprint") return dark ? static_cast<float>((p.view.window.at(0) - p.mean) / p.deviation) : 0.0F;
  return !p.view.window.empty() || dark ? -1.0F : 0.0F;
}

Intensity fit_intensity(const Volume& volume, const Preparation& p, const Box& content) {
  if (p.view.intensity == "fingerprint") {
    check(p.view.window.size() == 2 && p.deviation > 0, "a view by fingerprint needs that of a train part");
    return {p.view.window[0], p.view.window[1], 1 / p.deviation, -p.mean / p.deviation, outside_value(p)};
  }
  if (!p.view.window.empty()) return window(p.view.window[0], p.view.window[1]);
  if (p.modality == "ct") return window(default_ct_window[0], default_ct_window[1]);
  if (needs_moments(p)) {
    check(p.deviation > 0, "a preparation needs a positive deviation");
    return {-HUGE_VAL, HUGE_VAL, 1 / p.deviation, -p.mean / p.deviation, 0.0F};
  }
  const bool known = volume.statistics && is_whole(content, volume.size);
  const IntensityStatistics statistics = known ? *volume.statistics : measured(histogram(volume, content));
  return p.modality == "mr" ? z_score(statistics) : window(statistics[1], statistics[2]);
}

IntensityStatistics measure_intensity(const Volume& volume) { return measured(histogram(volume, whole_box(volume.size))); }

bool needs_statistics(const Preparation& p) { return p.view.window.empty() && p.modality != "ct" && !needs_moments(p); }

void normalise(const Intensity& intensity, Sampled& sampled) {
  clamp_and_scale(static_cast<float>(intensity.low), static_cast<float>(intensity.high), static_cast<float>(intensity.scale),
                  static_cast<float>(intensity.offset), static_cast<int64_t>(sampled.values.size()), sampled.values.data());
  set_outside(sampled.values, sampled.valid, intensity.outside);
}

}  // namespace chiasm::transform
