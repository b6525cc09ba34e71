// Hot loops are compiled for several CPUs and chosen when the program starts. No loop reorders sums and contraction is off, so all versions
// give the same bits.
#pragma once

// ThreadSanitizer's own start comes after the choice between the versions, which it instruments: there is one version then.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define CHIASM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CHIASM_CLONES
#endif
