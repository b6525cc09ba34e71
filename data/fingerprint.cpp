#include "data/fingerprint.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace chiasm {

namespace {

// `of`: size or spacing of an image.
template <class T, class Of>
Spread<T> spread(const std::vector<const ImageSurvey*>& images, const Of& of) {
  Spread<T> out;
  for (size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> values;
    for (const ImageSurvey* image : images) values.push_back(static_cast<double>(of(*image)[axis]));
    using Value = typename T::value_type;
    out.least[axis] = static_cast<Value>(quantile(values, 0));
    out.median[axis] = static_cast<Value>(quantile(values, 0.5));
    out.greatest[axis] = static_cast<Value>(quantile(values, 1));
  }
  return out;
}

InputFingerprint fingerprint_of(const std::vector<const ImageSurvey*>& images) {
  InputFingerprint out;
  out.images = static_cast<int64_t>(images.size());
  out.size = spread<Size3>(images, [](const ImageSurvey& image) { return image.size; });
  out.spacing_mm = spread<Spacing3>(images, [](const ImageSurvey& image) { return image.spacing; });
  out.low = std::numeric_limits<double>::infinity();
  out.high = -out.low;
  double count = 0, sum = 0, squares = 0;
  for (const ImageSurvey* image : images) {
    out.constant += image->constant;
    out.low = std::min(out.low, image->low);
    out.high = std::max(out.high, image->high);
    count += image->count;
    sum += image->sum;
    squares += image->squares;
  }
  out.mean = sum / std::max(count, 1.0);
  out.deviation = std::sqrt(std::max(squares / std::max(count, 1.0) - out.mean * out.mean, 0.0));
  for (size_t n = 0; n < kPercentiles.size(); ++n) {
    std::vector<double> values;
    for (const ImageSurvey* image : images) values.push_back(image->percentiles[n]);
    out.percentiles[n] = quantile(values, 0.5);
  }
  return out;
}

template <class T>
Json to_json(const Spread<T>& spread) {
  return {{"min", spread.least}, {"median", spread.median}, {"max", spread.greatest}};
}

}  // namespace

Fingerprint fingerprint(const std::vector<StudySurvey>& studies, const std::vector<int64_t>& chosen) {
  std::vector<int64_t> indices = chosen;
  if (indices.empty()) {
    indices.resize(studies.size());
    std::iota(indices.begin(), indices.end(), int64_t{0});
  }
  std::map<std::string, std::vector<const ImageSurvey*>> images;
  for (const int64_t index : indices)
    for (const ImageSurvey& image : studies[static_cast<size_t>(index)].images) images[image.input].push_back(&image);
  Fingerprint out;
  for (const auto& [input, all] : images) out[input] = fingerprint_of(all);
  return out;
}

Json to_json(const Fingerprint& fingerprint, const std::string& data_sha256, const std::string& part) {
  Json inputs = Json::object();
  for (const auto& [name, input] : fingerprint)
    inputs[name] = {
        {"images", input.images}, {"constant", input.constant},   {"size", to_json(input.size)}, {"spacing_mm", to_json(input.spacing_mm)},
        {"min", input.low},       {"p0.5", input.percentiles[0]}, {"p1", input.percentiles[1]},  {"p50", input.percentiles[2]},
        {"mean", input.mean},     {"deviation", input.deviation}, {"p99", input.percentiles[3]}, {"p99.5", input.percentiles[4]},
        {"max", input.high}};
  return {{"format", "chiasm.fingerprint"}, {"format_version", 1}, {"data_sha256", data_sha256}, {"part", part}, {"inputs", inputs}};
}

}  // namespace chiasm
