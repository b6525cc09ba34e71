#include "data/dataset.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/text_sections.h"
#include "data/transform/augment.h"
#include "data/transform/crop.h"
#include "data/transform/grid.h"
#include "data/transform/normalise.h"
#include "data/transform/source_box.h"
#include "data/transform/text.h"

namespace chiasm {
namespace {

template <class T>
std::vector<std::string> names_of(const std::map<std::string, T>& all) {
  std::vector<std::string> names;
  for (const auto& [name, value] : all) names.push_back(name);
  return names;
}

template <class T>
void need(const std::map<std::string, T>& all, const std::string& name, const std::string& what) {
  if (!all.count(name)) throw UsageError("input '" + name + "' has no " + what);
}

void check_input(const StoreSchema& schema, const LoaderOptions& options, bool has_tokenizer, const std::string& name) {
  const auto found = schema.inputs.find(name);
  if (found == schema.inputs.end()) throw UsageError("the store has no input '" + name + "'" + did_you_mean(name, names_of(schema.inputs)));
  switch (found->second.form) {
    case Form::image:
      return need(options.preparations, name, "view; give it one");
    case Form::table:
      return need(options.table_scales, name, "scale; fit it on the train part");
    case Form::text:
      if (!has_tokenizer) throw UsageError("input '" + name + "' is text and needs a tokenizer; train one with 'chiasm tokenizer'");
      return need(options.text_lengths, name, "length in tokens");
  }
}

void check_target(const StoreSchema& schema, const LoaderOptions& options, bool has_tokenizer, const std::string& name) {
  const auto found = schema.targets.find(name);
  if (found == schema.targets.end()) {
    const auto text = schema.inputs.find(name);
    if (text == schema.inputs.end() || text->second.form != Form::text)
      throw UsageError("the store has no target and no text '" + name + "'" + did_you_mean(name, names_of(schema.targets)));
    return check_input(schema, options, has_tokenizer, name);
  }
  const std::string& on = found->second.on;
  if (found->second.kind == TargetKind::mask && std::find(options.inputs.begin(), options.inputs.end(), on) == options.inputs.end())
    throw UsageError("mask target '" + name + "' lies on input '" + on + "', which is not among the inputs; add it");
}

int64_t bytes_of(const Volume& volume) {
  const size_t voxels = std::visit([](const auto& v) { return v.size() * sizeof(v[0]); }, volume.voxels);
  return static_cast<int64_t>(voxels + volume.valid.size());
}

// Whether a view shows a part of a volume, so that the rest need not be read. Percentiles of the whole are needed or known.
bool needs_part_only(const Volume& bare, const Preparation& preparation) {
  const ViewConfig& view = preparation.view;
  if (view.sample != "crop" || transform::is_planar(bare.size, view.size)) return false;
  return bare.statistics || !transform::needs_statistics(preparation);
}

// The sections that stay, in the order of their names, an empty line between them.
std::string some_sections(const std::string& report, double keep, Random& random) {
  std::string out;
  for (const auto& [name, text] : transform::choose_sections(sections(report), {keep}, random).sections)
    out += (out.empty() ? "" : "\n\n") + text;
  return out;
}

}  // namespace

std::shared_ptr<const Volume> VolumeCache::find(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = volumes_.find(key);
  return found == volumes_.end() ? nullptr : found->second;
}

void VolumeCache::keep(const Key& key, std::shared_ptr<const Volume> volume) {
  const int64_t bytes = bytes_of(*volume);
  const std::lock_guard lock(mutex_);
  if (bytes > left_ || !volumes_.emplace(key, std::move(volume)).second) return;
  left_ -= bytes;
}

Dataset::Dataset(std::shared_ptr<const StoreReader> store, std::shared_ptr<const Tokenizer> tokenizer, LoaderOptions options)
    : store_(std::move(store)), tokenizer_(std::move(tokenizer)), options_(std::move(options)), cache_(options_.cache_bytes) {
  const StoreSchema& schema = store_->schema();
  for (const std::string& name : options_.inputs) check_input(schema, options_, tokenizer_ != nullptr, name);
  for (const std::string& name : options_.targets) check_target(schema, options_, tokenizer_ != nullptr, name);
  names_ = options_.inputs;
  names_.insert(names_.end(), options_.targets.begin(), options_.targets.end());
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

std::shared_ptr<const Volume> Dataset::whole_image(const Opened& study, const std::string& input, size_t row) const {
  const VolumeCache::Key key{study.index, input, row};
  if (auto found = cache_.find(key)) return found;
  auto read = std::make_shared<const Volume>(study.stored->image(input, row));
  cache_.keep(key, read);
  return read;
}

std::shared_ptr<const Volume> Dataset::whole_mask(const Opened& study, const std::string& target) const {
  const VolumeCache::Key key{study.index, target, 0};
  if (auto found = cache_.find(key)) return found;
  auto read = std::make_shared<const Volume>(study.stored->mask(target));
  cache_.keep(key, read);
  return read;
}

// The image, or the part of it that the grid shows.
std::shared_ptr<const Volume> Dataset::image_for(const Opened& study, const std::string& input, size_t row,
                                                 const transform::Placement& placement) const {
  const Volume& bare = study.stored->record().inputs.at(input)[row].volume;
  const Preparation& preparation = options_.preparations.at(input);
  if (!needs_part_only(bare, preparation)) return whole_image(study, input, row);
  const transform::Shown shown{transform::to_source(placement.grid, bare.affine, false), preparation.view.size, &placement.elastic};
  const VoxelBox box = transform::source_box(shown, bare.size, preparation.view.interpolation == "cubic");
  return std::make_shared<const Volume>(study.stored->image(input, row, box));
}

std::array<double, 3> Dataset::draw_centre(const Opened& study, const std::string& input, size_t row, Random& random) const {
  std::vector<transform::LabelledMask> masks;
  for (const auto& [name, bare] : study.stored->record().masks) {
    if (row != 0 || store_->schema().targets.at(name).on != input) continue;
    std::vector<LabelledVoxel> voxels = study.stored->examples(name);
    if (voxels.empty()) voxels = labelled_voxels(*whole_mask(study, name));
    masks.push_back({bare.size, bare.affine, std::move(voxels)});
  }
  return transform::crop_centre(study.stored->record().inputs.at(input)[row].volume, options_.preparations.at(input).view, masks, random);
}

Prepared Dataset::image(const Opened& study, const std::string& input, size_t row, uint64_t key) const {
  const Volume& bare = study.stored->record().inputs.at(input)[row].volume;
  const Preparation& preparation = options_.preparations.at(input);
  const ViewConfig& view = preparation.view;
  if (!options_.training) {
    const transform::Placement placement{transform::model_grid(bare, view), {}};
    return transform::prepare_on(*image_for(study, input, row, placement), preparation, placement.grid);
  }
  Random random(hash_key(hash_key({key, row}), input));
  std::array<double, 3> centre{};
  const bool crop = view.sample == "crop";
  if (crop) centre = draw_centre(study, input, row, random);
  // One side for all inputs of the study.
  const bool flip_lr = options_.augment.flip_lr && Random(hash_key(key, "flip_lr")).chance(0.5);
  const bool planar = transform::is_planar(bare.size, view.size);
  const transform::Changes changes = transform::draw_changes(options_.augment, preparation, planar, flip_lr, random);
  const transform::Placement placement = transform::place(bare, preparation, crop ? &centre : nullptr, changes);
  return transform::prepare_changed(*image_for(study, input, row, placement), preparation, placement, changes);
}

std::vector<int64_t> Dataset::tokens(const std::string& input, size_t row, const std::string& text, uint64_t key) const {
  const TextAugmentConfig& change = options_.augment.text;
  const int64_t length = options_.text_lengths.at(input);
  if (!options_.training) return tokenizer_->encode(text, length);
  Random random(hash_key(hash_key({key, row}), input));
  std::string changed = change.keep_sections < 1 ? some_sections(text, change.keep_sections, random) : text;
  if (change.shuffle > 0) changed = transform::shuffle_sentences(changed, {change.shuffle}, random).text;
  const std::vector<int64_t> ids = tokenizer_->encode(changed, length);
  return change.mask > 0 ? transform::mask_tokens(ids, {change.mask}, random).tokens : ids;
}

std::vector<uint8_t> Dataset::mask(const Opened& study, const std::string& target, const Prepared& on) const {
  const Volume& bare = study.stored->record().masks.at(target);
  const bool crop = options_.preparations.at(store_->schema().targets.at(target).on).view.sample == "crop";
  if (!crop || transform::is_planar(bare.size, on.size)) return prepare_mask(*whole_mask(study, target), on);
  const VoxelBox box = transform::source_box({transform::to_source(on.affine, bare.affine, false), on.size, &on.elastic}, bare.size);
  return prepare_mask(study.stored->mask(target, box), on);
}

SampleRows Dataset::rows(const Opened& study, const std::string& input, uint64_t key) const {
  SampleRows out;
  const Form form = store_->schema().inputs.at(input).form;
  const std::vector<StudyItem>& items = study.stored->record().inputs.at(input);
  for (size_t row = 0; row < items.size(); ++row) {
    std::array<float, 5> where{0, 0, 0, static_cast<float>(items[row].days), 0};
    if (form == Form::image) {
      out.images.push_back(image(study, input, row, key));
      const Spacing3& spacing = options_.preparations.at(input).view.spacing_mm;
      for (size_t axis = 0; axis < 3; ++axis) where[axis] = static_cast<float>(spacing[axis]);
      where[4] = view_code(items[row].volume);
    } else if (form == Form::text) {
      out.texts.push_back(tokens(input, row, items[row].text, key));
    } else {
      out.tables.push_back(items[row].table);
    }
    out.where.push_back(where);
  }
  return out;
}

Sample Dataset::sample(int64_t index, uint64_t key) const {
  const Opened study{index, store_->open(index, names_)};
  const StudyRecord& record = study.stored->record();
  const StudyEntry& entry = store_->entry(index);
  Sample out;
  out.study = entry.study;
  out.key = key;
  for (const std::string& input : options_.inputs)
    if (record.inputs.count(input)) out.inputs[input] = rows(study, input, key);
  for (const std::string& name : options_.targets) {
    const auto target = store_->schema().targets.find(name);
    if (target == store_->schema().targets.end()) {
      if (const auto text = record.inputs.find(name); text != record.inputs.end())
        out.texts[name] = tokenizer_->encode(text->second.front().text, options_.text_lengths.at(name));
    } else if (target->second.kind == TargetKind::mask) {
      if (record.masks.count(name)) out.masks[name] = mask(study, name, out.inputs.at(target->second.on).images.front());
    } else if (const auto labels = entry.labels.find(name); labels != entry.labels.end()) {
      out.labels[name] = labels->second;
    }
  }
  return out;
}

std::vector<int64_t> store_indices(const StoreReader& store, const std::vector<std::string>& studies) {
  std::map<std::string, int64_t> all;
  for (int64_t index = 0; index < store.size(); ++index) all[store.entry(index).study] = index;
  std::vector<int64_t> out;
  for (const std::string& study : studies) {
    const auto found = all.find(study);
    if (found == all.end()) throw UsageError("the store has no study '" + study + "'; was the split made for another store?");
    out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  return out;
}

float view_code(const Volume& volume) {
  const auto view = volume.facts.find("view");
  if (view == volume.facts.end()) return 0;
  if (view->second == "PA") return 1;
  if (view->second == "AP") return 2;
  return view->second == "LL" || view->second == "RL" || view->second == "LATERAL" ? 3.0F : 0.0F;
}

}  // namespace chiasm
