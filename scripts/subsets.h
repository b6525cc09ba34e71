// Subsets of inputs that an evaluation walks through.
#pragma once

#include <string>
#include <vector>

namespace chiasm {

struct Subset {
  std::string name;  // "all", or the shown inputs joined by "+"
  std::vector<std::string> shown, hidden;
};

// "none": all inputs together only; "each": also every single input and every one left out; "all": every non-empty subset (at most 8
// inputs).
// `also`: further subsets, names joined by "+". Throws UsageError for a name that is no input.
std::vector<Subset> make_subsets(const std::vector<std::string>& inputs, const std::string& which,
                                 const std::vector<std::string>& also = {});

}  // namespace chiasm
