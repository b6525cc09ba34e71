// One random change that made a training sample, with all that is needed to make it again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chiasm::transform {

// `name` and the order of `parameters`: see the tables in augment.h (geometric) and intensity.h. `key`: seed of the numbers that the change
// itself draws, such as noise; 0 where it draws none.
struct Change {
  std::string name;
  std::vector<double> parameters;
  uint64_t key = 0;
  bool operator==(const Change&) const = default;
};
using Changes = std::vector<Change>;

// One line: "gamma 1.12; noise 0.03 key 12345".
std::string describe(const Changes& changes);

}  // namespace chiasm::transform
