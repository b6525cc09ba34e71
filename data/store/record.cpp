#include "data/store/record.h"

#include <algorithm>
#include <cmath>

#include "core/base/json.h"

namespace chiasm::store {

namespace {

// The text of facts stands in one attribute, as JSON.
std::string facts_text(const std::map<std::string, std::string>& facts) { return Json(facts).dump(); }

std::map<std::string, std::string> facts_from(const std::string& text) {
  try {
    return Json::parse(text).get<std::map<std::string, std::string>>();
  } catch (const Json::exception&) {
    throw Failure("attribute 'facts' is not a JSON object of texts");
  }
}

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

Voxels voxels_for(Element element, size_t count) {
  switch (element) {
    case Element::uint8:
      return std::vector<uint8_t>(count);
    case Element::int16:
      return std::vector<int16_t>(count);
    case Element::uint16:
      return std::vector<uint16_t>(count);
    case Element::int32:
      return std::vector<int32_t>(count);
    default:
      return std::vector<float>(count);
  }
}

void unpack_volume(const PackedVolume& packed, Volume& volume) {
  volume.voxels = voxels_for(packed.voxels.element, static_cast<size_t>(element_count(packed.voxels.size)));
  std::visit([&](auto& voxels) { unpack(packed.voxels, voxels.data()); }, volume.voxels);
  if (packed.valid.size.empty()) return;
  volume.valid.resize(static_cast<size_t>(element_count(packed.valid.size)));
  unpack(packed.valid, volume.valid.data());
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
  return bare;
}

void write_volume(const Handle& group, const Volume& volume, const PackedVolume& packed) {
  set_attribute(group, "modality", volume.modality);
  set_attribute(group, "affine", std::vector<double>(volume.affine.begin(), volume.affine.end()));
  set_attribute(group, "rescale", std::vector<double>{volume.slope, volume.intercept});
  set_attribute(group, "facts", facts_text(volume.facts));
  write_array(group, "voxels", packed.voxels);
  if (!packed.valid.size.empty()) write_array(group, "valid", packed.valid);
}

void read_volume(const Handle& group, Volume& volume, PackedVolume& packed) {
  volume.modality = text_attribute(group, "modality");
  const auto affine = number_attribute(group, "affine", volume.affine.size());
  std::copy(affine.begin(), affine.end(), volume.affine.begin());
  const auto rescale = number_attribute(group, "rescale", 2);
  volume.slope = rescale[0];
  volume.intercept = rescale[1];
  volume.facts = facts_from(text_attribute(group, "facts"));
  packed.voxels = read_array(group, "voxels");
  const auto& size = packed.voxels.size;
  if (size.size() != 4) throw Failure("'voxels' has no channel axis");
  volume.channels = size[0];
  volume.size = {size[1], size[2], size[3]};
  if (!contains(group, "valid")) return;
  packed.valid = read_array(group, "valid");
  const bool fits = packed.valid.element == Element::uint8 && packed.valid.size == std::vector<int64_t>(size.begin() + 1, size.end());
  if (!fits) throw Failure("'valid' is not of the grid's size");
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

void read_items(const Handle& inputs, const std::string& name, const StoredInput& input, PackedStudy& study) {
  const Handle group = open_group(inputs, name);
  const size_t rows = members(group).size();
  auto& items = study.record.inputs[name];
  items.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    const Handle item = open_group(group, std::to_string(row));
    items[row].days = number_attribute(item, "days", 1)[0];
    if (input.form == Form::image)
      read_volume(item, items[row].volume, study.images[name].emplace_back());
    else if (input.form == Form::table)
      items[row].table = read_numbers(item, "table");
    else
      items[row].text = read_text(item, "text");
  }
}

void read_inputs(const Handle& group, const StoreSchema& schema, const auto& wanted, PackedStudy& study) {
  const Handle inputs = open_group(group, "inputs");
  for (const auto& [name, input] : schema.inputs)
    if (wanted(name) && contains(inputs, name)) read_items(inputs, name, input, study);
}

void read_targets(const Handle& group, const StoreSchema& schema, const auto& wanted, PackedStudy& study) {
  const Handle labels = open_group(group, "labels"), masks = open_group(group, "masks");
  for (const auto& [name, target] : schema.targets) {
    if (!wanted(name)) continue;
    if (target.kind == TargetKind::labels && contains(labels, name)) study.record.labels[name] = read_numbers(labels, name);
    if (target.kind == TargetKind::mask && contains(masks, name))
      read_volume(open_group(masks, name), study.record.masks[name], study.masks[name]);
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
  for (const auto& [name, items] : record.inputs) entry.inputs[name] = static_cast<int64_t>(items.size());
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
  }
  return packed;
}

StudyRecord unpack_study(PackedStudy packed) {
  for (const auto& [name, volumes] : packed.images)
    for (size_t row = 0; row < volumes.size(); ++row) unpack_volume(volumes[row], packed.record.inputs[name][row].volume);
  for (const auto& [name, volume] : packed.masks) unpack_volume(volume, packed.record.masks[name]);
  return std::move(packed.record);
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
  for (const auto& [name, mask] : record.masks) write_volume(create_group(masks, name), mask, study.masks.at(name));
}

PackedStudy read_study(const Handle& file, const std::string& study, const StoreSchema& schema, const std::vector<std::string>& names) {
  const auto wanted = [&](const std::string& name) { return names.empty() || std::find(names.begin(), names.end(), name) != names.end(); };
  const Handle group = open_group(file, study);
  PackedStudy packed;
  packed.record.study = study;
  packed.record.patient = text_attribute(group, "patient");
  packed.record.facts = facts_from(text_attribute(group, "facts"));
  read_inputs(group, schema, wanted, packed);
  read_targets(group, schema, wanted, packed);
  return packed;
}

int64_t read_position(const Handle& file, const std::string& study) {
  return static_cast<int64_t>(number_attribute(open_group(file, study), "position", 1)[0]);
}

}  // namespace chiasm::store
