#include "data/transform/gather.h"

#include <algorithm>

#include "data/transform/avx512.h"
#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

constexpr size_t kBlock = 16;
constexpr int32_t kFarthest = 46;  // its neighbour is the last of three loads

CHIASM_CLONES void look_up(const float* __restrict row, const int32_t* __restrict first, const float* __restrict a,
                           const float* __restrict b, size_t count, float* __restrict out) {
  for (size_t i = 0; i < count; ++i) out[i] = a[i] * row[first[i]] + b[i] * row[first[i] + 1];
}

#if CHIASM_AVX512
// Values `at` (0 ... 47) of three loads.
CHIASM_WIDE inline __m512 pick(const __m512 (&loads)[3], __m512i at) {
  const __mmask16 in_third = _mm512_cmpge_epi32_mask(at, _mm512_set1_epi32(static_cast<int>(2 * kBlock)));
  return _mm512_mask_permutexvar_ps(_mm512_permutex2var_ps(loads[0], at, loads[1]), in_third, at, loads[2]);
}

// The last block begins 16 outputs before the end and makes some of the block before it again.
CHIASM_WIDE void permute(const float* row, const int32_t* base, const int32_t* within, const float* a, const float* b, size_t count,
                         float* out) {
  const __m512i one = _mm512_set1_epi32(1);
  for (size_t block = 0; block * kBlock < count; ++block) {
    const size_t begin = std::min(block * kBlock, count - kBlock);
    const float* from = row + base[block];
    const __m512 loads[3] = {_mm512_loadu_ps(from), _mm512_loadu_ps(from + kBlock), _mm512_loadu_ps(from + 2 * kBlock)};
    const __m512i at = _mm512_loadu_si512(within + block * kBlock);
    const __m512 from_left = _mm512_mul_ps(_mm512_loadu_ps(a + begin), pick(loads, at));
    const __m512 from_right = _mm512_mul_ps(_mm512_loadu_ps(b + begin), pick(loads, _mm512_add_epi32(at, one)));
    _mm512_storeu_ps(out + begin, _mm512_add_ps(from_left, from_right));
  }
}
#else
void permute(const float*, const int32_t*, const int32_t*, const float*, const float*, size_t, float*) {}
#endif

}  // namespace

GatherTwo::GatherTwo(std::vector<int32_t> first) : first_(std::move(first)) {
  if (!has_avx512() || first_.size() < kBlock) return;
  for (size_t i = 0; i < first_.size(); i += kBlock) {
    const auto begin = first_.begin() + static_cast<std::ptrdiff_t>(std::min(i, first_.size() - kBlock)), end = begin + kBlock;
    const auto [least, greatest] = std::minmax_element(begin, end);
    if (*greatest - *least > kFarthest) {
      base_.clear(), within_.clear();
      return;
    }
    base_.push_back(*least);
    for (auto index = begin; index != end; ++index) within_.push_back(*index - *least);
  }
}

void GatherTwo::operator()(const float* row, const float* a, const float* b, float* out) const {
  if (base_.empty()) return look_up(row, first_.data(), a, b, first_.size(), out);
  permute(row, base_.data(), within_.data(), a, b, first_.size(), out);
}

}  // namespace chiasm::transform
