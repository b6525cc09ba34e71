// A small store for the tests of the loader: every kind of input and target, with gaps. No LibTorch.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "data/loader_options.h"
#include "data/store/store.h"
#include "data/tokenizer.h"
#include "tests/support/scratch.h"

namespace chiasm::test {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

inline StoredInput stored_input(Form form, const std::string& modality, int64_t max_rows = 1) {
  StoredInput out;
  out.form = form;
  out.modality = modality;
  out.max_rows = max_rows;
  return out;
}

inline StoreSchema loader_schema() {
  StoreSchema schema;
  schema.inputs["ct"] = stored_input(Form::image, "ct");
  schema.inputs["mr"] = stored_input(Form::image, "mr", 2);
  schema.inputs["film"] = stored_input(Form::image, "xray");
  schema.inputs["note"] = stored_input(Form::text, "text");
  schema.inputs["report"] = stored_input(Form::text, "text");
  schema.inputs["report"].after_reading = true;
  schema.inputs["lab"] = stored_input(Form::table, "table");
  schema.inputs["lab"].columns = {"crp", "age"};
  schema.targets["finding"].classes = {"nodule", "effusion"};
  schema.targets["finding"].derived_from = {"report"};
  schema.targets["lesion"].kind = TargetKind::mask;
  schema.targets["lesion"].classes = {"tumour", "cyst"};
  schema.targets["lesion"].on = "ct";
  return schema;
}

inline StudyItem image_item(const std::string& modality, const Size3& size, double spacing, uint64_t key) {
  StudyItem item;
  Volume& volume = item.volume;
  volume.modality = modality;
  volume.size = size;
  volume.affine = {-spacing, 0, 0, 10, 0, -spacing, 0, 20, 0, 0, spacing, 30};
  Random random(key);
  std::vector<int16_t> voxels(static_cast<size_t>(size[0] * size[1] * size[2]));
  for (int16_t& voxel : voxels) voxel = static_cast<int16_t>(random.integer(1500) - 700);
  volume.voxels = std::move(voxels);
  return item;
}

// Study n: no CT when n % 5 == 4; no MR when n % 3 == 0, two MR rows when n % 3 == 2; no film when n % 4 == 0; no note when n % 2; no lab
// when n % 4 == 3. Nodule: positive when n % 3 == 0, unknown when n % 7 == 6. A mask where there is a CT and n % 2 == 0.
inline StudyRecord loader_study(int64_t n) {
  StudyRecord record;
  const auto key = static_cast<uint64_t>(n);
  record.study = "S" + std::to_string(1000 + n);
  record.patient = "P" + std::to_string(1000 + n);
  if (n % 5 != 4) record.inputs["ct"] = {image_item("ct", {8, 12, 12}, 2, key)};
  if (n % 3 != 0) record.inputs["mr"] = {image_item("mr", {6, 10, 10}, 3, key + 1000)};
  if (n % 3 == 2) record.inputs["mr"].push_back(image_item("mr", {6, 10, 10}, 3, key + 2000));
  if (n % 3 == 2) record.inputs["mr"][1].days = -30;
  if (n % 4 != 0) record.inputs["film"] = {image_item("xray", {1, 20, 16 + n % 3}, 1, key + 3000)};
  if (n % 4 != 0) record.inputs["film"][0].volume.facts["view"] = n % 4 == 1 ? "PA" : n % 4 == 2 ? "AP" : "LL";
  StudyItem text;
  text.text = "a small nodule in the left upper lobe of " + std::to_string(n % 9) + " mm";
  record.inputs["report"] = {text};
  text.text = "cough and fever";
  if (n % 2 == 0) record.inputs["note"] = {text};
  StudyItem table;
  table.table = {static_cast<double>(n), n % 6 == 0 ? unknown : 50.0 + static_cast<double>(n)};
  if (n % 4 != 3) record.inputs["lab"] = {table};
  record.labels["finding"] = {n % 7 == 6 ? unknown : n % 3 == 0 ? 1.0 : 0.0, n % 2 == 0 ? 0.25 : unknown};
  if (record.inputs.count("ct") && n % 2 == 0) {
    Volume mask = record.inputs["ct"][0].volume;
    mask.modality = "mask";
    std::vector<uint8_t> classes(8 * 12 * 12, 0);
    for (int64_t v = 0; v < 30; ++v)
      classes[static_cast<size_t>((5 * 12 + 4) * 12 + v % 8 + 12 * (v / 8))] = static_cast<uint8_t>(1 + v % 2);
    classes[0] = 255;
    mask.voxels = std::move(classes);
    record.masks["lesion"] = std::move(mask);
  }
  record.facts["site"] = n % 2 ? "A" : "B";
  return record;
}

struct StudyStore {
  explicit StudyStore(int64_t studies) {
    StoreWriter writer(folder / "store", loader_schema());
    for (int64_t n = 0; n < studies; ++n) writer.add(loader_study(n));
    writer.commit();
    reader = std::make_shared<StoreReader>(folder / "store");
    for (int64_t n = 0; n < studies; ++n) names.push_back(reader->entry(n).study);
    std::vector<std::string> texts;
    for (int64_t n = 0; n < 40; ++n) texts.push_back(loader_study(n).inputs.at("report")[0].text + " cough and fever");
    tokenizer = std::make_shared<Tokenizer>(Tokenizer::train(texts, {.vocabulary = 300}));
  }

  LoaderOptions options() const {
    LoaderOptions out;
    out.inputs = {"ct", "mr", "film", "note", "lab"};
    out.targets = {"finding", "lesion", "report"};
    ViewConfig volume, film;
    volume.size = {8, 12, 12};
    volume.spacing_mm = {2, 2, 2};
    film.size = {1, 12, 12};
    film.spacing_mm = {1, 1, 1};
    film.fit = "crop";
    out.preparations["ct"] = {"ct", volume};
    out.preparations["mr"] = {"mr", volume};
    out.preparations["film"] = {"xray", film};
    out.table_scales["lab"] = {{10, 5}, {60, 10}};
    out.text_lengths = {{"note", 12}, {"report", 24}};
    out.batch = 3;
    out.threads = 2;
    out.seed = 11;
    return out;
  }

  Scratch folder;
  std::shared_ptr<const StoreReader> reader;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<std::string> names;
};

}  // namespace chiasm::test
