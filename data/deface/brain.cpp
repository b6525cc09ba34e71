#include "data/deface/brain.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace chiasm::face {

namespace {

constexpr double kUpperHead = 140;  // mm below the top of the head: brain and little else
constexpr int kSplits = 4;          // 2,562 points
constexpr int kRounds = 1000;
constexpr double kFar = 20, kNear = 10;             // mm inward: d1 and d2 of the paper
constexpr double kSharpest = 3.33, kFlattest = 10;  // mm: radii of curvature between which the surface is smoothed more and more
constexpr double kFewestMl = 600, kMostMl = 2200;
constexpr double kWall = 40;     // mm: skull and scalp are thinner
constexpr double kUpward = 0.3;  // cosine to the upward axis of what counts as the upper half
constexpr double kBoneHu = 250;
constexpr double kMostUneven = 20, kEdge = 6;  // mm
constexpr double kLowest = 0.88;               // of half its length
constexpr double kMostCut = 0.1;               // share
constexpr int64_t kFewestRays = 100;
constexpr double kRise = 12, kMostPitch = 20;  // degrees
constexpr double kTurnCost = 0.02;             // mm a degree

struct Start {
  Point centre{};
  double radius = 0, typical = 0;
};

// The first voxel of the slices from the top of the head down.
int64_t first_of_upper_head(const Head& head) {
  const int64_t slice = head.size[1] * head.size[2];
  int64_t top = std::ssize(head.tissue) - 1;
  while (top >= 0 && head.tissue[static_cast<size_t>(top)] == 0) --top;
  return std::max<int64_t>(0, top / slice - static_cast<int64_t>(kUpperHead / kStep)) * slice;
}

// Centre of gravity and size of the upper head, and the median within it.
Start start_of(const Head& head) {
  const int64_t first = first_of_upper_head(head);
  Point sum{};
  double weights = 0;
  int64_t voxels = 0;
  for (int64_t n = first; n < std::ssize(head.tissue); ++n) {
    if (head.tissue[static_cast<size_t>(n)] == 0) continue;
    const double weight = head.ct ? 1 : std::clamp<double>(head.soft[static_cast<size_t>(n)] - head.low, 0, head.high - head.low);
    sum = plus(sum, head.point(n), weight);
    weights += weight;
    ++voxels;
  }
  if (!(weights > 0)) throw Refused("FACES", "no head was found in the image");
  Start start{scaled(sum, 1 / weights), std::cbrt(3 * static_cast<double>(voxels) * std::pow(kStep, 3) / (4 * M_PI))};
  std::vector<float> inner;
  for (int64_t n = first; n < std::ssize(head.soft); ++n) {
    const float value = head.soft[static_cast<size_t>(n)];
    if (value > head.low && value < head.high && length(minus(head.point(n), start.centre)) < start.radius) inner.push_back(value);
  }
  if (inner.empty()) throw Refused("FACES", "no head was found in the image");
  const auto middle = inner.begin() + std::ssize(inner) / 2;
  std::nth_element(inner.begin(), middle, inner.end());
  start.typical = *middle;
  return start;
}

// Grows the surface from within until what lies inward of it is no brain any more.
class Growth {
 public:
  Growth(const Head& head, const Start& start, double share, Mesh& mesh) : head_(head), start_(start), share_(share), mesh_(mesh) {}

  void go() {
    for (int round = 0; round < kRounds; ++round) {
      if (round % 20 == 0) edge_ = mean_edge(mesh_);
      step();
    }
  }

