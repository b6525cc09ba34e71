#include "data/deface/region.h"

#include <algorithm>

namespace chiasm::face {

namespace {

constexpr double kMargin = 8, kReach = 220;                              // mm
constexpr double kSteepest = 30, kFlattest = 75, kEach = 5, kBrow = 45;  // degrees below the anterior axis

}  // namespace

bool Region::holds(const Point& ras) const {
  if (dot(front.normal, ras) <= front.at || length(minus(ras, centre)) > reach) return false;
  return std::any_of(shears.begin(), shears.end(), [&](const Plane& plane) { return dot(plane.normal, ras) > plane.at; });
}

Region region_of(const Brain& brain) {
  Region region;
  region.front = {brain.anterior, dot(brain.anterior, brain.centre)};
  region.centre = brain.centre;
  region.reach = kReach;
  for (double angle = kSteepest; angle <= kFlattest; angle += kEach) {
    const double radians = angle * M_PI / 180;
    const Point normal = plus(scaled(brain.anterior, std::cos(radians)), brain.superior, -std::sin(radians));
    const Point* farthest = &brain.surface.points.front();
    for (const Point& point : brain.surface.points)
      if (dot(normal, point) > dot(normal, *farthest)) farthest = &point;
    region.shears.push_back({normal, dot(normal, *farthest) + kMargin});
    if (angle == kBrow) region.brow = dot(brain.superior, *farthest);
  }
  return region;
}

}  // namespace chiasm::face
