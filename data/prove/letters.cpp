#include "data/prove/letters.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/text.h"

namespace chiasm::prove {
namespace {

struct Point {
  double x = 0, y = 0;
};
using Stroke = std::vector<Point>;

// Polylines "x,y x,y ...|..." in a cell 4 wide and 6 high; y grows downwards, the baseline is 6.
const std::map<char, std::string>& outlines() {
  static const std::map<char, std::string> lines{
      {'A', "0,6 2,0 4,6|0.7,4 3.3,4"},
      {'B', "0,0 0,6 3,6 4,5 4,4 3,3 0,3|3,3 3.7,2.3 3.7,0.7 3,0 0,0"},
      {'C', "4,1 3,0 1,0 0,1 0,5 1,6 3,6 4,5"},
      {'D', "0,0 0,6 2.5,6 4,4.5 4,1.5 2.5,0 0,0"},
      {'E', "4,0 0,0 0,6 4,6|0,3 3,3"},
      {'F', "4,0 0,0 0,6|0,3 3,3"},
      {'G', "4,1 3,0 1,0 0,1 0,5 1,6 3,6 4,5 4,3.2 2.4,3.2"},
      {'H', "0,0 0,6|4,0 4,6|0,3 4,3"},
      {'I', "1,0 3,0|2,0 2,6|1,6 3,6"},
      {'J', "3.5,0 3.5,5 2.5,6 1,6 0.2,5"},
      {'K', "0,0 0,6|4,0 0,3.4|1.2,2.5 4,6"},
      {'L', "0,0 0,6 4,6"},
      {'M', "0,6 0,0 2,3.5 4,0 4,6"},
      {'N', "0,6 0,0 4,6 4,0"},
      {'O', "1,0 3,0 4,1 4,5 3,6 1,6 0,5 0,1 1,0"},
      {'P', "0,6 0,0 3,0 4,0.8 4,2.4 3,3.2 0,3.2"},
      {'Q', "1,0 3,0 4,1 4,5 3,6 1,6 0,5 0,1 1,0|2.5,4.5 4,6.4"},
      {'R', "0,6 0,0 3,0 4,0.8 4,2.4 3,3.2 0,3.2|2,3.2 4,6"},
      {'S', "4,0.9 3,0 1,0 0,0.8 0,2.2 1,3 3,3 4,3.8 4,5.2 3,6 1,6 0,5.1"},
      {'T', "0,0 4,0|2,0 2,6"},
      {'U', "0,0 0,5 1,6 3,6 4,5 4,0"},
      {'V', "0,0 2,6 4,0"},
      {'W', "0,0 1,6 2,2.5 3,6 4,0"},
      {'X', "0,0 4,6|4,0 0,6"},
      {'Y', "0,0 2,3 4,0|2,3 2,6"},
      {'Z', "0,0 4,0 0,6 4,6"},
      {'0', "1.2,0 2.8,0 3.8,1.2 3.8,4.8 2.8,6 1.2,6 0.2,4.8 0.2,1.2 1.2,0"},
      {'1', "0.8,1.2 2.2,0 2.2,6"},
      {'2', "0,1.2 1,0 3,0 4,1 4,2.2 0,6 4,6"},
      {'3', "0,0.8 1,0 3,0 4,0.8 4,2.2 3,3 1.5,3|3,3 4,3.8 4,5.2 3,6 1,6 0,5.2"},
      {'4', "3,6 3,0 0,4 4,4"},
      {'5', "4,0 0.4,0 0.2,2.8 1.2,2.3 3,2.3 4,3.2 4,5 3,6 1,6 0,5.2"},
      {'6', "3.6,0.6 2.8,0 1.4,0 0.2,1.5 0.2,5 1.2,6 2.8,6 3.8,5 3.8,3.6 2.8,2.7 1.2,2.7 0.2,3.7"},
      {'7', "0,0 4,0 1.5,6"},
      {'8', "1.2,2.9 0.3,2.2 0.3,0.8 1.2,0 2.8,0 3.7,0.8 3.7,2.2 2.8,2.9 1.2,2.9 0,3.8 0,5.1 1.2,6 2.8,6 4,5.1 4,3.8 2.8,2.9"},
      {'9', "3.8,2.4 2.8,3.3 1.2,3.3 0.2,2.4 0.2,1 1.2,0 2.8,0 3.8,1 3.8,4.5 2.6,6 1.2,6 0.4,5.4"},
      {'-', "0.6,3.4 3.4,3.4"},
      {'.', "1.8,5.9 2.2,5.9"},
      {',', "2.1,5.6 1.6,6.9"},
      {'/', "0.4,6.4 3.6,-0.2"},
      {':', "2,1.9 2,2.1|2,5.4 2,5.6"},
      {'^', "0.8,1.8 2,0.2 3.2,1.8"},
  };
  return lines;
}

constexpr double cell_width = 4, cell_height = 6, advance = 6;

std::vector<Stroke> strokes_of(char letter) {
  std::vector<Stroke> strokes;
  const auto outline = outlines().find(letter);
  if (outline == outlines().end()) return strokes;
  for (const std::string& line : split(outline->second, '|')) {
    Stroke stroke;
    for (const std::string& pair : split(line, ' ')) {
      const std::vector<std::string> numbers = split(pair, ',');
      stroke.push_back({parse_number(numbers[0]).value(), parse_number(numbers[1]).value()});
    }
    strokes.push_back(std::move(stroke));
  }
  return strokes;
}

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

// Covers each pixel as far as its centre lies inside the stroke, with an edge one pixel wide.
void draw_segment(Canvas& canvas, std::vector<float>& covered, const Point& a, const Point& b, double weight) {
  const double reach = weight / 2 + 1;
  const auto from = [&](double at) { return std::max<int64_t>(0, static_cast<int64_t>(std::floor(at - reach))); };
  const auto to = [&](double at, int64_t end) { return std::min(end - 1, static_cast<int64_t>(std::ceil(at + reach))); };
  for (int64_t r = from(std::min(a.y, b.y)); r <= to(std::max(a.y, b.y), canvas.rows); ++r)
    for (int64_t c = from(std::min(a.x, b.x)); c <= to(std::max(a.x, b.x), canvas.columns); ++c) {
      const double inside = weight / 2 + 0.5 - distance({static_cast<double>(c), static_cast<double>(r)}, a, b);
      float& cover = covered[static_cast<size_t>(r * canvas.columns + c)];
      cover = std::max(cover, static_cast<float>(std::clamp(inside, 0.0, 1.0)));
    }
}

}  // namespace

void draw_letters(Canvas& canvas, const std::string& text, double row, double column, double height, double weight, float value) {
  const double unit = height / cell_height;
  std::vector<float> covered(canvas.values.size(), 0);
  for (size_t n = 0; n < text.size(); ++n)
    for (const Stroke& stroke : strokes_of(text[n])) {
      const double left = column + static_cast<double>(n) * advance * unit;
      for (size_t k = 1; k < stroke.size(); ++k)
        draw_segment(canvas, covered, {left + stroke[k - 1].x * unit, row + stroke[k - 1].y * unit},
                     {left + stroke[k].x * unit, row + stroke[k].y * unit}, weight);
    }
  for (size_t n = 0; n < covered.size(); ++n) canvas.values[n] += covered[n] * (value - canvas.values[n]);
}

double letters_width(const std::string& text, double height) {
  return text.empty() ? 0 : (static_cast<double>(text.size() - 1) * advance + cell_width) * height / cell_height;
}

}  // namespace chiasm::prove
