#include "data/store/layout.h"

#include <algorithm>

#include "core/base/json.h"

namespace chiasm {

namespace store {

namespace {

std::map<std::string, std::string> facts_from(const std::string& text) {
  try {
    return Json::parse(text).get<std::map<std::string, std::string>>();
  } catch (const Json::exception&) {
    throw Failure("attribute 'facts' is not a JSON object of texts");
  }
}

void read_valid(const Handle& group, StoredVolume& stored) {
  if (!contains(group, "valid")) return;
  stored.valid = find_array(group, "valid");
  const auto& size = stored.voxels.size;
  const bool fits = stored.valid.element == Element::uint8 && stored.valid.size == std::vector<int64_t>(size.begin() + 1, size.end());
  if (!fits) throw Failure("'valid' is not of the grid's size");
}

void read_volume(const Handle& group, Volume& volume, StoredVolume& stored) {
  volume.modality = text_attribute(group, "modality");
  const auto affine = number_attribute(group, "affine", volume.affine.size());
  std::copy(affine.begin(), affine.end(), volume.affine.begin());
  const auto rescale = number_attribute(group, "rescale", 2);
  volume.slope = rescale[0];
  volume.intercept = rescale[1];
  volume.facts = facts_from(text_attribute(group, "facts"));
  if (has_attribute(group, "statistics")) {
    const auto measured = number_attribute(group, "statistics", std::tuple_size_v<IntensityStatistics>);
    std::copy(measured.begin(), measured.end(), volume.statistics.emplace().begin());
  }
  stored.voxels = find_array(group, "voxels");
  const auto& size = stored.voxels.size;
  if (size.size() != 4) throw Failure("'voxels' has no channel axis");
  volume.channels = size[0];
  volume.size = {size[1], size[2], size[3]};
  read_valid(group, stored);
}

std::vector<LabelledVoxel> read_examples(const Handle& mask, const Volume& volume) {
  std::vector<LabelledVoxel> out;
  if (!contains(mask, "examples")) return out;
  const std::vector<double> numbers = read_numbers(mask, "examples");
  const auto voxels = static_cast<double>(voxel_count(volume));
  if (numbers.size() % 2 != 0) throw Failure("'examples' has a wrong size");
  for (size_t n = 0; n < numbers.size(); n += 2) {
    if (!(numbers[n] >= 1 && numbers[n] < 255 && numbers[n + 1] >= 0 && numbers[n + 1] < voxels))
      throw Failure("'examples' names a voxel outside the mask");
    out.push_back({static_cast<uint8_t>(numbers[n]), static_cast<int64_t>(numbers[n + 1])});
  }
  return out;
}

void read_items(const Handle& inputs, const std::string& name, const StoredInput& input, StoredStudy::Layout& layout) {
  const Handle group = open_group(inputs, name);
  const size_t rows = members(group).size();
  auto& items = layout.record.inputs[name];
  items.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    const Handle item = open_group(group, std::to_string(row));
    items[row].days = number_attribute(item, "days", 1)[0];
    if (input.form == Form::image)
      read_volume(item, items[row].volume, layout.images[name].emplace_back());
    else if (input.form == Form::table)
      items[row].table = read_numbers(item, "table");
    else
      items[row].text = read_text(item, "text");
  }
}

void read_mask(const Handle& group, const std::string& name, StoredStudy::Layout& layout) {
  Volume& mask = layout.record.masks[name];
  read_volume(group, mask, layout.masks[name]);
  if (layout.masks[name].voxels.element != Element::uint8) throw Failure("mask '" + name + "' is not of class indices");
  layout.examples[name] = read_examples(group, mask);
}

int64_t bytes_of(const StoredVolume& volume) { return volume.voxels.bytes() + volume.valid.bytes(); }

int64_t chunks_of(const StoredVolume& volume) { return static_cast<int64_t>(volume.voxels.places.size() + volume.valid.places.size()); }

}  // namespace

std::unique_ptr<StoredStudy::Layout> read_layout(const Handle& file, const std::string& study, const StoreSchema& schema,
                                                 const std::vector<std::string>& names) {
  const auto wanted = [&](const std::string& name) { return names.empty() || std::find(names.begin(), names.end(), name) != names.end(); };
  const Handle group = open_group(file, study);
  auto layout = std::make_unique<StoredStudy::Layout>();
  layout->record.study = study;
  layout->record.patient = text_attribute(group, "patient");
  layout->record.facts = facts_from(text_attribute(group, "facts"));
  const Handle inputs = open_group(group, "inputs"), labels = open_group(group, "labels"), masks = open_group(group, "masks");
  for (const auto& [name, input] : schema.inputs)
    if (wanted(name) && contains(inputs, name)) read_items(inputs, name, input, *layout);
  for (const auto& [name, target] : schema.targets) {
    if (!wanted(name)) continue;
    if (target.kind == TargetKind::labels && contains(labels, name)) layout->record.labels[name] = read_numbers(labels, name);
    if (target.kind == TargetKind::mask && contains(masks, name)) read_mask(open_group(masks, name), name, *layout);
  }
  return layout;
}

}  // namespace store

int64_t StoredStudy::Layout::packed_bytes() const {
  int64_t total = 0;
  for (const auto& [name, volumes] : images)
    for (const StoredVolume& volume : volumes) total += store::bytes_of(volume);
  for (const auto& [name, volume] : masks) total += store::bytes_of(volume);
  for (const auto& [name, items] : record.inputs)
    for (const StudyItem& item : items) total += static_cast<int64_t>(item.text.size());
  return total;
}

int64_t StoredStudy::Layout::memory_bytes() const {
  int64_t chunks = 0, others = 4096;  // groups, names and small lists
  for (const auto& [name, volumes] : images)
    for (const StoredVolume& volume : volumes) chunks += store::chunks_of(volume);
  for (const auto& [name, volume] : masks) chunks += store::chunks_of(volume);
  for (const auto& [name, list] : examples) others += static_cast<int64_t>(list.size() * sizeof(LabelledVoxel));
  for (const auto& [name, items] : record.inputs)
    for (const StudyItem& item : items) others += static_cast<int64_t>(item.text.size() + 8 * item.table.size() + sizeof(StudyItem));
  return chunks * static_cast<int64_t>(sizeof(store::ChunkPlace)) + others;
}

}  // namespace chiasm
