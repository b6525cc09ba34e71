// Contours on planes between the slices of their image: what each slice shows, by closed forms in millimetres of the patient.
#include "data/dicom/contour_planes.h"

#include <algorithm>
#include <numbers>

#include "core/base/error.h"
#include "data/drawn_mask.h"
#include "tests/dicom/drawn_objects.h"

namespace chiasm::dicom::test {
namespace {

constexpr PlaneTolerance fine{0.01};

TEST(ContourPlanes, TheDistanceIsTheSmallestThatStandsTwice) {
  EXPECT_EQ(plane_distance({{0, 2.5, 5, 7.5}}, fine), 2.5);
  EXPECT_EQ(plane_distance({{0, 2.5}, {5, 7.5}, {100}}, fine), 2.5);
  EXPECT_EQ(plane_distance({{0, 0.5, 3, 5.5}}, fine), 2.5);  // 0.5 stands once
  EXPECT_EQ(plane_distance({{0, 2.5, 12.5, 15.004}}, fine).has_value(), true);
  EXPECT_FALSE(plane_distance({{0, 10}}, fine));  // two things, or one with a gap: nobody knows
  EXPECT_FALSE(plane_distance({{0}, {3}}, fine));
  EXPECT_FALSE(plane_distance({}, fine));
}

TEST(ContourPlanes, PlanesAsNearAsRoundingAreOne) {
  EXPECT_EQ(distinct_planes({3, 1, 1.005, 3.001, 2}, fine), (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(distinct_planes({}, fine).empty());
}

TEST(ContourPlanes, ASliceShowsTheNearestPlaneUpToHalfTheDistance) {
  const auto shown = [](const std::vector<double>& planes, double distance, int64_t slices) {
    return planes_of_slices(planes, distance, slices, fine);
  };
  EXPECT_EQ(shown({1, 2, 3}, 1, 5), (std::vector<int64_t>{-1, 0, 1, 2, -1}));                // its own grid
  EXPECT_EQ(shown({1, 3}, 2, 6), (std::vector<int64_t>{0, 0, 1, 1, -1, -1}));                // the half below belongs to a plane
  EXPECT_EQ(shown({0.5, 3, 5.5}, 2.5, 8), (std::vector<int64_t>{0, 0, 1, 1, 1, 2, 2, -1}));  // 6.75 ends the last
  EXPECT_EQ(shown({1, 1.25, 1.5, 1.75, 2}, 0.25, 4), (std::vector<int64_t>{-1, 0, 4, -1}));  // finer than the slices
  EXPECT_EQ(shown({1, 7}, 2, 9), (std::vector<int64_t>{0, 0, -1, -1, -1, -1, 1, 1, -1}));    // nothing where planes are left out
  EXPECT_EQ(shown({-2, 0}, 2, 2), (std::vector<int64_t>{1, -1}));
  EXPECT_THROW(shown({0, 2, 5}, 2, 9), Refused);
  EXPECT_THROW(shown({0, 2, 3}, 2, 9), Refused);
}

// Coordinates in mm along the row, along the column and along the normal of the phantom's slices.
struct Frame {
  const Phantom& phantom;
  Vector normal() const {
    const Vector &r = phantom.row_direction, &c = phantom.column_direction;
    return {r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]};
  }
  Vector lps(double u, double v, double w) const {
    Vector point = phantom.origin;
    for (size_t a = 0; a < 3; ++a) point[a] += u * phantom.row_direction[a] + v * phantom.column_direction[a] + w * normal()[a];
    return point;
  }
  Vector uvw(const Vector& point) const {
    Vector result{0, 0, 0};
    const Vector n = normal();
    for (size_t a = 0; a < 3; ++a) {
      const double from = point[a] - phantom.origin[a];
      result[0] += from * phantom.row_direction[a], result[1] += from * phantom.column_direction[a], result[2] += from * n[a];
    }
    return result;
  }
  std::vector<Vector> rectangle(double u0, double v0, double u1, double v1, double w) const {
    return {lps(u0, v0, w), lps(u1, v0, w), lps(u1, v1, w), lps(u0, v1, w)};
  }
  std::vector<Vector> circle(double u, double v, double radius, double w) const {
    std::vector<Vector> points;
    for (int n = 0; n < 720; ++n) {
      const double angle = n * std::numbers::pi / 360;
      points.push_back(lps(u + radius * std::cos(angle), v + radius * std::sin(angle), w));
    }
    return points;
  }
};

Phantom fine_grid() {
  Phantom phantom;
  phantom.columns = phantom.rows = 40;
  phantom.slices = 24;
  phantom.row_spacing = phantom.column_spacing = 1;
  phantom.distance = 2;
  return phantom;
}

int64_t centres_within(double u, double v, double radius) {
  int64_t number = 0;
  for (int j = 0; j < 40; ++j)
    for (int i = 0; i < 40; ++i) number += (i - u) * (i - u) + (j - v) * (j - v) < radius * radius ? 1 : 0;
  return number;
}

TEST(ContourPlanes, ACylinderDrawnEveryFiveMillimetresKeepsItsVolumeOnSlicesOfTwo) {
  const Phantom phantom = fine_grid();
  const Image image(phantom);
  const Frame frame{phantom};
  Drawn cylinder{"cylinder", {}}, tube{"tube", {}};
  for (int n = 0; n < 6; ++n) {
    cylinder.contours.push_back(frame.circle(19.3, 18.6, 12.3, 7.1 + 5 * n));
    tube.contours.push_back(frame.circle(19.3, 18.6, 12.3, 7.1 + 5 * n));
    tube.contours.push_back(frame.circle(17.2, 18.1, 5.2, 7.1 + 5 * n));  // a hole in each
  }
  const Header header = header_of(image.structures({cylinder, tube}));
  EXPECT_THROW(regions_of(header, *image.source.volume, all), Refused);
  const std::vector<Region> regions = regions_of(header, *image.source.volume, all, OtherGrid::nearest);
  ASSERT_EQ(regions.size(), 2u);
  // 30 mm from 4.6 mm on: slices 3 to 17.
  const int64_t disc = centres_within(19.3, 18.6, 12.3), hole = centres_within(17.2, 18.1, 5.2);
  EXPECT_EQ(count(regions[0]), 15 * disc);
  EXPECT_EQ(count(regions[1]), 15 * (disc - hole));
  EXPECT_NEAR(static_cast<double>(2 * count(regions[0])), std::numbers::pi * 12.3 * 12.3 * 30, 0.01 * std::numbers::pi * 12.3 * 12.3 * 30);
  for (int64_t slice = 0; slice < 24; ++slice) {
    const auto at = regions[1].inside.begin() + slice * 1600;
    EXPECT_EQ(std::count(at, at + 1600, 1), slice >= 3 && slice <= 17 ? disc - hole : 0) << slice;
  }
}

// A stack of rectangles that become wider from plane to plane: each voxel asks the plane nearest to its centre, straight along the normal.
void expect_nearest(const Phantom& phantom, double first, double distance, int planes) {
  const Image image(phantom);
  const Frame frame{phantom};
  Drawn stack{"stack", {}};
  const auto width = [](int plane) { return 1.2 + 0.31 * plane; };
  for (int n = 0; n < planes; ++n) stack.contours.push_back(frame.rectangle(0.33, 0.45, 0.33 + width(n), 3.21, first + distance * n));
  const std::vector<Region> regions = regions_of(header_of(image.structures({stack})), *image.source.volume, all, OtherGrid::nearest);
  ASSERT_EQ(regions.size(), 1u);
  size_t wrong = 0, inside = 0, at = 0;
  for (int k = 0; k < phantom.slices; ++k)
    for (int j = 0; j < phantom.rows; ++j)
      for (int i = 0; i < phantom.columns; ++i, ++at) {
        const Vector place = frame.uvw(phantom.point(i, j, k));
        const int plane = static_cast<int>(std::floor((place[2] - first) / distance + 0.5));
        const bool expected =
            plane >= 0 && plane < planes && place[0] > 0.33 && place[0] < 0.33 + width(plane) && place[1] > 0.45 && place[1] < 3.21;
        wrong += regions[0].inside[at] != (expected ? 1 : 0) ? 1 : 0;
        inside += expected ? 1 : 0;
      }
  EXPECT_EQ(wrong, 0u) << first << " " << distance;
  EXPECT_GT(inside, 0u);
}

TEST(ContourPlanes, EachVoxelAsksTheNearestPlaneOnStraightObliqueAndTiltedGrids) {
  Phantom tilted;
  tilted.shear = {0, 0.6, 0};
  for (const Phantom& phantom : {Phantom{}, oblique(), tilted}) {
    expect_nearest(phantom, 0.4, 3.7, 3);   // coarser than the slices
    expect_nearest(phantom, 0.3, 0.8, 9);   // finer
    expect_nearest(phantom, 1.1, 2.5, 4);   // as they are, but between them
    expect_nearest(phantom, 0, 2.5, 5);     // on them
    expect_nearest(phantom, -7.6, 2.5, 9);  // from before the first to behind the last
  }
}

TEST(ContourPlanes, WhatTellsNoGridIsRefused) {
  const Phantom phantom = fine_grid();
  const Image image(phantom);
  const Frame frame{phantom};
  const auto outcome = [&](const std::vector<std::vector<Vector>>& contours) {
    try {
      return std::to_string(
          count(regions_of(header_of(image.structures({{"a", contours}})), *image.source.volume, all, OtherGrid::nearest).at(0)));
    } catch (const Refused& refused) {
      return std::string(refused.what());
    }
  };
  const auto square = [&](double w) { return frame.rectangle(1.5, 1.5, 4.5, 4.5, w); };
  EXPECT_EQ(outcome({square(4), square(9), square(14)}), std::to_string(9 * 8));  // 1.5 to 16.5 mm: slices of 2 to 16 mm
  std::vector<Vector> oblique_square = square(9);
  oblique_square[2][2] += 1, oblique_square[3][2] += 1;
  EXPECT_EQ(outcome({square(4), oblique_square, square(14), square(19), square(24)}),
            "GRID_MISMATCH: a contour lies in a plane that is not parallel to the slices of the image");
  EXPECT_EQ(outcome({square(4), square(9), square(14), square(17)}), "GRID_MISMATCH: contours lie on planes at irregular distances");
  EXPECT_EQ(outcome({square(5)}), "GRID_MISMATCH: a contour does not lie in a slice of the image");
  EXPECT_EQ(outcome({square(5), square(25)}), "GRID_MISMATCH: a contour does not lie in a slice of the image");  // two things
  EXPECT_EQ(outcome({square(6)}), "9");  // on a slice there is nothing to ask
  EXPECT_EQ(outcome({square(6), square(26)}), "18");
  EXPECT_EQ(outcome({square(4), square(6), square(8), square(20)}), std::to_string(9 * 4));
}

// The key of the data set file.
TEST(ContourPlanes, ATargetAsksForItByResample) {
  const Phantom phantom = fine_grid();
  const Image image(phantom);
  const Frame frame{phantom};
  Drawn organ{"organ", {}};
  for (int n = 0; n < 3; ++n) organ.contours.push_back(frame.rectangle(1.5, 1.5, 4.5, 4.5, 4 + 5 * n));
  const auto object = std::make_shared<const Header>(header_of(image.structures({organ})));
  TargetConfig target;
  target.kind = "mask";
  target.classes = {"organ"};
  EXPECT_THROW(drawn_mask({object}, "organs", target, *image.source.volume), Refused);
  target.resample = "nearest";
  const Volume mask = drawn_mask({object}, "organs", target, *image.source.volume);
  const auto& found = std::get<std::vector<uint8_t>>(mask.voxels);
  EXPECT_EQ(std::count(found.begin(), found.end(), 1), 9 * 8);
}

}  // namespace
}  // namespace chiasm::dicom::test