 private:
  void step() {
    const std::vector<Point> outward = normals(mesh_);
    std::vector<Point> moved(mesh_.points.size());
    for (size_t n = 0; n < moved.size(); ++n) {
      const Point& at = mesh_.points[n];
      Point mean{};
      for (const int to : mesh_.neighbours[n]) mean = plus(mean, mesh_.points[static_cast<size_t>(to)]);
      const Point pull = minus(scaled(mean, 1 / static_cast<double>(mesh_.neighbours[n].size())), at);
      const double along = dot(pull, outward[n]);
      const Point sideways = plus(pull, outward[n], -along);
      const double forward = smoothing(along) * along + 0.05 * force(at, outward[n]) * edge_;
      moved[n] = plus(plus(at, sideways, 0.5), outward[n], forward);
    }
    mesh_.points = std::move(moved);
  }

  // 0 where the surface is flat, 1 where it is sharp.
  double smoothing(double along) const {
    const double bend = 2 * std::abs(along) / (edge_ * edge_);  // 1 / radius
    const double middle = (1 / kSharpest + 1 / kFlattest) / 2, slope = 6 / (1 / kSharpest - 1 / kFlattest);
    return (1 + std::tanh(slope * (bend - middle))) / 2;
  }

  // Above 0 while the darkest voxel inward is as bright as brain is.
  double force(const Point& at, const Point& outward) const {
    double darkest = start_.typical, brightest = head_.threshold;
    for (double depth = 0; depth <= kFar; depth += kStep) {
      const int64_t voxel = head_.index(plus(at, outward, -depth));
      const double value = voxel < 0 ? head_.low : head_.soft[static_cast<size_t>(voxel)];
      darkest = std::min(darkest, value);
      if (depth <= kNear) brightest = std::max(brightest, value);
    }
    darkest = std::max(darkest, head_.low);
    brightest = std::min(brightest, start_.typical);
    if (brightest <= head_.low) return -1;
    const double border = (brightest - head_.low) * share_ + head_.low;
    return std::clamp(2 * (darkest - border) / (brightest - head_.low), -1.0, 1.0);
  }

  const Head& head_;
  const Start& start_;
  const double share_;  // of the brightest voxel inward: what is darker is no brain
  Mesh& mesh_;
  double edge_ = 0;
};

// How far points reach along a direction from a centre.
double reach(const std::vector<Point>& points, const Point& centre, const Point& direction) {
  double most = 0;
  for (const Point& point : points) most = std::max(most, dot(direction, minus(point, centre)));
  return most;
}

double reach(const Brain& brain, const Point& direction) { return reach(brain.surface.points, brain.centre, direction); }

// Voxels of the head at which a line from side to side enters and leaves it, in the slices that hold the upper head.
std::vector<Point> outline(const Head& head) {
  std::vector<Point> points;
  const int64_t width = head.size[2];
  for (int64_t row = first_of_upper_head(head) / width; row < head.size[0] * head.size[1]; ++row) {
    const auto begin = head.tissue.begin() + row * width, end = begin + width;
    const auto first = std::find(begin, end, uint8_t{1});
    if (first == end) continue;
    const auto last = std::find(std::make_reverse_iterator(end), std::make_reverse_iterator(begin), uint8_t{1}).base() - 1;
    points.push_back(head.point(first - head.tissue.begin()));
    points.push_back(head.point(last - head.tissue.begin()));
  }
  return points;
}

// Right of a head that was rolled (about its long axis) and then yawed (about the vertical), in degrees.
Point turned_right(double yaw, double roll) {
  const double y = yaw * M_PI / 180, r = roll * M_PI / 180;
  return {std::cos(r) * std::cos(y), std::cos(r) * std::sin(y), std::sin(r)};
}

// The axis about whose plane the outline of a head is most alike on its two sides: yaw and roll up to 24 degrees. The outline, because
// a tumour makes a brain unlike itself. Of two that are about as good the one nearer to the axis of the patient.
class AxisOfSides {
 public:
  AxisOfSides(const Head& head, const Point& centre) : points_(outline(head)), centre_(centre) {
    const double more = reach(points_, centre_, {1, 0, 0}) - reach(points_, centre_, {-1, 0, 0});
    centre_[0] += more / 2;
    for (const Point& direction : sphere({}, 1, 1).points) reaches_.emplace_back(direction, reach(points_, centre_, direction));
  }

