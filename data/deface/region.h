// What is in front of the brain and below it. After Schimke and Hale, "Quickshear defacing for neuroimages" (USENIX HealthSec 2011): a
// plane that touches the brain from below and in front; here every such plane between two directions.
#pragma once

#include <vector>

#include "data/deface/brain.h"

namespace chiasm::face {

struct Plane {
  Point normal{};  // unit, away from the brain
  double at = 0;   // beyond: dot(normal, point) > at
};

struct Region {
  std::vector<Plane> shears;  // a point beyond any of them,
  Plane front;                // and beyond this one,
  Point centre{};             // and not farther than `reach` from here, is removed
  double reach = 0;
  double brow = 0;  // along `superior`: the underside of the frontal lobe

  bool holds(const Point& ras) const;
};

// The planes contain the axis from left to right of the brain and lie 8 mm beyond all of its surface; their normals point 30 to 75 degrees
// below its anterior axis. What lies behind the middle of the brain stays (the ears, the neck, the spine), and what is farther than
// 220 mm from it: no chin reaches there.
Region region_of(const Brain& brain);

}  // namespace chiasm::face
