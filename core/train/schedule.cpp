#include "core/train/schedule.h"

#include <algorithm>
#include <cmath>

namespace chiasm {

double Schedule::at(int64_t step) const {
  const double warm = std::max(1.0, std::round(warmup_share * static_cast<double>(steps)));
  const double position = static_cast<double>(step);
  if (position < warm) return peak * (position + 1.0) / warm;
  const double share = std::min(1.0, (position - warm + 1.0) / std::max(1.0, static_cast<double>(steps) - warm));
  return peak * (final_share + (1.0 - final_share) * 0.5 * (1.0 + std::cos(M_PI * share)));
}

}  // namespace chiasm
