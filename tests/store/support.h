// A small schema, records with known content, and folders that clean up.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "core/base/file.h"
#include "core/base/random.h"
#include "data/store/store.h"

namespace chiasm::testing {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / ("chiasm-test-" + std::string(6, 'X'))).string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline StoreSchema small_schema() {
  StoreSchema schema;
  schema.inputs["ct"] = {Form::image, "ct", false, {}, 2};
  schema.inputs["findings"] = {Form::text, "text", true, {}, 1};
  schema.inputs["labs"] = {Form::table, "table", false, {"crp", "age"}, 1};
  schema.targets["disease"] = {TargetKind::labels, {"nodule", "effusion"}, "", {"findings"}};
  schema.targets["lesion"] = {TargetKind::mask, {"nodule"}, "ct", {}};
  return schema;
}

// Voxels that differ everywhere and compress a little.
template <class T>
std::vector<T> pattern(size_t count, uint64_t key) {
  Random random(key);
  std::vector<T> voxels(count);
  for (size_t i = 0; i < count; ++i)
    voxels[i] = static_cast<T>(static_cast<double>(i % 97) + static_cast<double>(random.integer(16)) - 20.0 * std::is_signed_v<T>);
  return voxels;
}

inline Volume small_volume(uint64_t key, Size3 size = {3, 5, 7}) {
  Volume volume;
  volume.modality = "ct";
  volume.size = size;
  volume.affine = {-0.7, 0, 0, 10.5, 0, -0.7, 0.1, -20.25, 0, 0, 2.5, 3};
  volume.voxels = pattern<int16_t>(static_cast<size_t>(size[0] * size[1] * size[2]), key);
  volume.intercept = -1024;
  volume.facts = {{"kernel", "B30f"}};
  return volume;
}

inline std::string study_name(int64_t number) { return "study" + std::to_string(1000 + number); }

// Studies come in pairs of one patient. Every third lacks the text, every fourth the labels.
inline StudyRecord small_record(int64_t number, Size3 size = {3, 5, 7}) {
  StudyRecord record;
  record.study = study_name(number);
  record.patient = "patient" + std::to_string(1000 + number / 2);
  record.inputs["ct"] = {{small_volume(static_cast<uint64_t>(number), size), "", {}, 0}};
  if (number % 3 != 0) record.inputs["findings"] = {{{}, "Nodule of " + std::to_string(number) + " mm, 5\xC2\xB0.", {}, -1.5}};
  record.inputs["labs"] = {{{}, "", {kUnknown, static_cast<double>(number)}, 0}};
  if (number % 4 != 0) record.labels["disease"] = {number % 2 ? 1.0 : 0.0, kUnknown};
  Volume mask = small_volume(0, size);
  mask.modality = "mask";
  mask.intercept = 0;
  std::vector<uint8_t> classes(std::get<std::vector<int16_t>>(mask.voxels).size());
  for (size_t i = 0; i < classes.size(); ++i) classes[i] = i % 5 == 0 ? 255 : i % 2;
  mask.voxels = classes;
  record.masks["lesion"] = mask;
  record.facts = {{"sex", number % 2 ? "F" : "M"}, {"site", "A, \"north\""}};
  return record;
}

inline void expect_equal(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) << i;
}

inline void expect_equal(const Volume& a, const Volume& b) {
  EXPECT_EQ(a.modality, b.modality);
  EXPECT_EQ(a.channels, b.channels);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.affine, b.affine);
  EXPECT_EQ(a.slope, b.slope);
  EXPECT_EQ(a.intercept, b.intercept);
  EXPECT_EQ(a.facts, b.facts);
  EXPECT_EQ(a.statistics, b.statistics);
  EXPECT_EQ(a.voxels.index(), b.voxels.index());
  EXPECT_TRUE(a.voxels == b.voxels);
  EXPECT_TRUE(a.valid == b.valid);
}

inline void expect_equal(const StudyRecord& a, const StudyRecord& b) {
  EXPECT_EQ(a.study, b.study);
  EXPECT_EQ(a.patient, b.patient);
  EXPECT_EQ(a.facts, b.facts);
  ASSERT_EQ(a.inputs.size(), b.inputs.size());
  for (const auto& [name, items] : a.inputs) {
    ASSERT_EQ(items.size(), b.inputs.at(name).size());
    for (size_t row = 0; row < items.size(); ++row) {
      const StudyItem& other = b.inputs.at(name)[row];
      EXPECT_EQ(items[row].text, other.text);
      EXPECT_EQ(items[row].days, other.days);
      expect_equal(items[row].table, other.table);
      expect_equal(items[row].volume, other.volume);
    }
  }
  ASSERT_EQ(a.labels.size(), b.labels.size());
  for (const auto& [name, values] : a.labels) expect_equal(values, b.labels.at(name));
  ASSERT_EQ(a.masks.size(), b.masks.size());
  for (const auto& [name, mask] : a.masks) expect_equal(mask, b.masks.at(name));
}

inline void write_store(const fs::path& folder, int64_t studies, int64_t shard_bytes = int64_t{256} << 20) {
  StoreWriter writer(folder, small_schema(), shard_bytes);
  for (int64_t i = 0; i < studies; ++i)
    if (!writer.has(study_name(i))) writer.add(small_record(i));
  writer.commit();
}

// The message of the exception that `work` must throw.
template <class E, class Work>
std::string message_of(const Work& work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace chiasm::testing
