// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014; variant 13 of Stafford), for loops that draw a
// number a voxel: number n of a stream is closed form, so such loops vectorise.
#pragma once

#include <cstdint>

namespace chiasm {

constexpr uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;

constexpr uint64_t mix_bits(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// What Random(state).next() gives after `skipped` other numbers.
constexpr uint64_t stream_number(uint64_t state, uint64_t skipped) { return mix_bits(state + (skipped + 1) * kGoldenGamma); }

}  // namespace chiasm
