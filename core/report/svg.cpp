#include "core/report/svg.h"

#include "core/base/text.h"
#include "core/report/html.h"

namespace chiasm::report {
namespace {

std::string place(double value) { return fixed(value, 1); }

const char* const grid_colour = "#e6eaee";

}  // namespace

std::string svg(const Frame& frame, const std::string& label, const std::string& content) {
  return "<svg viewBox=\"0 0 " + place(frame.width) + " " + place(frame.height) + "\" role=\"img\" aria-label=\"" + escape(label) +
         "\">\n" + content + "</svg>\n";
}

std::string svg_text(Point at, const std::string& anchor, const std::string& text, const std::string& kind) {
  const std::string which = kind.empty() ? "" : " class=\"" + kind + "\"";
  return "<text x=\"" + place(at.x) + "\" y=\"" + place(at.y) + "\" text-anchor=\"" + anchor + "\"" + which + ">" + escape(text) +
         "</text>\n";
}

std::string svg_line(Point from, Point to, const std::string& colour, const std::string& dashes) {
  const std::string dashed = dashes.empty() ? "" : " stroke-dasharray=\"" + dashes + "\"";
  return "<line x1=\"" + place(from.x) + "\" y1=\"" + place(from.y) + "\" x2=\"" + place(to.x) + "\" y2=\"" + place(to.y) + "\" stroke=\"" +
         colour + "\"" + dashed + "/>\n";
}

std::string svg_path(const std::vector<Point>& points, const std::string& colour) {
  if (points.empty()) return "";
  std::string path;
  for (const Point& point : points) path += (path.empty() ? "M" : "L") + place(point.x) + " " + place(point.y);
  if (points.size() == 1) path += "h0.01";  // a lone point shows as a dot by the round line cap
  const std::string width = points.size() == 1 ? "5" : "1.8";
  return "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"" + width +
         "\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n";
}

std::string svg_axes(const Frame& frame, const Axis& x, const Axis& y, const std::string& x_label, const std::string& y_label) {
  std::string out;
  for (const double tick : y.ticks()) {
    const double at = y.place(tick);
    out += svg_line({frame.left, at}, {frame.right, at}, grid_colour);
    out += svg_text({frame.left - 7, at + 4}, "end", tick_label(tick));
  }
  for (const double tick : x.ticks()) {
    const double at = x.place(tick);
    out += svg_line({at, frame.top}, {at, frame.bottom}, grid_colour);
    out += svg_text({at, frame.bottom + 17}, "middle", tick_label(tick));
  }
  out += svg_line({frame.left, frame.bottom}, {frame.right, frame.bottom}, "#8b95a1");
  out += svg_line({frame.left, frame.top}, {frame.left, frame.bottom}, "#8b95a1");
  if (!x_label.empty()) out += svg_text({(frame.left + frame.right) / 2, frame.height - 5}, "middle", x_label);
  if (!y_label.empty()) out += svg_text({4, frame.top - 10}, "start", y_label);
  return out;
}

std::string chart_figure(const std::string& drawing, const std::vector<std::pair<std::string, std::string>>& names_and_colours,
                         bool square) {
  std::string legend;
  for (const auto& [name, colour] : names_and_colours)
    legend += "<span><i style=\"background: " + colour + "\"></i>" + escape(name) + "</span>\n";
  return std::string("<figure class=\"chart") + (square ? " square" : "") + "\">\n" + drawing + "<div class=\"legend\">" + legend +
         "</div></figure>\n";
}

}  // namespace chiasm::report
