// From values to places along an axis, linear or logarithmic, with round ticks.
#pragma once

#include <string>
#include <vector>

namespace chiasm::report {

class Axis {
 public:
  // Shows `low`..`high` between the places `from` and `to`. Equal bounds are widened; a log axis needs low > 0.
  Axis(double low, double high, double from, double to, bool log = false);
  double place(double value) const;  // held inside the axis
  bool shows(double value) const;    // finite, and positive on a log axis
  // Steps of 1, 2 or 5 times a power of ten; on a log axis powers of ten, with 2 and 5 between them when there are few.
  std::vector<double> ticks(int about = 5) const;

 private:
  double scaled(double value) const;
  double low_, high_, from_, to_;
  bool log_;
};

// "0.25", "120", "3e-04": as short as it reads well on an axis.
std::string tick_label(double value);

}  // namespace chiasm::report
