// Polygons to pixels, against closed forms.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/dicom/contour.h"

namespace chiasm::dicom::test {
namespace {

using Polygon = std::vector<PlanePoint>;

std::vector<uint8_t> drawn(const std::vector<Polygon>& polygons, int64_t rows = 20, int64_t columns = 30) {
  std::vector<uint8_t> pixels(static_cast<size_t>(rows * columns), 0);
  for (const Polygon& polygon : polygons) toggle_crossings(polygon, rows, columns, pixels.data());
  fill_rows(pixels.data(), rows, columns);
  return pixels;
}

int64_t count(const std::vector<uint8_t>& pixels) { return std::accumulate(pixels.begin(), pixels.end(), int64_t{0}); }

Polygon box(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

Polygon circle(double x, double y, double radius, int points = 720) {
  Polygon polygon;
  for (int n = 0; n < points; ++n) {
    const double angle = 2 * M_PI * n / points;
    polygon.push_back({x + radius * std::cos(angle), y + radius * std::sin(angle)});
  }
  return polygon;
}

TEST(Contour, ABoxHoldsTheCentresInsideIt) {
  const std::vector<uint8_t> pixels = drawn({box(3.5, 2.5, 9.5, 6.5)});
  for (int64_t row = 0; row < 20; ++row)
    for (int64_t column = 0; column < 30; ++column)
      EXPECT_EQ(pixels[static_cast<size_t>(row * 30 + column)], column >= 4 && column <= 9 && row >= 3 && row <= 6) << row << " " << column;
}

TEST(Contour, CentresOnLeftAndUpperEdgesAreInsideThoseOnRightAndLowerOnesOutside) {
  EXPECT_EQ(count(drawn({box(3, 2, 9, 6)})), 6 * 4);
  EXPECT_EQ(drawn({box(3, 2, 9, 6)}), drawn({box(2.5, 1.5, 8.5, 5.5)}));
}

TEST(Contour, NeighboursThatShareAnEdgeShareNoPixelAndLeaveNone) {
  const Polygon upper{{2, 2}, {20, 2}, {2, 15}}, lower{{20, 2}, {20, 15}, {2, 15}};
  const std::vector<uint8_t> a = drawn({upper}), b = drawn({lower}), both = drawn({box(2, 2, 20, 15)});
  for (size_t n = 0; n < both.size(); ++n) EXPECT_EQ(a[n] + b[n], both[n]) << n;
}

TEST(Contour, NeitherWindingNorTheFirstPointMatters) {
  Polygon polygon = circle(12.3, 9.7, 7.1, 37);
  const std::vector<uint8_t> pixels = drawn({polygon});
  std::reverse(polygon.begin(), polygon.end());
  EXPECT_EQ(drawn({polygon}), pixels);
  std::rotate(polygon.begin(), polygon.begin() + 11, polygon.end());
  EXPECT_EQ(drawn({polygon}), pixels);
}

TEST(Contour, ACircleHoldsTheCentresNearerThanItsRadius) {
  const double x = 14.21, y = 9.83, radius = 8.4;
  const std::vector<uint8_t> pixels = drawn({circle(x, y, radius, 3600)});
  for (int64_t row = 0; row < 20; ++row)
    for (int64_t column = 0; column < 30; ++column) {
      const double distance = std::hypot(static_cast<double>(column) - x, static_cast<double>(row) - y);
      if (std::abs(distance - radius) > 2e-3) {
        EXPECT_EQ(pixels[static_cast<size_t>(row * 30 + column)], distance < radius);
      }
    }
}

TEST(Contour, AnInnerContourAndAKeyholeAreTheSameHole) {
  const Polygon outer = box(2.5, 2.5, 20.5, 16.5), inner = box(6.5, 5.5, 12.5, 11.5);
  const Polygon keyhole{{2.5, 2.5},  {20.5, 2.5},  {20.5, 16.5}, {2.5, 16.5}, {2.5, 7.5}, {6.5, 7.5},
                        {6.5, 11.5}, {12.5, 11.5}, {12.5, 5.5},  {6.5, 5.5},  {6.5, 7.5}, {2.5, 7.5}};
  const std::vector<uint8_t> hole = drawn({outer, inner});
  EXPECT_EQ(count(hole), 18 * 14 - 6 * 6);
  EXPECT_EQ(drawn({keyhole}), hole);
}

TEST(Contour, WhatLiesOutsideTheImageIsCutOff) {
  EXPECT_EQ(count(drawn({box(-50, -50, 50, 50)})), 20 * 30);
  EXPECT_EQ(count(drawn({box(-8.5, -8.5, -1.5, 50)})), 0);
  EXPECT_EQ(count(drawn({box(25.5, -3, 1e6, 4.5)})), 4 * 5);
}

TEST(Contour, FewerThanThreePointsHaveNoInside) {
  EXPECT_EQ(count(drawn({{{3, 3}}})), 0);
  EXPECT_EQ(count(drawn({{{3, 3}, {14, 9}}})), 0);
}

TEST(Contour, DigitsThatADecimalStringLosesDoNotDecide) {
  EXPECT_EQ(drawn({box(3 + 1e-6, 2 - 1e-6, 9 - 1e-6, 6 + 1e-6)}), drawn({box(3, 2, 9, 6)}));
}

TEST(Contour, CrossingsAreCountedAndAZigzagTakesNoMemory) {
  std::vector<uint8_t> pixels(20 * 30, 0);
  EXPECT_EQ(toggle_crossings(box(3.5, 2.5, 9.5, 6.5), 20, 30, pixels.data()), 2 * 4);
  Polygon zigzag;
  for (int n = 0; n < 100'000; ++n) zigzag.push_back({n % 2 == 0 ? -1e9 : 1e9, n % 2 == 0 ? -1e9 : 1e9});
  EXPECT_EQ(toggle_crossings(zigzag, 20, 30, pixels.data()), 100'000 * 20);
}

}  // namespace
}  // namespace chiasm::dicom::test
