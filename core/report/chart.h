// Charts as inline SVG. Places are in the units of the view box, which the page scales to its width.
#pragma once

#include <string>
#include <vector>

namespace chiasm::report {

struct Series {
  std::string name;
  std::vector<double> x, y;  // of one length; a point that is not finite (or not positive on a log axis) breaks the line
};

struct ChartOptions {
  std::string title, x_label, y_label;
  bool log_y = false;
};

// Lines with a legend. A chart without a single point to show is empty markup.
std::string line_chart(const std::vector<Series>& series, const ChartOptions& options);

// One value with its interval per line, for comparing models or groups. `low`, `high` may be NaN.
struct Interval {
  std::string name;
  double value, low, high;
};
// `reference`: a dashed line, such as the value of chance. Rows whose value is not finite are left out.
std::string interval_chart(const std::vector<Interval>& rows, const std::string& title, double low, double high, double reference);

// Charts next to each other where the window is wide enough.
std::string charts(const std::vector<std::string>& list);

}  // namespace chiasm::report
