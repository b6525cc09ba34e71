#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "data/dicom/contour.h"
#include "data/dicom/contour_planes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr double slice_tolerance = 0.1;            // of the distance between slices
constexpr double least_distance_mm = 0.02;         // between planes of contours
constexpr double farthest = 1e9;                   // voxels from the first one: beyond any image, and safe to compute with
constexpr size_t most_points = 1'000'000;          // of one contour
constexpr int64_t most_crossings = 1'000'000'000;  // of one object: some seconds

using Point3 = std::array<double, 3>;

// The text as it is stored: the library's list of values takes time with the square of their number.
std::string contour_data(DcmItem& contour) {
  DcmElement* element = nullptr;
  if (contour.findAndGetElement(DCM_ContourData, element).bad() || element == nullptr) return "";
  std::string data;
  char* stored = nullptr;
  Uint32 length = 0;
  if (element->getString(stored, length).good() && stored != nullptr) data.assign(stored, length);
  data.resize(data.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return data;
}

// "x\y\z\x\y\z..." as voxel indices (i, j, k) of the image. Throws Refused DAMAGED.
std::vector<Point3> indices_of(const std::string& data, const Affine& to_index) {
  if (data.find('\0') != std::string::npos) throw Refused("DAMAGED", "a contour holds something that is no number");
  std::vector<double> numbers;
  const char* at = data.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    numbers.push_back(std::strtod(at, &end));
    const bool read = end != at && std::isfinite(numbers.back());
    while (*end == ' ') ++end;
    if (!read || (*end != '\\' && *end != '\0')) throw Refused("DAMAGED", "a contour holds something that is no number");
    at = *end == '\\' ? end + 1 : end;
    if (numbers.size() > 3 * most_points) throw Refused("TOO_LARGE", "a contour of more than a million points");
  }
  if (numbers.size() % 3 != 0) throw Refused("DAMAGED", "a contour's numbers are not three a point");
  std::vector<Point3> points;
  for (size_t n = 0; n < numbers.size(); n += 3) {
    points.push_back(apply(to_index, {-numbers[n], -numbers[n + 1], numbers[n + 2]}));
    for (const double index : points.back())
      if (!(std::abs(index) <= farthest)) throw Refused("DAMAGED", "a contour lies beyond any image");
  }
  return points;
}

// The slice that all points lie on. Throws Refused GRID_MISMATCH.
int64_t slice_of(const std::vector<Point3>& points, const Volume& like) {
  const double slice = std::round(points.front()[2]);
  for (const Point3& point : points)
    if (std::abs(point[2] - slice) > slice_tolerance) throw Refused("GRID_MISMATCH", "a contour does not lie in a slice of the image");
  if (slice < 0 || slice >= static_cast<double>(like.size[0]))
    throw Refused("GRID_MISMATCH", "a contour lies before the first or behind the last slice of the image");
  return static_cast<int64_t>(slice);
}

// Where the plane of a contour lies, in slices. Throws Refused GRID_MISMATCH for one that is not parallel to them.
double plane_of(const std::vector<Point3>& points) {
  double sum = 0;
  for (const Point3& point : points) sum += point[2];
  const double plane = sum / static_cast<double>(points.size());
  for (const Point3& point : points)
    if (std::abs(point[2] - plane) > slice_tolerance)
      throw Refused("GRID_MISMATCH", "a contour lies in a plane that is not parallel to the slices of the image");
  return plane;
}

// The image as contours see it.
struct Slices {
  const Volume& like;
  Affine to_index;
  PlaneTolerance tolerance;
  PlanePoint drift;  // pixels that one slice lies beside the other, along the normal: of a tilted gantry

  explicit Slices(const Volume& volume) : like(volume), to_index(inverse(volume.affine)) {
    // The normal of the slices is the row of the inverse that gives their number; its length is one over their distance.
    const Point3 normal{to_index[8], to_index[9], to_index[10]};
    const double squared = normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2];
    tolerance.least = least_distance_mm * std::sqrt(squared);
    const auto along = [&](size_t row) {
      return (to_index[4 * row] * normal[0] + to_index[4 * row + 1] * normal[1] + to_index[4 * row + 2] * normal[2]) / squared;
    };
    drift = {along(0), along(1)};
  }
};

// Of a closed contour with points. Throws Refused.
std::vector<Point3> points_of(DcmItem& contour, const std::string& data, const Slices& slices) {
  std::vector<Point3> points = indices_of(data, slices.to_index);
  if (const auto stated = integer(contour, DCM_NumberOfContourPoints); stated && *stated != static_cast<int64_t>(points.size()))
    throw Refused("DAMAGED", "a contour has another number of points than it says");
  return points;
}

