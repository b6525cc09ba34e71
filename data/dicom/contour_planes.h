// Contours drawn on planes that are not the slices of an image: which slice shows what stands on which plane. Positions count in slices,
// the first slice at 0.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace chiasm::dicom {

// Distances may differ by max(0.02 mm, 1 %).
struct PlaneTolerance {
  double least = 0;  // 0.02 mm, in slices
  double of(double distance) const { return distance * 0.01 > least ? distance * 0.01 : least; }
};

// Sorted, those nearer than `least` taken as one: the first of them.
std::vector<double> distinct_planes(std::vector<double> positions, const PlaneTolerance& tolerance);

// The distance of the planes on which regions were drawn: the smallest that stands twice at least between neighbours of one region; once
// may be the gap between two things. `regions`: distinct planes of each.
std::optional<double> plane_distance(const std::vector<std::vector<double>>& regions, const PlaneTolerance& tolerance);

// Of each slice the place in `planes` of the plane that it shows, or -1. A plane stands for what lies nearer than half the distance, the
// half below it included; where a plane is left out nothing is drawn. Throws Refused GRID_MISMATCH for planes whose gaps are no multiples
// of it.
std::vector<int64_t> planes_of_slices(const std::vector<double>& planes, double distance, int64_t slices, const PlaneTolerance& tolerance);

}  // namespace chiasm::dicom
