// Closed polygons to pixels, in memory that does not grow with their points.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm::dicom {

// In pixels: x along the row, y from row to row; the centre of pixel (column c, row r) is (c, r).
struct PlanePoint {
  double x = 0, y = 0;
};

// Along row y, every crossing of the polygon at x toggles the first pixel whose
// centre is at x or beyond. `toggles` has rows x columns bytes; crossings left of the image toggle column 0, those right of it none.
// A centre on a left or upper edge is inside, one on a right or lower edge outside, so that polygons that share an edge share no pixel.
// Coordinates are rounded to 1/1024 of a pixel: what a decimal string cannot hold must not decide. Returns the number of crossings.
int64_t toggle_crossings(const std::vector<PlanePoint>& polygon, int64_t rows, int64_t columns, uint8_t* toggles);

// Toggles to pixels, in place: 1 where the number of toggles up to the pixel is odd.
void fill_rows(uint8_t* toggles, int64_t rows, int64_t columns);

}  // namespace chiasm::dicom
