// Slices in space: order, spacing, shear. Positions decide, never names, numbers or SliceLocation.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "data/dicom/dicom.h"

namespace chiasm::dicom {

constexpr double same_position_mm = 0.01;
constexpr size_t acquisition_phase = 1;  // place of the acquisition in Frame::phases

// Position times the unit slice normal (row x column direction), mm.
double along_normal(const std::vector<double>& position, const std::vector<double>& orientation);

// At least two positions, all distances within the tolerance max(0.02 mm, 1 %) of their median. `sorted` ascends.
bool is_even(const std::vector<double>& sorted);

struct Stack {
  std::vector<size_t> order;       // indices of the frames, ascending along the normal
  std::array<double, 3> origin{};  // LPS mm of the first slice
  std::array<double, 3> step{};    // LPS mm from slice to slice: (last - first) / (count - 1), so a gantry tilt stays as shear
  double tilt_deg = 0;             // angle between step and normal
};

// Order and spacing of the frames of one volume; frames at one position keep their given order side by side.
std::vector<size_t> slice_order(const std::vector<Frame>& frames);
// Judges ordered frames. Throws Refused: NO_POSITION, BAD_GEOMETRY, DUPLICATE_POSITION, MISSING_SLICES, IRREGULAR_SPACING.
Stack judge_stack(const std::vector<Frame>& frames);
// Position, orientation and spacing are there and sound. Throws Refused.
void check_plane(const Frame& frame);

// LPS geometry to the toolkit's affine: column index -> row direction * spacing between columns, row index -> column direction * spacing
// between rows, slice -> step.
Affine ras_affine(const Frame& first, const std::array<double, 3>& step);

}  // namespace chiasm::dicom
