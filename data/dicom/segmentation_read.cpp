#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "data/dicom/pixels.h"
#include "data/dicom/stack.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr double grid_tolerance = 0.05;  // of a voxel, at the corners of a frame
constexpr double grid_tolerance_mm = 0.1;
constexpr double own_grid_tolerance = 0.1;  // of the distance between frames
constexpr double farthest_mm = 1e7;
constexpr int64_t most_frames_apart = 20'000;  // places of an own grid

using Point3 = std::array<double, 3>;
using Index3 = std::array<int64_t, 3>;

// The pixels of all frames, as one byte each and frame by frame: inside the frame's segment or not; of a label map, the segment's number.
class FramePixels {
 public:
  FramePixels(DcmFileFormat& file, const Header& header)
      : kind_(text(*file.getDataset(), DCM_SegmentationType)), pixels_(static_cast<size_t>(header.rows * header.columns)) {
    DcmDataset& dataset = *file.getDataset();
    const int64_t bits = integer(dataset, DCM_BitsAllocated).value_or(0);
    if (kind_ == "BINARY" && bits == 1) {
      read_bits(dataset, header);
    } else if (kind_ == "FRACTIONAL" || kind_ == "LABELMAP" || kind_ == "BINARY") {
      stored_ = decode_pixels(file);
      const PixelFormat& format = stored_.format;
      if (format.samples != 1 || format.bits_allocated > 16)
        throw Refused("UNSUPPORTED_OBJECT", "the pixels of the segmentation are in colour or wider than 16 bits");
      if (format.rows != header.rows || format.columns != header.columns || format.frames != static_cast<int64_t>(header.frames.size()))
        throw Refused("INCONSISTENT_PIXELS", "the pixels have another size than the header says");
      if (kind_ == "FRACTIONAL") half_ = static_cast<double>(integer(dataset, DCM_MaximumFractionalValue).value_or(255)) / 2;
    } else {
      throw Refused("UNSUPPORTED_OBJECT", "the segmentation is neither binary nor fractional nor a label map");
    }
  }

  bool is_labelmap() const { return kind_ == "LABELMAP"; }

  bool inside(size_t frame, size_t pixel, int64_t segment) const {
    const size_t at = frame * pixels_ + pixel;
    if (!bits_.empty()) return (bits_[at / 8] >> (at % 8)) & 1;
    int64_t value = stored_.bytes[stored_.format.bits_allocated == 16 ? 2 * at : at];
    if (stored_.format.bits_allocated == 16) value += int64_t{stored_.bytes[2 * at + 1]} << 8;
    if (is_labelmap()) return value == segment;
    return kind_ == "FRACTIONAL" ? static_cast<double>(value) >= half_ && value > 0 : value != 0;
  }

  bool same(size_t frame, size_t other, int64_t segment) const {
    for (size_t pixel = 0; pixel < pixels_; ++pixel)
      if (inside(frame, pixel, segment) != inside(other, pixel, segment)) return false;
    return true;
  }

 private:
  // Frames follow each other bit by bit, the first pixel in the lowest bit (PS3.5 8.1.1, annex D).
  void read_bits(DcmDataset& dataset, const Header& header) {
    if (DcmXfer(dataset.getOriginalXfer()).isEncapsulated())
      throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "one-bit pixels that are compressed");
    const size_t bytes = (pixels_ * header.frames.size() + 7) / 8;
    const Uint8* data = nullptr;
    const Uint16* words = nullptr;
    unsigned long length = 0;
    if (dataset.findAndGetUint8Array(DCM_PixelData, data, &length).bad() || data == nullptr) {
      if (dataset.findAndGetUint16Array(DCM_PixelData, words, &length).bad() || words == nullptr)
        throw Refused("DAMAGED", "the pixel data cannot be read");
      data = reinterpret_cast<const Uint8*>(words);
      length *= 2;
    }
    if (length < bytes) throw Refused("TRUNCATED", "the pixel data are shorter than rows, columns and frames say");
    if (length > bytes + 1) throw Refused("INCONSISTENT_PIXELS", "the pixel data are longer than rows, columns and frames say");
    bits_.assign(data, data + bytes);
  }

  std::string kind_;
  size_t pixels_;
  std::vector<uint8_t> bits_;
  StoredFrames stored_;
  double half_ = 0;
};