  Point find() const {
    double yaw = 0, roll = 0, least = unlike(0, 0);
    for (const double step : {8.0, 4.0, 2.0, 1.0}) {
      const double middle_yaw = yaw, middle_roll = roll;
      const int span = step == 8 ? 3 : 1;
      for (int a = -span; a <= span; ++a)
        for (int b = -span; b <= span; ++b) {
          const double value = unlike(middle_yaw + a * step, middle_roll + b * step);
          if (value < least) least = value, yaw = middle_yaw + a * step, roll = middle_roll + b * step;
        }
    }
    return turned_right(yaw, roll);
  }

 private:
  // Mean difference, in mm, between the outline and its mirror image.
  double unlike(double yaw, double roll) const {
    const Point right = turned_right(yaw, roll);
    double sum = 0;
    for (const auto& [direction, far] : reaches_)
      sum += std::abs(far - reach(points_, centre_, plus(direction, right, -2 * dot(direction, right))));
    return sum / static_cast<double>(reaches_.size()) + kTurnCost * (std::abs(yaw) + std::abs(roll));
  }

  std::vector<Point> points_;
  Point centre_;
  std::vector<std::pair<Point, double>> reaches_;
};

// The long axis of a brain, seen from the side, rises to the front by 12 degrees (Colin27 in the space of MNI). An image that cuts the
// brain turns it further, so more than 20 degrees from the axes of the patient are not believed.
void set_axes(Brain& brain, const Head& head, const std::array<Point, 3>& second) {
  brain.right = AxisOfSides(head, brain.centre).find();
  const Point forward = unit(cross({0, 0, 1}, brain.right)), upward = cross(brain.right, forward);
  const auto moment = [&](const Point& a, const Point& b) { return dot(a, {dot(second[0], b), dot(second[1], b), dot(second[2], b)}); };
  const double rise = std::atan2(2 * moment(forward, upward), moment(forward, forward) - moment(upward, upward)) / 2 * 180 / M_PI;
  const double pitch = std::clamp(rise - kRise, -kMostPitch, kMostPitch) * M_PI / 180;
  brain.anterior = plus(scaled(forward, std::cos(pitch)), upward, std::sin(pitch));
  brain.superior = cross(brain.right, brain.anterior);
}

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
      const double right = reach(brain, unit(plus(middle, brain.right, side * length(middle))));
      const double left = reach(brain, unit(plus(middle, brain.right, -side * length(middle))));
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

Brain grown(const Head& head, const Start& start, double share) {
  Brain brain;
  brain.typical = start.typical;
  brain.surface = sphere(start.centre, start.radius / 2, kSplits);
  Growth(head, start, share, brain.surface).go();
  const Moments body = moments(brain.surface);
  brain.volume_ml = body.volume / 1000;
  brain.centre = body.centre;
  if (!(brain.volume_ml >= kFewestMl)) return brain;
  set_axes(brain, head, body.second);
  measure_sides(brain);
  brain.unevenness = unevenness(brain);
  brain.cut = cut_below(brain, head);
  const Point down_front = unit(plus(brain.anterior, brain.superior, -std::sqrt(3.0)));
  brain.underside = reach(brain, down_front) / (brain.extent[1] / 2);
  brain.wall = wall_around(brain, head);
  return brain;
}

}  // namespace

const std::vector<double>& border_shares(bool ct) {
  static const std::vector<double> bone{0.4}, grey{0.7, 0.75, 0.8, 0.65};
  return ct ? bone : grey;
}

Brain find_brain(const Head& head, double share) {
  Brain brain = grown(head, start_of(head), share);
  if (!is_plausible(brain))
    throw Refused("FACES", "no whole brain of 600 to 2200 ml was found in the image, so the face cannot be removed safely");
  return brain;
}

}  // namespace chiasm::face
