#include "data/deface/brain.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "data/deface/grow.h"

namespace chiasm::face {

namespace {

constexpr double kFewestMl = 600, kMostMl = 2200;
constexpr double kWall = 40;     // mm: skull and scalp are thinner
constexpr double kUpward = 0.3;  // cosine to the upward axis of what counts as the upper half
constexpr double kBoneHu = 250;
constexpr double kMostUneven = 20, kEdge = 6;  // mm
constexpr double kLowest = 0.88;               // of half its length
constexpr double kMostCut = 0.1;               // share
constexpr int64_t kFewestRays = 100;

double reach_of(const Brain& brain, const Point& direction) { return reach(brain.surface.points, brain.centre, direction); }

// Beyond these it is no brain: mm along right, anterior, superior.
constexpr std::array<std::array<double, 2>, 3> kSides{{{90, 190}, {110, 230}, {60, 165}}};

bool is_plausible(const Brain& brain) {
  if (!(brain.volume_ml >= kFewestMl && brain.volume_ml <= kMostMl)) return false;
  for (size_t n = 0; n < 3; ++n)
    if (brain.extent[n] < kSides[n][0] || brain.extent[n] > kSides[n][1]) return false;
  // A surface that holds the scalp has the skull within.
  // One that took in some of the face would leave it in its place, and one that took in all of it would find none.
  if (brain.underside > kLowest) return false;
  return brain.cut < kMostCut && brain.unevenness < kMostUneven && brain.wall.rays >= kFewestRays && brain.wall.dark_within < 0.5;
}

void measure_sides(Brain& brain) {
  const std::array<const Point*, 3> axes{&brain.right, &brain.anterior, &brain.superior};
  for (size_t n = 0; n < 3; ++n) {
    double low = 1e9, high = -1e9;
    for (const Point& point : brain.surface.points) {
      const double at = dot(point, *axes[n]);
      low = std::min(low, at), high = std::max(high, at);
    }
    brain.extent[n] = high - low;
  }
}

// The share of the underside of the front half that lies at the lower edge of the image.
double cut_below(const Brain& brain, const Head& head) {
  const std::vector<Point> outward = normals(brain.surface);
  double all = 0, cut = 0;
  for (size_t n = 0; n < outward.size(); ++n) {
    const Point& at = brain.surface.points[n];
    if (dot(brain.anterior, minus(at, brain.centre)) < 0 || dot(brain.superior, outward[n]) > -0.5) continue;
    const int64_t below = head.index(plus(at, brain.superior, -kEdge));
    all += 1;
    cut += below < 0 || head.image[static_cast<size_t>(below)] == 0;
  }
  return all > 0 ? cut / all : 1;
}

// The largest difference between the two sides, seen from below and in front: a surface that left the skull leaves it on one side.
double unevenness(const Brain& brain) {
  double most = 0;
  for (const double side : {0.3, 0.6, 0.9})
    for (const double down : {0.0, 0.5, 1.0, 2.0}) {
      const Point middle = plus(brain.anterior, brain.superior, -down);
      const double right = reach_of(brain, unit(plus(middle, brain.right, side * length(middle))));
      const double left = reach_of(brain, unit(plus(middle, brain.right, -side * length(middle))));
      most = std::max(most, std::abs(right - left));
    }
  return most;
}

// What a ray along an outward normal meets.
struct Ray {
  double thickness = 0;  // mm to the last tissue
  bool whole = true;     // it reaches the air within the image
  bool skull = false, dark_within = false;
};

double soft_at(const Head& head, const Point& at) {
  const int64_t voxel = head.index(at);
  return voxel < 0 ? head.low : head.soft[static_cast<size_t>(voxel)];
}

Ray ray_from(const Point& start, const Point& outward, const Head& head, double typical) {
  Ray ray;
  double darkest = typical;
  for (double depth = 4; depth <= 14; depth += kStep) ray.dark_within |= soft_at(head, plus(start, outward, -depth)) < 0.4 * typical;
  for (double out = 0; out <= kWall; out += kStep) {
    const int64_t voxel = head.index(plus(start, outward, out));
    ray.whole = ray.whole && voxel >= 0 && head.image[static_cast<size_t>(voxel)] != 0;
    if (!ray.whole) break;
    const auto n = static_cast<size_t>(voxel);
    if (head.tissue[n] != 0) ray.thickness = out;
    if (head.ct) {
      ray.skull |= head.values[n] > kBoneHu;
    } else {
      ray.skull |= darkest < 0.5 * typical && head.tissue[n] != 0 && head.soft[n] > darkest + 0.15 * typical;
      darkest = std::min<double>(darkest, head.soft[n]);
    }
  }
  return ray;
}

Wall wall_around(const Brain& brain, const Head& head) {
  const std::vector<Point> outward = normals(brain.surface);
  std::vector<double> thickness;
  double skull = 0, dark = 0;
  for (size_t n = 0; n < outward.size(); ++n) {
    if (dot(outward[n], brain.superior) < kUpward) continue;
    const Ray ray = ray_from(brain.surface.points[n], outward[n], head, brain.typical);
    if (!ray.whole) continue;
    thickness.push_back(ray.thickness);
    skull += ray.skull, dark += ray.dark_within;
  }
  Wall wall;
  wall.rays = std::ssize(thickness);
  if (thickness.empty()) return wall;
  const auto middle = thickness.begin() + wall.rays / 2;
  std::nth_element(thickness.begin(), middle, thickness.end());
  wall.thickness = *middle;
  wall.skull = skull / static_cast<double>(wall.rays);
  wall.dark_within = dark / static_cast<double>(wall.rays);
  return wall;
}

Brain measured(const Head& head, Grown grown) {
  Brain brain;
  brain.typical = grown.typical;
  brain.surface = std::move(grown.surface);
  const Moments body = moments(brain.surface);
  brain.volume_ml = body.volume / 1000;
  brain.centre = body.centre;
  if (!(brain.volume_ml >= kFewestMl)) return brain;
  static_cast<Axes&>(brain) = axes_of(head, body);
  measure_sides(brain);
  brain.unevenness = unevenness(brain);
  brain.cut = cut_below(brain, head);
  const Point down_front = unit(plus(brain.anterior, brain.superior, -std::sqrt(3.0)));
  brain.underside = reach_of(brain, down_front) / (brain.extent[1] / 2);
  brain.wall = wall_around(brain, head);
  return brain;
}

}  // namespace

const std::vector<double>& border_shares(bool ct) {
  static const std::vector<double> bone{0.4}, grey{0.7, 0.75, 0.8, 0.65};
  return ct ? bone : grey;
}

Brain find_brain(const Head& head, double share) {
  Brain brain = measured(head, grow(head, share));
  if (!is_plausible(brain))
    throw Refused("FACES", "no whole brain of 600 to 2200 ml was found in the image, so the face cannot be removed safely");
  return brain;
}

}  // namespace chiasm::face
