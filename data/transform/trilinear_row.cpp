#include "data/transform/trilinear_row.h"

#include <algorithm>

#include "data/transform/avx512.h"
#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

struct Neighbour {
  int32_t base;
  float fraction;
};

inline Neighbour neighbour(const RowAxis& axis, float at) {
  at = at > 0.0F ? at : 0.0F;
  at = at < axis.last ? at : axis.last;
  int32_t lower = static_cast<int32_t>(at);
  lower = lower < axis.highest ? lower : axis.highest;
  return {lower * axis.stride, at - static_cast<float>(lower)};
}

inline Neighbour neighbour(const RowAxis& axis, int32_t n) { return neighbour(axis, axis.start + axis.step * static_cast<float>(n)); }

// Unlike a + t (b - a), exact at both ends.
inline float mix(float a, float b, float t) { return a * (1.0F - t) + b * t; }

// The value between eight neighbours.
inline float between(const float* block, const RowAxis& ax, const RowAxis& ay, const RowAxis& az, Neighbour nx, Neighbour ny,
                     Neighbour nz) {
  const int32_t at = nx.base + ny.base + nz.base;
  const int32_t right = at + ax.next, up = at + ay.next, up_right = up + ax.next;
  const float low = mix(mix(block[at], block[right], nx.fraction), mix(block[up], block[up_right], nx.fraction), ny.fraction);
  const float high = mix(mix(block[at + az.next], block[right + az.next], nx.fraction),
                         mix(block[up + az.next], block[up_right + az.next], nx.fraction), ny.fraction);
  return mix(low, high, nz.fraction);
}

CHIASM_CLONES void look_up_row(const float* __restrict block, const RowAxis& x, const RowAxis& y, const RowAxis& z, int64_t count,
                               float* __restrict out) {
  const RowAxis ax = x, ay = y, az = z;
  for (int32_t n = 0; n < static_cast<int32_t>(count); ++n) {
    const Neighbour nx = neighbour(ax, n), ny = neighbour(ay, n), nz = neighbour(az, n);
    out[n] = between(block, ax, ay, az, nx, ny, nz);
  }
}

CHIASM_CLONES void look_up_points(const float* __restrict block, const RowAxis& x, const RowAxis& y, const RowAxis& z,
                                  const float* __restrict xs, const float* __restrict ys, const float* __restrict zs, int64_t count,
                                  float* __restrict out) {
  const RowAxis ax = x, ay = y, az = z;
  for (int64_t n = 0; n < count; ++n) out[n] = between(block, ax, ay, az, neighbour(ax, xs[n]), neighbour(ay, ys[n]), neighbour(az, zs[n]));
}

#if CHIASM_AVX512
constexpr int64_t kWide = 16;

struct WideNeighbour {
  __m512i base;
  __m512 fraction;
};

CHIASM_WIDE inline WideNeighbour neighbour(const RowAxis& axis, __m512 at) {
  at = _mm512_min_ps(_mm512_max_ps(at, _mm512_setzero_ps()), _mm512_set1_ps(axis.last));
  const __m512i lower = _mm512_min_epi32(_mm512_cvttps_epi32(at), _mm512_set1_epi32(axis.highest));
  return {_mm512_mullo_epi32(lower, _mm512_set1_epi32(axis.stride)), _mm512_sub_ps(at, _mm512_cvtepi32_ps(lower))};
}

CHIASM_WIDE inline __m512 mix(__m512 a, __m512 b, __m512 t) {
  return _mm512_add_ps(_mm512_mul_ps(a, _mm512_sub_ps(_mm512_set1_ps(1.0F), t)), _mm512_mul_ps(b, t));
}

// Two values that lie beside each other, at four places. Plain loads: gathers cost more on some CPUs and no less on others.
CHIASM_WIDE inline __m256d four_pairs(const float* block, const int32_t* at) {
  using Pair = double __attribute__((aligned(sizeof(float)), may_alias));  // moved, never calculated with
  const auto pair = [&](int n) { return *reinterpret_cast<const Pair*>(block + at[n]); };
  const __m128d low = _mm_set_pd(pair(1), pair(0)), high = _mm_set_pd(pair(3), pair(2));
  return _mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1);
}

CHIASM_WIDE inline __m512 eight_pairs(const float* block, const int32_t* at) {
  const __m256d low = four_pairs(block, at), high = four_pairs(block, at + 4);
  return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(low), high, 1));
}

