#include "data/store/record.h"

#include <algorithm>
#include <cmath>

#include "core/base/json.h"

namespace chiasm::store {

namespace {

// The text of facts stands in one attribute, as JSON.
std::string facts_text(const std::map<std::string, std::string>& facts) { return Json(facts).dump(); }

bool any_known(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
}

PackedVolume pack_volume(const Volume& volume) {
  const auto [depth, height, width] = volume.size;
  PackedVolume packed;
  const auto element = static_cast<Element>(volume.voxels.index());
  std::visit(
      [&](const auto& voxels) {
        packed.voxels = pack(voxels.data(), element, {volume.channels, depth, height, width});
      },
      volume.voxels);
  if (!volume.valid.empty()) packed.valid = pack(volume.valid.data(), Element::uint8, {depth, height, width});
  return packed;
}

std::vector<double> numbers_of(const std::vector<LabelledVoxel>& examples) {
  std::vector<double> numbers;
  for (const LabelledVoxel& example : examples) {
    numbers.push_back(example.value);
    numbers.push_back(static_cast<double>(example.voxel));
  }
  return numbers;
}

Volume without_voxels(const Volume& volume) {
  Volume bare;
  bare.modality = volume.modality;
  bare.channels = volume.channels;
  bare.size = volume.size;
  bare.affine = volume.affine;
  bare.slope = volume.slope;
  bare.intercept = volume.intercept;
  bare.facts = volume.facts;
  bare.statistics = volume.statistics;
  return bare;
}

void write_volume(const Handle& group, const Volume& volume, const PackedVolume& packed) {
  set_attribute(group, "modality", volume.modality);
  set_attribute(group, "affine", std::vector<double>(volume.affine.begin(), volume.affine.end()));
  set_attribute(group, "rescale", std::vector<double>{volume.slope, volume.intercept});
  set_attribute(group, "facts", facts_text(volume.facts));
  if (const auto& measured = volume.statistics) set_attribute(group, "statistics", std::vector<double>(measured->begin(), measured->end()));
  write_array(group, "voxels", packed.voxels);
  if (!packed.valid.size.empty()) write_array(group, "valid", packed.valid);
}

void write_items(const Handle& inputs, const std::string& name, const PackedStudy& study) {
  const Handle group = create_group(inputs, name);
  const auto& items = study.record.inputs.at(name);
  const auto images = study.images.find(name);
  for (size_t row = 0; row < items.size(); ++row) {
    const Handle item = create_group(group, std::to_string(row));
    set_attribute(item, "days", std::vector<double>{items[row].days});
    if (images != study.images.end())
      write_volume(item, items[row].volume, images->second[row]);
    else if (!items[row].table.empty())
      write_numbers(item, "table", items[row].table);
    else
      write_text(item, "text", items[row].text);
  }
}

}  // namespace

int64_t PackedStudy::bytes() const {
  int64_t total = 0;
  for (const auto& [name, volumes] : images)
    for (const PackedVolume& volume : volumes) total += volume.voxels.bytes() + volume.valid.bytes();
  for (const auto& [name, volume] : masks) total += volume.voxels.bytes() + volume.valid.bytes();
  for (const auto& [name, items] : record.inputs)
    for (const StudyItem& item : items) total += static_cast<int64_t>(item.text.size());
  return total;
}

StudyEntry entry_of(const StudyRecord& record) {
  StudyEntry entry;
  entry.study = record.study;
  entry.patient = record.patient;
  for (const auto& [name, items] : record.inputs) {
    entry.inputs[name] = static_cast<int64_t>(items.size());
    int64_t length = 0;
    for (const StudyItem& item : items) length += static_cast<int64_t>(item.text.size());
    if (length > 0) entry.lengths[name] = length;
  }
  for (const auto& [name, values] : record.labels)
    if (any_known(values)) entry.labels[name] = values;
  for (const auto& [name, mask] : record.masks) entry.masks.push_back(name);
  for (const auto& [name, value] : record.facts)
    if (!value.empty()) entry.facts[name] = value;
  return entry;
}

PackedStudy pack_study(const StudyRecord& record, const StoreSchema& schema) {
  const StudyEntry entry = entry_of(record);
  PackedStudy packed;
  packed.record.patient = record.patient;
  packed.record.study = record.study;
  packed.record.labels = entry.labels;
  packed.record.facts = entry.facts;
  for (const auto& [name, items] : record.inputs) {
    const Form form = schema.inputs.at(name).form;
    for (const StudyItem& item : items) {
      StudyItem& kept = packed.record.inputs[name].emplace_back();
      kept.days = item.days;
      if (form == Form::text) kept.text = item.text;
      if (form == Form::table) kept.table = item.table;
      if (form != Form::image) continue;
      kept.volume = without_voxels(item.volume);
      packed.images[name].push_back(pack_volume(item.volume));
    }
  }
  for (const auto& [name, mask] : record.masks) {
    packed.record.masks[name] = without_voxels(mask);
    packed.masks[name] = pack_volume(mask);
    packed.examples[name] = labelled_voxels(mask);
  }
  return packed;
}

void write_study(const Handle& file, const PackedStudy& study, int64_t position) {
  const StudyRecord& record = study.record;
  const Handle group = create_group(file, record.study);
  set_attribute(group, "patient", record.patient);
  set_attribute(group, "position", std::vector<double>{static_cast<double>(position)});
  set_attribute(group, "facts", facts_text(record.facts));
  const Handle inputs = create_group(group, "inputs"), labels = create_group(group, "labels"), masks = create_group(group, "masks");
  for (const auto& [name, items] : record.inputs) write_items(inputs, name, study);
  for (const auto& [name, values] : record.labels) write_numbers(labels, name, values);
  for (const auto& [name, mask] : record.masks) {
    const Handle place = create_group(masks, name);
    write_volume(place, mask, study.masks.at(name));
    if (const auto& examples = study.examples.at(name); !examples.empty()) write_numbers(place, "examples", numbers_of(examples));
  }
}

int64_t read_position(const Handle& file, const std::string& study) {
  return static_cast<int64_t>(number_attribute(open_group(file, study), "position", 1)[0]);
}

}  // namespace chiasm::store
