// SVG elements that the charts share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/report/axis.h"

namespace chiasm::report {

struct Point {
  double x, y;
};

// The view box of a chart and the plot inside it.
struct Frame {
  double width, height, left, right, top, bottom;
};

std::string svg(const Frame& frame, const std::string& label, const std::string& content);
std::string svg_text(Point at, const std::string& anchor, const std::string& text, const std::string& kind = "");
std::string svg_line(Point from, Point to, const std::string& colour, const std::string& dashes = "");
// One stroke through `points`; empty for fewer than one.
std::string svg_path(const std::vector<Point>& points, const std::string& colour);
// Grid lines, tick labels and axis titles.
std::string svg_axes(const Frame& frame, const Axis& x, const Axis& y, const std::string& x_label, const std::string& y_label);
// Chart and legend as a figure; a square chart is shown narrower.
std::string chart_figure(const std::string& drawing, const std::vector<std::pair<std::string, std::string>>& names_and_colours,
                         bool square = false);

}  // namespace chiasm::report
