// Code written for AVX-512 itself, chosen when the program runs: what it makes has the bits of the plain loop beside it.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CHIASM_AVX512 1
#define CHIASM_WIDE __attribute__((target("avx512f")))
// GCC 12 warns of its own _mm512_undefined_ps (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#define CHIASM_AVX512 0
#endif

namespace chiasm::transform {

inline bool has_avx512() {
#if CHIASM_AVX512
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

}  // namespace chiasm::transform
