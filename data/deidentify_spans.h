// Places of a folded text that are replaced.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

namespace chiasm::deid {

class Spans {
 public:
  struct Span {
    size_t end;
    std::string replacement;
  };

  // The first rule that takes a place keeps it; false when any of it is taken.
  bool add(size_t start, size_t end, std::string replacement) {
    if (start >= end || free_until(start, end) < end) return false;
    spans_[start] = {end, std::move(replacement)};
    return true;
  }
  // Takes what is left of the place.
  void cover(size_t start, size_t end, const std::string& replacement) {
    while (start < end) {
      if (const size_t open = free_until(start, end); open > start) {
        spans_[start] = {open, replacement};
        start = open;
      } else {
        start = std::prev(spans_.upper_bound(start))->second.end;
      }
    }
  }
  const std::map<size_t, Span>& all() const { return spans_; }

 private:
  // First taken character at or behind `start`, or `end`.
  size_t free_until(size_t start, size_t end) const {
    const auto next = spans_.upper_bound(start);
    if (next != spans_.begin() && std::prev(next)->second.end > start) return start;
    return next == spans_.end() ? end : std::min(end, next->first);
  }

  std::map<size_t, Span> spans_;  // by start
};

}  // namespace chiasm::deid
