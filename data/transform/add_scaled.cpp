#include "data/transform/add_scaled.h"

#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void add(const float* __restrict in, float weight, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] += weight * in[i];
}

}  // namespace

void add_scaled(const float* in, float weight, int64_t count, float* out) { add(in, weight, count, out); }

}  // namespace chiasm::transform
