// The best AUROC that anyone can reach on the cohort, in closed form from the generator's own probabilities.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "data/synthetic/hidden.h"

namespace chiasm::synthetic {

struct Ceiling {
  std::string inputs;                         // "ct", ..., "all", "all, real missingness"
  std::array<double, finding_count> auroc{};  // by Finding
  double macro = 0;
};

// Each source alone and all together on complete studies (every source there; single laboratory values may be missing), then all together
// with the stated shares of missing sources. Priors are not counted.
std::vector<Ceiling> ceilings();

// A fixed-width table of the above.
std::string ceiling_table();

}  // namespace chiasm::synthetic
