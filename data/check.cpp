#include "data/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/base/threads.h"

namespace chiasm {

namespace {

constexpr double kLeastSpacingMm = 0.02, kMostSpacingMm = 50;
constexpr double kSkewed = 0.02;  // cosine between two axes, about one degree
constexpr double kSameMm = 1e-3;
constexpr double kNoAirHu = -200;  // a CT whose first percentile is above holds no air
constexpr size_t kSampled = 8192;  // voxels an image for percentiles

struct ImageFacts {
  std::string input, digest;
  bool constant = false;
  double count = 0, sum = 0, squares = 0, low = 0, high = 0, p1 = 0, p99 = 0;
};

struct StudyFacts {
  std::vector<CheckFinding> findings;
  std::vector<ImageFacts> images;
};

double quantile(std::vector<double> values, double share) {
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

std::string voxel_digest(const Volume& volume) {
  Sha256 digest;
  digest.add(volume.size.data(), sizeof volume.size);
  std::visit([&](const auto& voxels) { digest.add(voxels.data(), voxels.size() * sizeof voxels[0]); }, volume.voxels);
  return hex(digest.finish());
}

ImageFacts image_facts(const std::string& input, const Volume& volume) {
  ImageFacts facts{input, voxel_digest(volume)};
  const std::vector<float> all = values(volume);
  facts.low = std::numeric_limits<double>::infinity();
  facts.high = -facts.low;
  const size_t grid = static_cast<size_t>(volume.size[0] * volume.size[1] * volume.size[2]), stride = all.size() / kSampled + 1;
  std::vector<double> sample;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!volume.valid.empty() && !volume.valid[i % grid]) continue;
    const double value = all[i];
    facts.count += 1;
    facts.sum += value;
    facts.squares += value * value;
    facts.low = std::min(facts.low, value);
    facts.high = std::max(facts.high, value);
    if (i % stride == 0) sample.push_back(value);
  }
  facts.constant = !(facts.high > facts.low);
  if (sample.empty()) sample.push_back(facts.count > 0 ? facts.low : 0);
  facts.p1 = quantile(sample, 0.01);
  facts.p99 = quantile(sample, 0.99);
  return facts;
}

double cosine(const Affine& affine, size_t a, size_t b) {
  double dot = 0, length_a = 0, length_b = 0;
  for (size_t row = 0; row < 3; ++row) {
    dot += affine[4 * row + a] * affine[4 * row + b];
    length_a += affine[4 * row + a] * affine[4 * row + a];
    length_b += affine[4 * row + b] * affine[4 * row + b];
  }
  return dot / std::sqrt(length_a * length_b);
}

void check_geometry(const Volume& volume, const std::string& where, StudyFacts& study) {
  const Spacing3 spacing = spacing_mm(volume);
  for (size_t axis = volume.size[0] == 1 ? 1 : 0; axis < 3; ++axis)
    if (!(spacing[axis] >= kLeastSpacingMm && spacing[axis] <= kMostSpacingMm))
      study.findings.push_back({true, "geometry", where, "a spacing is outside 0.02 to 50 mm"});
  const double skew =
      std::max({std::abs(cosine(volume.affine, 0, 1)), std::abs(cosine(volume.affine, 0, 2)), std::abs(cosine(volume.affine, 1, 2))});
  if (skew > kSkewed) study.findings.push_back({false, "geometry", where, "the axes are not at right angles (gantry tilt?)"});
}

void check_image(const std::string& input, const StoredInput& stored, const Volume& volume, const std::string& where, StudyFacts& study) {
  check_geometry(volume, where, study);
  ImageFacts facts = image_facts(input, volume);
  if (!std::isfinite(facts.sum)) study.findings.push_back({true, "intensity", where, "a voxel is not a number"});
  if (facts.constant) study.findings.push_back({false, "intensity", where, "all voxels are equal"});
  if (stored.modality == "ct" && facts.p1 > kNoAirHu) study.findings.push_back({false, "intensity", where, "no air in a CT: is it in HU?"});
  study.images.push_back(std::move(facts));
}

void check_mask(const Volume& mask, const Volume* image, const std::string& where, StudyFacts& study) {
  bool same = image != nullptr && image->size == mask.size;
  for (size_t i = 0; same && i < mask.affine.size(); ++i) same = std::abs(mask.affine[i] - image->affine[i]) <= kSameMm;
  if (!same) study.findings.push_back({true, "mask", where, "not on the grid of its image"});
  const auto& classes = std::get<std::vector<uint8_t>>(mask.voxels);
  if (std::all_of(classes.begin(), classes.end(), [](uint8_t value) { return value == 255; }))
    study.findings.push_back({false, "mask", where, "nothing is annotated"});
  else if (std::all_of(classes.begin(), classes.end(), [](uint8_t value) { return value == 0 || value == 255; }))
    study.findings.push_back({false, "mask", where, "empty"});
}

bool same_values(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

void check_labels(const StudyRecord& record, const StudyEntry& entry, StudyFacts& study) {
  bool same = record.labels.size() == entry.labels.size();
  for (const auto& [target, values] : record.labels) {
    const auto indexed = entry.labels.find(target);
    same = same && indexed != entry.labels.end() && same_values(values, indexed->second);
    for (const double value : values)
      if (value < 0 || value > 1) study.findings.push_back({true, "label", entry.study + " " + target, "a value is outside [0, 1]"});
  }
  if (!same) study.findings.push_back({true, "label", entry.study, "index and shard do not agree"});
}

StudyFacts study_facts(const StoreReader& store, int64_t index) {
  StudyFacts study;
  const StudyEntry& entry = store.entry(index);
  std::optional<StudyRecord> record;
  try {
    record = store.read(index);
  } catch (const InputError& error) {
    study.findings.push_back({true, "read", entry.study, error.what()});
    return study;
  }
  check_labels(*record, entry, study);
  for (const auto& [name, items] : record->inputs) {
    const StoredInput& stored = store.schema().inputs.at(name);
    if (stored.form != Form::image) continue;
    for (const StudyItem& item : items) check_image(name, stored, item.volume, entry.study + " " + name, study);
  }
  for (const auto& [name, mask] : record->masks) {
    const auto image = record->inputs.find(store.schema().targets.at(name).on);
    check_mask(mask, image == record->inputs.end() ? nullptr : &image->second.front().volume, entry.study + " " + name, study);
  }
  return study;
}

// One image under two patients lets a test patient into training.
void find_duplicates(const StoreReader& store, const std::vector<StudyFacts>& studies, CheckReport& report) {
  std::map<std::string, std::pair<std::string, std::string>> first;  // digest -> patient, study
  for (size_t i = 0; i < studies.size(); ++i) {
    const StudyEntry& entry = store.entry(static_cast<int64_t>(i));
    for (const ImageFacts& image : studies[i].images) {
      if (image.constant) continue;
      const auto [seen, fresh] = first.try_emplace(image.digest, entry.patient, entry.study);
      if (fresh) continue;
      const bool other = seen->second.first != entry.patient;
      report.findings.push_back(
          {other, "duplicate", entry.study + " " + image.input,
           "the same image as in study " + seen->second.second + (other ? ", of another patient" : ", of the same patient")});
    }
  }
}

void add_intensities(const std::vector<StudyFacts>& studies, CheckReport& report) {
  std::map<std::string, std::vector<const ImageFacts*>> images;
  for (const StudyFacts& study : studies)
    for (const ImageFacts& image : study.images) images[image.input].push_back(&image);
  for (const auto& [input, all] : images) {
    IntensityFacts& facts = report.intensities[input];
    facts.low = std::numeric_limits<double>::infinity();
    facts.high = -facts.low;
    double count = 0, sum = 0, squares = 0;
    std::vector<double> p1, p99;
    for (const ImageFacts* image : all) {
      facts.images += 1;
      facts.constant += image->constant;
      facts.low = std::min(facts.low, image->low);
      facts.high = std::max(facts.high, image->high);
      count += image->count;
      sum += image->sum;
      squares += image->squares;
      p1.push_back(image->p1);
      p99.push_back(image->p99);
    }
    facts.mean = sum / std::max(count, 1.0);
    facts.deviation = std::sqrt(std::max(squares / std::max(count, 1.0) - facts.mean * facts.mean, 0.0));
    facts.p1 = quantile(p1, 0.5);
    facts.p99 = quantile(p99, 0.5);
  }
}

void count_classes(const StoreReader& store, const std::map<std::string, std::string>& part_of, CheckReport& report) {
  for (int64_t i = 0; i < store.size(); ++i) {
    const StudyEntry& entry = store.entry(i);
    const auto part = part_of.find(entry.study);
    if (part == part_of.end()) continue;
    for (const auto& [name, target] : store.schema().targets) {
      const auto labels = entry.labels.find(name);
      for (size_t k = 0; k < target.classes.size() && target.kind == TargetKind::labels; ++k) {
        ClassCount& count = report.classes[part->second][name + "/" + target.classes[k]];
        const double value = labels == entry.labels.end() ? std::nan("") : labels->second[k];
        ++(std::isnan(value) ? count.unknown : value == 0 ? count.negative : value == 1 ? count.positive : count.uncertain);
      }
    }
  }
  for (const auto& [part, classes] : report.classes)
    for (const auto& [name, count] : classes)
      if (count.positive == 0 || count.negative == 0)
        report.findings.push_back({false, "class", part + " " + name, count.positive == 0 ? "no positive study" : "no negative study"});
}

// Study -> part; everything is "all" without a readable split.
std::map<std::string, std::string> parts_of(const StoreReader& store, const std::filesystem::path& split_path, CheckReport& report) {
  std::map<std::string, std::string> part_of;
  if (!split_path.empty()) try {
      const Split split = load_split(split_path, store);
      for (const auto& [name, studies] : split.parts)
        for (const std::string& study : studies) part_of[study] = name;
      for (size_t k = 0; k < split.folds.size(); ++k)
        for (const std::string& study : split.folds[k]) part_of[study] = "fold " + std::to_string(k);
      if (part_of.size() < static_cast<size_t>(store.size()))
        report.findings.push_back(
            {false, "split", split.name, std::to_string(static_cast<size_t>(store.size()) - part_of.size()) + " studies are in no part"});
      return part_of;
    } catch (const InputError& error) {
      report.findings.push_back({true, "split", split_path.filename().string(), error.what()});
    }
  for (int64_t i = 0; i < store.size(); ++i) part_of[store.entry(i).study] = "all";
  return part_of;
}

}  // namespace

bool CheckReport::passed() const {
  return std::none_of(findings.begin(), findings.end(), [](const CheckFinding& finding) { return finding.error; });
}

CheckReport check_store(const StoreReader& store, const std::filesystem::path& split_path, int threads) {
  CheckReport report;
  report.data_sha256 = store.data_sha256();
  report.studies = store.size();
  std::set<std::string> patients;
  for (int64_t i = 0; i < store.size(); ++i) patients.insert(store.entry(i).patient);
  report.patients = static_cast<int64_t>(patients.size());
  for (const std::string& file : store.verify())
    report.findings.push_back({true, "digest", file, "is damaged or missing: its SHA-256 is not the recorded one"});
  std::vector<StudyFacts> studies(static_cast<size_t>(store.size()));
  Progress progress("check", store.size());
  parallel_for(store.size(), threads, [&](int64_t i) {
    studies[static_cast<size_t>(i)] = study_facts(store, i);
    progress.add();
  });
  progress.finish();
  for (const StudyFacts& study : studies) report.findings.insert(report.findings.end(), study.findings.begin(), study.findings.end());
  find_duplicates(store, studies, report);
  add_intensities(studies, report);
  count_classes(store, parts_of(store, split_path, report), report);
  return report;
}

}  // namespace chiasm
