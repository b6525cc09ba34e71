#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <cmath>
#include <cstdlib>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "data/dicom/contour.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr double slice_tolerance = 0.1;            // of the distance between slices
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

class RegionFiller {
 public:
  RegionFiller(const Volume& like, int64_t& crossings) : like_(like), to_index_(inverse(like.affine)), crossings_(crossings) {
    region_.inside.assign(static_cast<size_t>(like.size[0] * like.size[1] * like.size[2]), 0);
  }

  void add(DcmItem& contour) {
    const std::string kind = text(contour, DCM_ContourGeometricType);
    if (kind != "CLOSED_PLANAR" && kind != "CLOSEDPLANAR_XOR")
      throw Refused("UNSUPPORTED_OBJECT", "points and open lines have no inside; only closed contours are read");
    const std::string data = contour_data(contour);
    if (data.empty() || !seen_.insert(sha256_hex(data)).second) return;
    const std::vector<Point3> points = indices_of(data, to_index_);
    if (const auto stated = integer(contour, DCM_NumberOfContourPoints); stated && *stated != static_cast<int64_t>(points.size()))
      throw Refused("DAMAGED", "a contour has another number of points than it says");
    const int64_t slice = slice_of(points, like_);
    std::vector<PlanePoint> polygon;
    for (const Point3& point : points) polygon.push_back({point[0], point[1]});
    crossings_ += toggle_crossings(polygon, like_.size[1], like_.size[2], plane(slice));
    if (crossings_ > most_crossings) throw Refused("TOO_LARGE", "the contours have more edges than can be drawn in reasonable time");
  }

  Region finish(std::string name, int64_t number) {
    for (int64_t slice = 0; slice < like_.size[0]; ++slice) fill_rows(plane(slice), like_.size[1], like_.size[2]);
    region_.name = std::move(name);
    region_.number = number;
    return std::move(region_);
  }

 private:
  uint8_t* plane(int64_t slice) { return region_.inside.data() + slice * like_.size[1] * like_.size[2]; }

  const Volume& like_;
  const Affine to_index_;
  int64_t& crossings_;
  std::set<std::string> seen_;
  Region region_;
};

}  // namespace

void read_contours(DcmItem& dataset, const Volume& like, const Wanted& wanted, const TakeRegion& take) {
  int64_t crossings = 0;
  const std::vector<DcmItem*> drawn = items(dataset, DCM_ROIContourSequence);
  each_wanted(items(dataset, DCM_StructureSetROISequence), DCM_ROINumber, DCM_ROIName, wanted,
              [&](int64_t number, const std::string& name) {
                std::vector<DcmItem*> contours;
                for (DcmItem* entry : drawn)
                  if (integer(*entry, DCM_ReferencedROINumber) == number)
                    for (DcmItem* contour : items(*entry, DCM_ContourSequence)) contours.push_back(contour);
                if (contours.empty()) return;
                RegionFiller filler(like, crossings);
                for (DcmItem* contour : contours) filler.add(*contour);
                take(filler.finish(name, number));
              });
}

}  // namespace chiasm::dicom
