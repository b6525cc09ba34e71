// Hot loops are compiled for several CPUs and chosen when the program starts. No loop reorders sums and contraction is off, so all versions
// give the same bits.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CHIASM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CHIASM_CLONES
#endif
