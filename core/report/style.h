// The look of a page.
#pragma once

#include <string>

namespace chiasm::report {

// CSS without imports, fonts or pictures from elsewhere.
const std::string& style_sheet();

// Colour of series `index`, readable with common colour-vision deficiencies (Okabe and Ito, 2008); repeats after eight.
const std::string& series_colour(size_t index);

}  // namespace chiasm::report
