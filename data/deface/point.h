// Points and directions in millimetres of the patient (RAS), and the few sums that the defacer needs of them.
#pragma once

#include <array>
#include <cmath>

namespace chiasm::face {

using Point = std::array<double, 3>;

inline Point plus(const Point& a, const Point& b, double times = 1) {
  return {a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]};
}
inline Point minus(const Point& a, const Point& b) { return plus(a, b, -1); }
inline Point scaled(const Point& a, double by) { return {a[0] * by, a[1] * by, a[2] * by}; }
inline double dot(const Point& a, const Point& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Point cross(const Point& a, const Point& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double length(const Point& a) { return std::sqrt(dot(a, a)); }
inline Point unit(const Point& a) {
  const double size = length(a);
  return size > 0 ? scaled(a, 1 / size) : a;
}

}  // namespace chiasm::face
