#include "core/base/check.h"
#include "core/base/error.h"
#include "data/store/layout.h"

namespace chiasm {

namespace {

using store::Element;
using store::Failure;
using store::Region;

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

// The affine of a part: index 0 stands at the part's first voxel.
Affine shifted(Affine affine, const Size3& first) {
  const std::array<double, 3> corner =
      apply(affine, {static_cast<double>(first[2]), static_cast<double>(first[1]), static_cast<double>(first[0])});
  for (size_t axis = 0; axis < 3; ++axis) affine[4 * axis + 3] = corner[axis];
  return affine;
}

void check_inside(const VoxelBox& box, const Size3& size) {
  for (size_t axis = 0; axis < 3; ++axis)
    check(box.first[axis] >= 0 && box.size[axis] > 0 && box.first[axis] + box.size[axis] <= size[axis], "a box lies inside its image");
}

Volume read_part(const store::ShardFile& file, Volume volume, const StoredVolume& stored, const VoxelBox& box) {
  const Size3 &first = box.first, &size = box.size;
  const Region region{{0, first[0], first[1], first[2]}, {volume.channels, size[0], size[1], size[2]}};
  volume.voxels = voxels_for(stored.voxels.element, static_cast<size_t>(store::element_count(region.size)));
  std::visit([&](auto& voxels) { store::read_region(file, stored.voxels, region, voxels.data()); }, volume.voxels);
  if (!stored.valid.size.empty()) {
    volume.valid.resize(static_cast<size_t>(size[0] * size[1] * size[2]));
    store::read_region(file, stored.valid, {{first[0], first[1], first[2]}, {size[0], size[1], size[2]}}, volume.valid.data());
  }
  volume.affine = shifted(volume.affine, first);
  volume.size = size;
  return volume;
}

VoxelBox whole_of(const Volume& volume) { return {{0, 0, 0}, volume.size}; }

Volume read_image(const StoredStudy::Layout& layout, const std::string& input, size_t row) {
  const Volume& volume = layout.record.inputs.at(input).at(row).volume;
  return read_part(*layout.file, volume, layout.images.at(input)[row], whole_of(volume));
}

Volume read_mask(const StoredStudy::Layout& layout, const std::string& target) {
  const Volume& volume = layout.record.masks.at(target);
  return read_part(*layout.file, volume, layout.masks.at(target), whole_of(volume));
}

template <class Read>
auto reported(const StoredStudy::Layout& layout, const Read& read) {
  try {
    return read();
  } catch (const Failure& failure) {
    throw store::damaged(layout.path, layout.record.study, failure);
  }
}

}  // namespace

InputError store::damaged(const std::filesystem::path& shard, const std::string& study, const Failure& failure) {
  return InputError(shard.string() + ", study " + study + ": " + failure.what() +
                    "; the shard is damaged: restore it or ingest again ('chiasm check' names all damaged files)");
}

StudyRecord store::read_whole(const StoredStudy::Layout& layout) {
  StudyRecord record = layout.record;
  for (const auto& [name, volumes] : layout.images)
    for (size_t row = 0; row < volumes.size(); ++row) record.inputs[name][row].volume = read_image(layout, name, row);
  for (const auto& [name, volume] : layout.masks) record.masks[name] = read_mask(layout, name);
  return record;
}

StoredStudy::StoredStudy(std::unique_ptr<const Layout> layout) : layout_(std::move(layout)) {}
StoredStudy::~StoredStudy() = default;

const StudyRecord& StoredStudy::record() const { return layout_->record; }

const std::vector<LabelledVoxel>& StoredStudy::examples(const std::string& target) const { return layout_->examples.at(target); }

Volume StoredStudy::image(const std::string& input, size_t row, const VoxelBox& box) const {
  const Volume& volume = layout_->record.inputs.at(input).at(row).volume;
  check_inside(box, volume.size);
  return reported(*layout_, [&] { return read_part(*layout_->file, volume, layout_->images.at(input)[row], box); });
}

Volume StoredStudy::image(const std::string& input, size_t row) const {
  return reported(*layout_, [&] { return read_image(*layout_, input, row); });
}

Volume StoredStudy::mask(const std::string& target, const VoxelBox& box) const {
  const Volume& volume = layout_->record.masks.at(target);
  check_inside(box, volume.size);
  return reported(*layout_, [&] { return read_part(*layout_->file, volume, layout_->masks.at(target), box); });
}

Volume StoredStudy::mask(const std::string& target) const {
  return reported(*layout_, [&] { return read_mask(*layout_, target); });
}

StudyRecord StoredStudy::whole() const {
  return reported(*layout_, [&] { return store::read_whole(*layout_); });
}

}  // namespace chiasm
