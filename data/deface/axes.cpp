#include "data/deface/axes.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace chiasm::face {

namespace {

constexpr double kRise = 12, kMostPitch = 20;  // degrees
constexpr double kTurnCost = 0.02;             // mm a degree

// Voxels of the head at which a line from side to side enters and leaves it, in the slices that hold the upper head.
std::vector<Point> outline(const Head& head) {
  std::vector<Point> points;
  const int64_t width = head.size[2];
  for (int64_t row = head.first_of_upper_half() / width; row < head.size[0] * head.size[1]; ++row) {
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

}  // namespace

// The long axis of a brain, seen from the side, rises to the front by 12 degrees (Colin27 in the space of MNI). An image that cuts the
// brain turns it further, so more than 20 degrees from the axes of the patient are not believed.
Axes axes_of(const Head& head, const Moments& brain) {
  Axes axes;
  axes.right = AxisOfSides(head, brain.centre).find();
  const Point forward = unit(cross({0, 0, 1}, axes.right)), upward = cross(axes.right, forward);
  const auto moment = [&](const Point& a, const Point& b) {
    return dot(a, {dot(brain.second[0], b), dot(brain.second[1], b), dot(brain.second[2], b)});
  };
  const double rise = std::atan2(2 * moment(forward, upward), moment(forward, forward) - moment(upward, upward)) / 2 * 180 / M_PI;
  const double pitch = std::clamp(rise - kRise, -kMostPitch, kMostPitch) * M_PI / 180;
  axes.anterior = plus(scaled(forward, std::cos(pitch)), upward, std::sin(pitch));
  axes.superior = cross(axes.right, axes.anterior);
  return axes;
}

}  // namespace chiasm::face