// Where the pixels of one frame lie on a grid: the voxel of the first pixel, and the steps along a row and from row to row.
struct Placement {
  Index3 origin{}, along_row{}, along_column{};
  size_t normal_axis = 2;
  Index3 at(int64_t row, int64_t column) const {
    Index3 voxel;
    for (size_t a = 0; a < 3; ++a) voxel[a] = origin[a] + column * along_row[a] + row * along_column[a];
    return voxel;
  }
};

Index3 nearest(const Point3& point) { return {std::llround(point[0]), std::llround(point[1]), std::llround(point[2])}; }

Point3 minus(const Point3& a, const Point3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

// Axis of a step of one voxel along one axis; nothing for another step.
std::optional<size_t> axis_of(const Index3& step) {
  std::optional<size_t> axis;
  for (size_t a = 0; a < 3; ++a) {
    if (step[a] == 0) continue;
    if (axis || std::abs(step[a]) != 1) return std::nullopt;
    axis = a;
  }
  return axis;
}

// The frame's pixel grid as a part of that of `like`, turned or mirrored at most; nothing when its pixels lie elsewhere.
std::optional<Placement> place(const Frame& frame, int64_t rows, int64_t columns, const Volume& like) {
  const Affine to_index = compose(inverse(like.affine), ras_affine(frame, {0, 0, 0}));
  const Point3 first = apply(to_index, {0, 0, 0});
  const Spacing3 spacing = spacing_mm(like);
  Placement placement{nearest(first), nearest(minus(apply(to_index, {1, 0, 0}), first)), nearest(minus(apply(to_index, {0, 1, 0}), first))};
  const auto row_axis = axis_of(placement.along_row), column_axis = axis_of(placement.along_column);
  if (!row_axis || !column_axis || row_axis == column_axis) return std::nullopt;
  placement.normal_axis = 3 - *row_axis - *column_axis;
  for (const int64_t row : {int64_t{0}, rows - 1})
    for (const int64_t column : {int64_t{0}, columns - 1}) {
      const Point3 exact = apply(to_index, {static_cast<double>(column), static_cast<double>(row), 0});
      const Index3 voxel = placement.at(row, column);
      for (size_t a = 0; a < 3; ++a)
        if (!(std::abs(exact[a] - static_cast<double>(voxel[a])) <= std::min(grid_tolerance, grid_tolerance_mm / spacing[2 - a])))
          return std::nullopt;
    }
  return placement;
}

// Frames of one segment along its normal, on their own grid.
struct OwnGrid {
  Affine affine{};
  std::vector<std::optional<size_t>> frames;  // by place; none where the segment is background
};

class SegmentReader {
 public:
  SegmentReader(DcmFileFormat& file, const Header& header, const Volume& like, OtherGrid other)
      : dataset_(*file.getDataset()), header_(header), like_(like), other_(other), pixels_(file, header) {
    stated_ = stated_mm(DCM_SpacingBetweenSlices);
    least_ = least_distance();
  }

  void read(const Wanted& wanted, const TakeRegion& take) {
    const std::vector<int64_t> shown = segment_of_frames();
    each_wanted(items(dataset_, DCM_SegmentSequence), DCM_SegmentNumber, DCM_SegmentLabel, wanted,
                [&](int64_t number, const std::string& name) {
                  std::vector<size_t> frames;
                  for (size_t n = 0; n < shown.size(); ++n)
                    if (pixels_.is_labelmap() || shown[n] == number) frames.push_back(n);
                  Region region{name, number, {}};
                  fill(region, frames);
                  take(region);
                });
  }

 private:
  std::vector<int64_t> segment_of_frames() {
    std::vector<int64_t> out;
    for (const FunctionalGroups& groups : functional_groups(dataset_, static_cast<int64_t>(header_.frames.size()))) {
      DcmItem* item = groups.macro(DCM_SegmentIdentificationSequence);
      const auto number = item == nullptr ? std::nullopt : integer(*item, DCM_ReferencedSegmentNumber);
      if (!number && !pixels_.is_labelmap()) throw Refused("DAMAGED", "a frame of the segmentation does not say whose it is");
      out.push_back(number.value_or(0));
    }
    if (out.size() != header_.frames.size())
      throw Refused("INCONSISTENT_PIXELS", "the segmentation's frames and their descriptions differ");
    return out;
  }

  void fill(Region& region, const std::vector<size_t>& frames) {
    region.inside.assign(static_cast<size_t>(like_.size[0] * like_.size[1] * like_.size[2]), 0);
    std::map<Index3, size_t> places;
    for (const size_t n : frames) {
      const std::optional<Placement> placement = placement_of(header_.frames[n]);
      if (!placement || skips_slices(header_.frames[n], *placement)) {
        if (other_ == OtherGrid::refused) throw Refused("GRID_MISMATCH", "a segmentation does not lie on the grid of its image");
        return resample(region, frames);
      }
      if (const auto [place, is_new] = places.emplace(placement->origin, n); !is_new) require_same(place->second, n, region.number);
      copy(region, n, *placement);
    }
  }

  void require_same(size_t frame, size_t other, int64_t segment) const {
    if (!pixels_.same(frame, other, segment)) throw Refused("DUPLICATE_POSITION", "two frames of one segment lie at one place and differ");
  }

  // Whether the segmentation states, and its positions show, that its slices are some slices of the image apart: a coarser grid, of which
  // each slice stands for several of the image.
  bool skips_slices(const Frame& frame, const Placement& placement) const {
    if (frame.orientation.empty() || !(stated_ > 0) || !(least_ > 0) || std::abs(least_ - stated_) > own_grid_tolerance * stated_)
      return false;
    const Affine steps = compose(inverse(like_.affine), ras_affine(frame, normal_step(frame, least_)));
    return std::abs(steps[placement.normal_axis * 4 + 2]) > 1.5;
  }

  std::optional<Placement> placement_of(const Frame& frame) const {
    if (!frame.position.empty() && !frame.orientation.empty()) {
      check_plane(frame);
      return place(frame, header_.rows, header_.columns, like_);
    }
    // A projection image has no place in the patient: its pixels are the grid.
    if (like_.size != Size3{1, header_.rows, header_.columns}) return std::nullopt;
    return Placement{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  }

  void copy(Region& region, size_t frame, const Placement& placement) const {
    const Index3 extents{like_.size[2], like_.size[1], like_.size[0]};
    for (int64_t row = 0; row < header_.rows; ++row)
      for (int64_t column = 0; column < header_.columns; ++column) {
        if (!pixels_.inside(frame, static_cast<size_t>(row * header_.columns + column), region.number)) continue;
        const Index3 voxel = placement.at(row, column);
        for (size_t a = 0; a < 3; ++a)
          if (voxel[a] < 0 || voxel[a] >= extents[a]) throw Refused("GRID_MISMATCH", "a segment reaches beyond its image");
        region.inside[static_cast<size_t>((voxel[2] * extents[1] + voxel[1]) * extents[0] + voxel[0])] = 1;
      }
  }

  static std::array<double, 3> normal_step(const Frame& frame, double distance) {
    const std::vector<double>& o = frame.orientation;
    std::array<double, 3> step{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
    const double length = std::hypot(step[0], step[1], step[2]);
    for (double& s : step) s *= distance / length;
    return step;
  }

  double stated_mm(const DcmTagKey& key) const {
    const std::vector<FunctionalGroups> groups = functional_groups(dataset_, static_cast<int64_t>(header_.frames.size()));
    DcmItem* measures = groups.empty() ? nullptr : groups.front().macro(DCM_PixelMeasuresSequence);
    const std::vector<double> stated = measures == nullptr ? std::vector<double>{} : numbers(*measures, key, 1);
    return stated.empty() ? 0 : stated[0];
  }

  // The least distance between two frames of the object that look the same way; 0 when there is none.
  double least_distance() const {
    std::vector<double> offsets;
    for (const Frame& frame : header_.frames) {
      if (frame.position.empty() || frame.orientation.empty() || frame.orientation != header_.frames.front().orientation) continue;
      offsets.push_back(offset_of(frame));
    }
    std::sort(offsets.begin(), offsets.end());
    double least = 0;
    for (size_t n = 1; n < offsets.size(); ++n)
      if (const double gap = offsets[n] - offsets[n - 1]; gap > same_position_mm && (least == 0 || gap < least)) least = gap;
    return least;
  }

  static double offset_of(const Frame& frame) {
    const double offset = along_normal(frame.position, frame.orientation);
    if (!(std::abs(offset) <= farthest_mm)) throw Refused("BAD_GEOMETRY", "a frame lies beyond any patient, or its orientation is none");
    return offset;
  }

  // Distance between the frames of a segment's own grid: as stated where all positions are multiples of it, else the least one. The
  // thickness of a slice is no distance, except where nothing else is known.
  double frame_distance(const std::vector<double>& offsets) const {
    const double start = *std::min_element(offsets.begin(), offsets.end());
    const auto fits = [&](double offset) { return is_place((offset - start) / stated_); };
    if (stated_ > 0 && std::all_of(offsets.begin(), offsets.end(), fits)) return stated_;
    if (least_ > 0) return least_;
    const double thickness = stated_mm(DCM_SliceThickness);
    if (!(thickness > 0)) throw Refused("BAD_GEOMETRY", "the segmentation does not say how far its frames are apart");
    return thickness;
  }

  static bool is_place(double place) { return std::abs(place - std::round(place)) <= own_grid_tolerance; }

  // From the lowest frame upwards along the normal.
  OwnGrid own_grid(const std::vector<size_t>& frames, int64_t segment) const {
    const Frame& first = header_.frames[frames.front()];
    std::vector<double> offsets;
    for (const size_t n : frames) {
      const Frame& frame = header_.frames[n];
      if (frame.position.empty() || frame.orientation.empty() || frame.orientation != first.orientation || frame.spacing != first.spacing)
        throw Refused("GRID_MISMATCH", "the frames of a segment lie on no common grid");
      offsets.push_back(offset_of(frame));
    }
    check_plane(first);
    const auto [lowest, highest] = std::minmax_element(offsets.begin(), offsets.end());
    const double distance = frame_distance(offsets), places = std::round((*highest - *lowest) / distance) + 1;
    if (!(places <= most_frames_apart)) throw Refused("TOO_LARGE", "the frames of a segment lie too far apart");
    const Frame& origin = header_.frames[frames[static_cast<size_t>(lowest - offsets.begin())]];
    OwnGrid grid{ras_affine(origin, normal_step(origin, distance)), std::vector<std::optional<size_t>>(static_cast<size_t>(places))};
    for (size_t n = 0; n < frames.size(); ++n) {
      const double place = (offsets[n] - *lowest) / distance;
      if (!is_place(place)) throw Refused("GRID_MISMATCH", "the frames of a segment are not evenly spaced");
      std::optional<size_t>& at = grid.frames[static_cast<size_t>(std::llround(place))];
      if (at) require_same(*at, frames[n], segment);
      at = frames[n];
    }
    return grid;
  }

  // The value of the pixel nearest to each voxel; background outside of the segment's own grid.
  void resample(Region& region, const std::vector<size_t>& frames) const {
    region.inside.assign(region.inside.size(), 0);
    const OwnGrid grid = own_grid(frames, region.number);
    const Affine to_own = compose(inverse(grid.affine), like_.affine);
    const std::array<int64_t, 3> extents{header_.columns, header_.rows, static_cast<int64_t>(grid.frames.size())};
    size_t n = 0;
    for (int64_t k = 0; k < like_.size[0]; ++k)
      for (int64_t j = 0; j < like_.size[1]; ++j)
        for (int64_t i = 0; i < like_.size[2]; ++i, ++n) {
          const Point3 at = apply(to_own, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          bool there = true;
          for (size_t a = 0; a < 3; ++a) there = there && at[a] > -0.5 && at[a] < static_cast<double>(extents[a]) - 0.5;
          if (!there) continue;
          const Index3 own = nearest(at);
          const std::optional<size_t> frame = grid.frames[static_cast<size_t>(own[2])];
          region.inside[n] = frame && pixels_.inside(*frame, static_cast<size_t>(own[1] * header_.columns + own[0]), region.number);
        }
  }

  DcmDataset& dataset_;
  const Header& header_;
  const Volume& like_;
  OtherGrid other_;
  FramePixels pixels_;
  double stated_ = 0, least_ = 0;  // mm between slices: as the object states it, and between its frames; 0 when not known
};

}  // namespace

void read_segments(DcmFileFormat& file, const Header& header, const Volume& like, const Wanted& wanted, const TakeRegion& take,
                   OtherGrid other) {
  SegmentReader(file, header, like, other).read(wanted, take);
}

}  // namespace chiasm::dicom