// The closed contours of one region, each once: one that is repeated would undo itself.
std::vector<std::vector<Point3>> closed_contours(const std::vector<DcmItem*>& listed, const Slices& slices) {
  std::set<std::string> seen;
  std::vector<std::vector<Point3>> contours;
  for (DcmItem* contour : listed) {
    const std::string kind = text(*contour, DCM_ContourGeometricType);
    if (kind != "CLOSED_PLANAR" && kind != "CLOSEDPLANAR_XOR")
      throw Refused("UNSUPPORTED_OBJECT", "points and open lines have no inside; only closed contours are read");
    const std::string data = contour_data(*contour);
    if (!data.empty() && seen.insert(sha256_hex(data)).second) contours.push_back(points_of(*contour, data, slices));
  }
  return contours;
}

// On all planes of the object, so that a region on few of them has its distance from the others. What cannot be read says nothing here.
std::optional<double> distance_of(const std::vector<DcmItem*>& drawn, const Slices& slices) {
  std::vector<std::vector<double>> regions;
  for (DcmItem* entry : drawn) {
    std::vector<double> positions;
    for (DcmItem* contour : items(*entry, DCM_ContourSequence)) {
      try {
        if (const std::string data = contour_data(*contour); !data.empty())
          positions.push_back(plane_of(points_of(*contour, data, slices)));
      } catch (const Refused&) {
        continue;
      }
    }
    regions.push_back(distinct_planes(std::move(positions), slices.tolerance));
  }
  return plane_distance(regions, slices.tolerance);
}

class RegionFiller {
 public:
  RegionFiller(const Slices& slices, int64_t& crossings) : slices_(slices), like_(slices.like), crossings_(crossings) {
    region_.inside.assign(static_cast<size_t>(like_.size[0] * like_.size[1] * like_.size[2]), 0);
  }

  void on_slices(const std::vector<std::vector<Point3>>& contours) {
    for (const std::vector<Point3>& points : contours) draw(points, slice_of(points, like_), 0);
  }

  void on_planes(const std::vector<std::vector<Point3>>& contours, double distance) {
    std::vector<double> positions;
    for (const std::vector<Point3>& points : contours) positions.push_back(plane_of(points));
    const std::vector<double> planes = distinct_planes(positions, slices_.tolerance);
    std::vector<std::vector<int64_t>> slices(planes.size());
    const std::vector<int64_t> shown = planes_of_slices(planes, distance, like_.size[0], slices_.tolerance);
    for (size_t slice = 0; slice < shown.size(); ++slice)
      if (shown[slice] >= 0) slices[static_cast<size_t>(shown[slice])].push_back(static_cast<int64_t>(slice));
    for (size_t n = 0; n < contours.size(); ++n) {
      const auto plane = std::upper_bound(planes.begin(), planes.end(), positions[n]) - planes.begin() - 1;
      for (const int64_t slice : slices[static_cast<size_t>(plane)]) draw(contours[n], slice, static_cast<double>(slice) - positions[n]);
    }
  }

  Region finish(std::string name, int64_t number) {
    for (int64_t slice = 0; slice < like_.size[0]; ++slice) fill_rows(plane(slice), like_.size[1], like_.size[2]);
    region_.name = std::move(name);
    region_.number = number;
    return std::move(region_);
  }

 private:
  // `beyond`: slices from the contour's plane to the slice, straight along the normal.
  void draw(const std::vector<Point3>& points, int64_t slice, double beyond) {
    std::vector<PlanePoint> polygon;
    for (const Point3& point : points) polygon.push_back({point[0] + beyond * slices_.drift.x, point[1] + beyond * slices_.drift.y});
    crossings_ += toggle_crossings(polygon, like_.size[1], like_.size[2], plane(slice));
    if (crossings_ > most_crossings) throw Refused("TOO_LARGE", "the contours have more edges than can be drawn in reasonable time");
  }

  uint8_t* plane(int64_t slice) { return region_.inside.data() + slice * like_.size[1] * like_.size[2]; }

  const Slices& slices_;
  const Volume& like_;
  int64_t& crossings_;
  Region region_;
};

}  // namespace

void read_contours(DcmItem& dataset, const Volume& like, const Wanted& wanted, const TakeRegion& take, OtherGrid other) {
  int64_t crossings = 0;
  const Slices slices(like);
  const std::vector<DcmItem*> drawn = items(dataset, DCM_ROIContourSequence);
  const std::optional<double> distance = other == OtherGrid::nearest ? distance_of(drawn, slices) : std::nullopt;
  each_wanted(items(dataset, DCM_StructureSetROISequence), DCM_ROINumber, DCM_ROIName, wanted,
              [&](int64_t number, const std::string& name) {
                std::vector<DcmItem*> listed;
                for (DcmItem* entry : drawn)
                  if (integer(*entry, DCM_ReferencedROINumber) == number)
                    for (DcmItem* contour : items(*entry, DCM_ContourSequence)) listed.push_back(contour);
                if (listed.empty()) return;
                RegionFiller filler(slices, crossings);
                const std::vector<std::vector<Point3>> contours = closed_contours(listed, slices);
                if (distance)
                  filler.on_planes(contours, *distance);
                else
                  filler.on_slices(contours);
                take(filler.finish(name, number));
              });
}

}  // namespace chiasm::dicom
