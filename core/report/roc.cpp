#include "core/report/roc.h"

#include <algorithm>
#include <numeric>

#include "core/report/style.h"
#include "core/report/svg.h"

namespace chiasm::report {

RocPoints roc_points(const std::vector<double>& scores, const std::vector<int>& labels) {
  const auto positives = static_cast<double>(std::count_if(labels.begin(), labels.end(), [](int label) { return label != 0; }));
  const double negatives = static_cast<double>(labels.size()) - positives;
  if (positives == 0 || negatives == 0) return {};
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  RocPoints points{{0}, {0}};
  double found = 0, wrong = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (labels[order[i]] != 0 ? found : wrong) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    points.false_positive_rate.push_back(wrong / negatives);
    points.true_positive_rate.push_back(found / positives);
  }
  return points;
}

std::string roc_chart(const std::vector<RocCurve>& curves, const std::string& title) {
  const Frame frame{460, 450, 54, 448, 46, 404};
  const Axis x(0, 1, frame.left, frame.right), y(0, 1, frame.bottom, frame.top);
  std::string strokes;
  std::vector<std::pair<std::string, std::string>> legend;
  for (const RocCurve& curve : curves) {
    const RocPoints points = roc_points(curve.scores, curve.labels);
    if (points.true_positive_rate.empty()) continue;
    std::vector<Point> path;
    for (size_t p = 0; p < points.true_positive_rate.size(); ++p)
      path.push_back({x.place(points.false_positive_rate[p]), y.place(points.true_positive_rate[p])});
    strokes += svg_path(path, series_colour(legend.size()));
    legend.emplace_back(curve.name, series_colour(legend.size()));
  }
  if (legend.empty()) return "";
  std::string content = svg_text({frame.left, 16}, "start", title, "title");
  content += svg_axes(frame, x, y, "1 - specificity", "sensitivity");
  content += svg_line({x.place(0), y.place(0)}, {x.place(1), y.place(1)}, "#8b95a1", "4 4");
  return chart_figure(svg(frame, title, content + strokes), legend, /*square=*/true);
}

}  // namespace chiasm::report
