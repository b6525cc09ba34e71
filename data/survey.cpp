#include "data/survey.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"

namespace chiasm {

namespace {

constexpr size_t kSampled = 8192;  // voxels an image for percentiles

std::string voxel_digest(const Volume& volume) {
  Sha256 digest;
  digest.add(volume.size.data(), sizeof volume.size);
  std::visit([&](const auto& voxels) { digest.add(voxels.data(), voxels.size() * sizeof voxels[0]); }, volume.voxels);
  return hex(digest.finish());
}

TextSurvey survey_text(const std::string& input, const std::string& text) {
  TextSurvey out{input, "", 0};
  std::string words, word;
  for (const char c : text + " ") {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte >= 0x80) {
      word += std::isdigit(byte) ? '0' : c;
      continue;
    }
    if (word.empty()) continue;
    const bool number = word.find_first_not_of('0') == std::string::npos;
    words += (number ? "0" : word) + " ";
    out.words += 1;
    word.clear();
  }
  out.digest = sha256_hex(lower(words));
  return out;
}

}  // namespace

void survey_intensities(const Volume& volume, ImageSurvey& out) {
  const std::vector<float> all = values(volume);
  out.low = std::numeric_limits<double>::infinity();
  out.high = -out.low;
  const auto grid = static_cast<size_t>(volume.size[0] * volume.size[1] * volume.size[2]);
  const size_t stride = all.size() / kSampled + 1;
  std::vector<double> sample;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!volume.valid.empty() && !volume.valid[i % grid]) continue;
    const double value = all[i];
    out.count += 1;
    out.sum += value;
    out.squares += value * value;
    out.low = std::min(out.low, value);
    out.high = std::max(out.high, value);
    if (i % stride == 0 && std::isfinite(value)) sample.push_back(value);
  }
  out.constant = !(out.high > out.low);
  if (sample.empty()) sample.push_back(std::isfinite(out.low) ? out.low : 0);
  for (size_t n = 0; n < kPercentiles.size(); ++n) out.percentiles[n] = quantile(sample, kPercentiles[n]);
}

double quantile(std::vector<double> values, double share) {
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

StudySurvey survey(const StudyRecord& record) {
  StudySurvey out;
  for (const auto& [input, items] : record.inputs)
    for (size_t row = 0; row < items.size(); ++row) {
      if (!items[row].text.empty()) out.texts.push_back(survey_text(input, items[row].text));
      const Volume& volume = items[row].volume;
      if (volume.size[0] == 0) continue;
      ImageSurvey image{input, row, volume.size, spacing_mm(volume), voxel_digest(volume), perceptual_hash(volume)};
      survey_intensities(volume, image);
      if (const auto faces = volume.facts.find("faces"); faces != volume.facts.end()) image.faces = faces->second;
      out.images.push_back(std::move(image));
    }
  return out;
}

std::vector<StudySurvey> survey(const StoreReader& store, int threads) {
  std::vector<std::string> names;
  for (const auto& [name, input] : store.schema().inputs)
    if (input.form != Form::table) names.push_back(name);
  std::vector<StudySurvey> out(static_cast<size_t>(store.size()));
  if (names.empty()) return out;  // no name would mean all
  Progress progress("survey", store.size());
  parallel_for(store.size(), threads, [&](int64_t i) {
    try {
      out[static_cast<size_t>(i)] = survey(store.read(i, names));
    } catch (const InputError&) {
    }
    progress.add();
  });
  progress.finish();
  return out;
}

}  // namespace chiasm
