#include "data/deface/grow.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace chiasm::face {

namespace {

constexpr int kSplits = 4;  // 2,562 points
constexpr int kRounds = 1000;
constexpr double kFar = 20, kNear = 10;             // mm inward: d1 and d2 of the paper
constexpr double kSharpest = 3.33, kFlattest = 10;  // mm: radii of curvature between which the surface is smoothed more and more

struct Start {
  Point centre{};
  double radius = 0, typical = 0;
};

// Centre of gravity and size of the upper head, and the median within it.
Start start_of(const Head& head) {
  const int64_t first = head.first_of_upper_half();
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

}  // namespace

Grown grow(const Head& head, double share) {
  const Start start = start_of(head);
  Grown grown{sphere(start.centre, start.radius / 2, kSplits), start.typical};
  Growth(head, start, share, grown.surface).go();
  return grown;
}

}  // namespace chiasm::face