// The values at `at` and their right neighbours, mixed.
CHIASM_WIDE inline __m512 mixed_pairs(const float* block, const int32_t* at, __m512 t) {
  const __m512 low = eight_pairs(block, at), high = eight_pairs(block, at + 8);
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  return mix(_mm512_permutex2var_ps(low, even, high), _mm512_permutex2var_ps(low, odd, high), t);
}

CHIASM_WIDE inline __m512 between(const float* block, const RowAxis& y, const RowAxis& z, WideNeighbour nx, WideNeighbour ny,
                                  WideNeighbour nz) {
  alignas(64) int32_t at[kWide];
  _mm512_store_si512(at, _mm512_add_epi32(nx.base, _mm512_add_epi32(ny.base, nz.base)));
  const float *up = block + y.next, *next = block + z.next, *up_next = up + z.next;
  const __m512 low = mix(mixed_pairs(block, at, nx.fraction), mixed_pairs(up, at, nx.fraction), ny.fraction);
  const __m512 high = mix(mixed_pairs(next, at, nx.fraction), mixed_pairs(up_next, at, nx.fraction), ny.fraction);
  return mix(low, high, nz.fraction);
}

CHIASM_WIDE inline __m512 evenly(const RowAxis& axis, __m512 n) {
  return _mm512_add_ps(_mm512_set1_ps(axis.start), _mm512_mul_ps(_mm512_set1_ps(axis.step), n));
}

// The last 16 points begin 16 before the end and make some of those before them again.
CHIASM_WIDE void wide_row(const float* block, const RowAxis& x, const RowAxis& y, const RowAxis& z, int64_t count, float* out) {
  const RowAxis ax = x, ay = y, az = z;
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int64_t block_first = 0; block_first < count; block_first += kWide) {
    const int64_t first = std::min(block_first, count - kWide);
    const __m512 n = _mm512_cvtepi32_ps(_mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int32_t>(first))));
    const WideNeighbour nx = neighbour(ax, evenly(ax, n)), ny = neighbour(ay, evenly(ay, n)), nz = neighbour(az, evenly(az, n));
    _mm512_storeu_ps(out + first, between(block, ay, az, nx, ny, nz));
  }
}

CHIASM_WIDE void wide_points(const float* block, const RowAxis& x, const RowAxis& y, const RowAxis& z, const float* xs, const float* ys,
                             const float* zs, int64_t count, float* out) {
  const RowAxis ax = x, ay = y, az = z;
  for (int64_t block_first = 0; block_first < count; block_first += kWide) {
    const int64_t first = std::min(block_first, count - kWide);
    const WideNeighbour nx = neighbour(ax, _mm512_loadu_ps(xs + first)), ny = neighbour(ay, _mm512_loadu_ps(ys + first)),
                        nz = neighbour(az, _mm512_loadu_ps(zs + first));
    _mm512_storeu_ps(out + first, between(block, ay, az, nx, ny, nz));
  }
}

// Pairs need a neighbour to the right of every voxel but the last.
bool takes_pairs(const RowAxis& x, int64_t count) { return has_avx512() && count >= kWide && x.next == 1; }
#else
bool takes_pairs(const RowAxis&, int64_t) { return false; }
void wide_row(const float*, const RowAxis&, const RowAxis&, const RowAxis&, int64_t, float*) {}
void wide_points(const float*, const RowAxis&, const RowAxis&, const RowAxis&, const float*, const float*, const float*, int64_t, float*) {}
#endif

}  // namespace

RowAxis row_axis(double start, double step, int64_t size, int64_t stride) {
  const auto last = static_cast<int32_t>(size - 1);
  return {static_cast<float>(start), static_cast<float>(step),     static_cast<float>(last),
          last > 0 ? last - 1 : 0,   static_cast<int32_t>(stride), last > 0 ? static_cast<int32_t>(stride) : 0};
}

void sample_row(const float* block, const RowAxis& x, const RowAxis& y, const RowAxis& z, int64_t count, float* out) {
  (takes_pairs(x, count) ? wide_row : look_up_row)(block, x, y, z, count, out);
}

void sample_points(const float* block, const RowAxis& x, const RowAxis& y, const RowAxis& z, const float* xs, const float* ys,
                   const float* zs, int64_t count, float* out) {
  (takes_pairs(x, count) ? wide_points : look_up_points)(block, x, y, z, xs, ys, zs, count, out);
}

}  // namespace chiasm::transform
