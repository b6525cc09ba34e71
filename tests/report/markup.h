// A small reader of markup: every tag opens and closes in order, attributes are quoted, text holds no bare "<" or "&".
#pragma once

#include <string>
#include <vector>

namespace chiasm::report {

// What is wrong, or empty.
std::string markup_error(const std::string& html);

// All numbers of d="..." of paths, in pairs (x, y); relative "h" steps aside.
struct Place {
  double x, y;
};
std::vector<Place> path_places(const std::string& html);

size_t count_of(const std::string& text, const std::string& part);

}  // namespace chiasm::report
