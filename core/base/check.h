// Invariants of our own code. User mistakes throw UsageError or InputError instead.
#pragma once

#include <source_location>
#include <string_view>

namespace chiasm {

// Throws Error("internal error: MESSAGE (file:line)") when `condition` is false.
void check(bool condition, std::string_view message, std::source_location where = std::source_location::current());

}  // namespace chiasm
