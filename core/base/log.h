// Log lines on stderr. Never pass a patient's identity or a source path of one.
#pragma once

#include <string_view>

namespace chiasm::log {

void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

// Shown as "[rank 1]" before each line; -1 (the default) shows nothing.
void set_rank(int rank);
// true: warnings and errors only.
void set_quiet(bool quiet);

}  // namespace chiasm::log
