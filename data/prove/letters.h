// Letters drawn as strokes, at any size: what stands in for the characters that devices burn into their images.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chiasm::prove {

// Row-major.
struct Canvas {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

// Capitals, digits, space and - . , / : ^ ; anything else is left out. `height`: of a capital, in pixels. `row`, `column`: its upper left
// corner. `weight`: width of a stroke, in pixels. Pixels go to `value` as far as a stroke covers them.
void draw_letters(Canvas& canvas, const std::string& text, double row, double column, double height, double weight, float value);

// Width in pixels of the text.
double letters_width(const std::string& text, double height);

}  // namespace chiasm::prove
