// Reading C++ well enough for the rules: comments and literals blanked, includes, functions by brace depth.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace chiasm::rules {

// The same text with the inside of comments, strings and characters replaced by spaces; line breaks stay.
std::string without_comments_and_literals(const std::string& source);

struct Include {
  std::string path;
  size_t line;
  bool project;  // "..." rather than <...>
};
std::vector<Include> includes(const std::string& source);

// A function body: its first and last line.
struct Function {
  size_t first, last;
};
std::vector<Function> functions(const std::string& source);

}  // namespace chiasm::rules
