#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "data/dicom/pixels.h"
#include "data/dicom/stack.h"
#include "data/mask_grid.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr double grid_tolerance = 0.05;  // of a voxel, at the corners of a frame
constexpr double grid_tolerance_mm = 0.1;
constexpr double own_grid_tolerance = 0.1;     // of the distance between frames
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
  Index3 at(int64_t row, int64_t column) const {
    Index3 voxel;
    for (size_t a = 0; a < 3; ++a) voxel[a] = origin[a] + column * along_row[a] + row * along_column[a];
    return voxel;
  }
};

Index3 nearest(const Point3& point) { return {std::llround(point[0]), std::llround(point[1]), std::llround(point[2])}; }

Point3 minus(const Point3& a, const Point3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

// The frame's pixel grid as a part of that of `like`, turned or mirrored at most; nothing when its pixels lie elsewhere.
std::optional<Placement> place(const Frame& frame, int64_t rows, int64_t columns, const Volume& like) {
  const Affine to_index = compose(inverse(like.affine), ras_affine(frame, {0, 0, 0}));
  const Point3 first = apply(to_index, {0, 0, 0});
  const Spacing3 spacing = spacing_mm(like);
  Placement placement{nearest(first), nearest(minus(apply(to_index, {1, 0, 0}), first)), nearest(minus(apply(to_index, {0, 1, 0}), first))};
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

struct FrameInfo {
  size_t index = 0;
  std::vector<int64_t> segments;  // whose pixels it holds
};

class SegmentReader {
 public:
  SegmentReader(DcmFileFormat& file, const Header& header, const Volume& like, OtherGrid other)
      : dataset_(*file.getDataset()), header_(header), like_(like), other_(other), pixels_(file, header) {}

  std::vector<Region> read(const Wanted& wanted) {
    std::vector<Region> regions;
    for (DcmItem* item : items(dataset_, DCM_SegmentSequence)) {
      Region region;
      region.number = integer(*item, DCM_SegmentNumber).value_or(-1);
      region.name = text(*item, DCM_SegmentLabel);
      if (wanted(region.name, region.number)) regions.push_back(std::move(region));
    }
    const std::vector<int64_t> shown = segment_of_frames();
    for (Region& region : regions) {
      std::vector<size_t> frames;
      for (size_t n = 0; n < shown.size(); ++n)
        if (pixels_.is_labelmap() || shown[n] == region.number) frames.push_back(n);
      fill(region, frames);
    }
    return regions;
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
    for (const size_t n : frames) {
      const std::optional<Placement> placement = placement_of(header_.frames[n]);
      if (!placement) {
        if (other_ == OtherGrid::refused) throw Refused("GRID_MISMATCH", "a segmentation does not lie on the grid of its image");
        return resample(region, frames);
      }
      copy(region, n, *placement);
    }
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

  // Distance between the frames of a segment's own grid: as stated, else the least between two frames.
  double frame_distance(size_t frame, const std::vector<double>& offsets) {
    const FunctionalGroups groups = functional_groups(dataset_, static_cast<int64_t>(header_.frames.size()))[frame];
    DcmItem* measures = groups.macro(DCM_PixelMeasuresSequence);
    for (const DcmTagKey& key : {DCM_SpacingBetweenSlices, DCM_SliceThickness})
      if (measures != nullptr)
        if (const std::vector<double> stated = numbers(*measures, key, 1); !stated.empty() && stated[0] > 0) return stated[0];
    double least = 0;
    for (size_t n = 1; n < offsets.size(); ++n)
      if (const double gap = offsets[n] - offsets[n - 1]; gap > same_position_mm && (least == 0 || gap < least)) least = gap;
    if (least == 0) throw Refused("BAD_GEOMETRY", "the segmentation does not say how far its frames are apart");
    return least;
  }

  // The region on the segmentation's own grid, then its nearest voxels.
  void resample(Region& region, const std::vector<size_t>& frames) {
    const Frame& first = header_.frames[frames.front()];
    std::vector<double> offsets;
    for (const size_t n : frames) {
      const Frame& frame = header_.frames[n];
      if (frame.position.empty() || frame.orientation != first.orientation || frame.spacing != first.spacing)
        throw Refused("GRID_MISMATCH", "the frames of a segment lie on no common grid");
      offsets.push_back(along_normal(frame.position, first.orientation));
    }
    std::vector<double> sorted = offsets;
    std::sort(sorted.begin(), sorted.end());
    const double distance = frame_distance(frames.front(), sorted);
    const double places = std::round((sorted.back() - sorted.front()) / distance) + 1;
    if (!(places <= most_frames_apart)) throw Refused("TOO_LARGE", "the frames of a segment lie too far apart");
    Region own = region;
    const Volume grid = own_grid(frames, offsets, distance, static_cast<int64_t>(places));
    own.inside.assign(static_cast<size_t>(grid.size[0] * grid.size[1] * grid.size[2]), 0);
    fill_own(own, frames, offsets, sorted.front(), distance);
    Volume mask = grid;
    mask.voxels = std::move(own.inside);
    region.inside = std::get<std::vector<uint8_t>>(nearest_on_grid(mask, like_).voxels);
  }

  // From the lowest frame upwards along the normal.
  Volume own_grid(const std::vector<size_t>& frames, const std::vector<double>& offsets, double distance, int64_t places) const {
    const size_t lowest = static_cast<size_t>(std::min_element(offsets.begin(), offsets.end()) - offsets.begin());
    Frame origin = header_.frames[frames[lowest]];
    const std::vector<double>& o = origin.orientation;
    std::array<double, 3> step{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
    const double length = std::hypot(step[0], step[1], step[2]);
    for (double& s : step) s *= distance / length;
    Volume grid;
    grid.size = {places, header_.rows, header_.columns};
    grid.affine = ras_affine(origin, step);
    return grid;
  }

  void fill_own(Region& own, const std::vector<size_t>& frames, const std::vector<double>& offsets, double start, double distance) const {
    const int64_t pixels = header_.rows * header_.columns;
    for (size_t n = 0; n < frames.size(); ++n) {
      const double place = (offsets[n] - start) / distance;
      if (std::abs(place - std::round(place)) > own_grid_tolerance)
        throw Refused("GRID_MISMATCH", "the frames of a segment are not evenly spaced");
      const int64_t from = std::llround(place) * pixels;
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        if (pixels_.inside(frames[n], static_cast<size_t>(pixel), own.number)) own.inside[static_cast<size_t>(from + pixel)] = 1;
    }
  }

  DcmDataset& dataset_;
  const Header& header_;
  const Volume& like_;
  OtherGrid other_;
  FramePixels pixels_;
};

}  // namespace

std::vector<Region> read_segments(DcmFileFormat& file, const Header& header, const Volume& like, const Wanted& wanted, OtherGrid other) {
  return SegmentReader(file, header, like, other).read(wanted);
}

}  // namespace chiasm::dicom
