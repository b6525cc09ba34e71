#include "core/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/report/html.h"
#include "core/report/style.h"
#include "core/report/svg.h"

namespace chiasm::report {
namespace {

struct Bounds {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// Strokes of one series, broken at points that cannot be shown.
std::string strokes(const Series& series, const Axis& x, const Axis& y, const std::string& colour) {
  std::string out;
  std::vector<Point> run;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (x.shows(series.x[i]) && y.shows(series.y[i])) {
      run.push_back({x.place(series.x[i]), y.place(series.y[i])});
    } else {
      out += svg_path(run, colour);
      run.clear();
    }
  }
  return out + svg_path(run, colour);
}

}  // namespace

std::string line_chart(const std::vector<Series>& series, const ChartOptions& options) {
  Bounds across, up;
  for (const Series& one : series) {
    check(one.x.size() == one.y.size(), "a series has as many x as y");
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (!std::isfinite(one.x[i]) || !std::isfinite(one.y[i]) || (options.log_y && one.y[i] <= 0)) continue;
      across.add(one.x[i]);
      up.add(one.y[i]);
    }
  }
  if (across.low > across.high) return "";
  const double room = options.log_y ? 0 : 0.04 * (up.high - up.low);
  const Frame frame{600, 330, 62, 588, 46, 284};
  const Axis x(across.low, across.high, frame.left, frame.right);
  const Axis y(up.low - room, up.high + room, frame.bottom, frame.top, options.log_y);
  std::string content = svg_text({frame.left, 16}, "start", options.title, "title");
  content += svg_axes(frame, x, y, options.x_label, options.y_label);
  std::vector<std::pair<std::string, std::string>> legend;
  for (size_t i = 0; i < series.size(); ++i) {
    content += strokes(series[i], x, y, series_colour(i));
    legend.emplace_back(series[i].name, series_colour(i));
  }
  return chart_figure(svg(frame, options.title, content), legend);
}

std::string interval_chart(const std::vector<Interval>& rows, const std::string& title, double low, double high, double reference) {
  std::vector<Interval> shown;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(shown), [](const Interval& row) { return std::isfinite(row.value); });
  if (shown.empty()) return "";
  constexpr double pitch = 24;
  const double bottom = 34 + pitch * static_cast<double>(shown.size());
  const Frame frame{600, bottom + 26, 190, 520, 30, bottom};
  const Axis x(low, high, frame.left, frame.right);
  std::string content = svg_text({4, 16}, "start", title, "title");
  for (const double tick : x.ticks()) {
    content += svg_line({x.place(tick), frame.top}, {x.place(tick), bottom}, "#e6eaee");
    content += svg_text({x.place(tick), bottom + 17}, "middle", tick_label(tick));
  }
  if (x.shows(reference)) content += svg_line({x.place(reference), frame.top}, {x.place(reference), bottom}, "#8b95a1", "4 4");
  for (size_t i = 0; i < shown.size(); ++i) {
    const double at = frame.top + pitch * (static_cast<double>(i) + 0.5);
    const Interval& row = shown[i];
    content += svg_text({frame.left - 10, at + 4}, "end", row.name);
    if (x.shows(row.low) && x.shows(row.high)) content += svg_path({{x.place(row.low), at}, {x.place(row.high), at}}, series_colour(0));
    content += svg_path({{x.place(row.value), at}}, series_colour(0));
    content += svg_text({frame.right + 10, at + 4}, "start", fixed(row.value, 3));
  }
  return chart_figure(svg(frame, title, content), {});
}

std::string charts(const std::vector<std::string>& list) {
  const std::string all = join(list, "");
  return all.empty() ? "" : "<div class=\"charts\">\n" + all + "</div>\n";
}

}  // namespace chiasm::report
