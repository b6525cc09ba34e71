#include "data/transform/range.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

// Sums and extremes are kept in sixteen lanes on every CPU: the compiler may not reorder a sum, and this order vectorises. Value n belongs
// to lane n modulo 16.
constexpr size_t kLanes = 16;
using Values = float __attribute__((vector_size(kLanes * sizeof(float))));
using Marks = uint8_t __attribute__((vector_size(kLanes)));
using Choice = int32_t __attribute__((vector_size(kLanes * sizeof(int32_t))));
using Half = float __attribute__((vector_size(kLanes / 2 * sizeof(float))));
using Sums = double __attribute__((vector_size(kLanes / 2 * sizeof(double))));

struct RangeLanes {
  float low[kLanes], high[kLanes];
};

// `count`: a multiple of kLanes.
CHIASM_CLONES void range_lanes(const float* values, const uint8_t* valid, size_t count, RangeLanes& lanes) {
  Values low, high;
  std::memcpy(&low, lanes.low, sizeof(low)), std::memcpy(&high, lanes.high, sizeof(high));
  const Values least = Values{} + std::numeric_limits<float>::infinity(), greatest = -least;
  for (size_t n = 0; n < count; n += kLanes) {
    Values value;
    Marks marks;
    std::memcpy(&value, values + n, sizeof(value)), std::memcpy(&marks, valid + n, sizeof(marks));
    const Choice chosen = __builtin_convertvector(marks, Choice) != 0;
    const Values for_low = chosen ? value : least, for_high = chosen ? value : greatest;
    low = for_low < low ? for_low : low;
    high = for_high > high ? for_high : high;
  }
  std::memcpy(lanes.low, &low, sizeof(low)), std::memcpy(lanes.high, &high, sizeof(high));
}

struct SumLanes {
  double sum[kLanes] = {}, squares[kLanes] = {};
};

// Where all values count, as most do.
CHIASM_CLONES void sum_lanes(const float* values, size_t count, SumLanes& lanes) {
  Sums sum[2], squares[2];
  std::memcpy(sum, lanes.sum, sizeof(sum)), std::memcpy(squares, lanes.squares, sizeof(squares));
  for (size_t n = 0; n < count; n += kLanes)
    for (size_t h = 0; h < 2; ++h) {
      Half half;
      std::memcpy(&half, values + n + h * kLanes / 2, sizeof(half));
      const Sums wide = __builtin_convertvector(half, Sums);
      sum[h] += wide;
      squares[h] += wide * wide;
    }
  std::memcpy(lanes.sum, sum, sizeof(sum)), std::memcpy(lanes.squares, squares, sizeof(squares));
}

CHIASM_CLONES void sum_lanes(const float* values, const uint8_t* valid, size_t count, SumLanes& lanes) {
  Sums sum[2], squares[2];
  std::memcpy(sum, lanes.sum, sizeof(sum)), std::memcpy(squares, lanes.squares, sizeof(squares));
  for (size_t n = 0; n < count; n += kLanes) {
    Values value;
    Marks marks;
    std::memcpy(&value, values + n, sizeof(value)), std::memcpy(&marks, valid + n, sizeof(marks));
    value = __builtin_convertvector(marks, Choice) != 0 ? value : Values{};
    Half halves[2];
    std::memcpy(halves, &value, sizeof(value));
    for (size_t h = 0; h < 2; ++h) {
      const Sums wide = __builtin_convertvector(halves[h], Sums);
      sum[h] += wide;
      squares[h] += wide * wide;
    }
  }
  std::memcpy(lanes.sum, sum, sizeof(sum)), std::memcpy(lanes.squares, squares, sizeof(squares));
}

// The last values, fewer than kLanes, with values beside them that do not count.
struct Rest {
  float values[kLanes] = {};
  uint8_t valid[kLanes] = {};
};

Rest rest_of(const Picture& picture, size_t first) {
  Rest rest;
  std::copy(picture.values.begin() + static_cast<std::ptrdiff_t>(first), picture.values.end(), rest.values);
  std::copy(picture.valid.begin() + static_cast<std::ptrdiff_t>(first), picture.valid.end(), rest.valid);
  return rest;
}

bool all_valid(const std::vector<uint8_t>& valid) { return valid.empty() || std::memchr(valid.data(), 0, valid.size()) == nullptr; }

CHIASM_CLONES void set_unless(const uint8_t* __restrict valid, float outside, size_t count, float* __restrict values) {
  for (size_t n = 0; n < count; ++n) values[n] = valid[n] ? values[n] : outside;
}

}  // namespace

std::array<float, 2> valid_range(const Picture& picture) {
  const size_t whole = picture.values.size() / kLanes * kLanes;
  const Rest rest = rest_of(picture, whole);
  RangeLanes lanes;
  std::fill(std::begin(lanes.low), std::end(lanes.low), std::numeric_limits<float>::infinity());
  std::fill(std::begin(lanes.high), std::end(lanes.high), -std::numeric_limits<float>::infinity());
  range_lanes(rest.values, rest.valid, kLanes, lanes);
  range_lanes(picture.values.data(), picture.valid.data(), whole, lanes);
  const float low = *std::min_element(std::begin(lanes.low), std::end(lanes.low));
  const float high = *std::max_element(std::begin(lanes.high), std::end(lanes.high));
  return low <= high ? std::array<float, 2>{low, high} : std::array<float, 2>{0, 0};
}

Moments valid_moments(const Picture& picture) {
  const bool all = all_valid(picture.valid);
  const int64_t invalid = all ? 0 : std::count(picture.valid.begin(), picture.valid.end(), 0);
  const auto count = static_cast<double>(std::ssize(picture.valid) - invalid);
  if (count == 0) return {};
  const size_t whole = picture.values.size() / kLanes * kLanes;
  const Rest rest = rest_of(picture, whole);
  SumLanes lanes;
  if (all)
    sum_lanes(picture.values.data(), whole, lanes);
  else
    sum_lanes(picture.values.data(), picture.valid.data(), whole, lanes);
  sum_lanes(rest.values, rest.valid, kLanes, lanes);
  double sum = 0, squares = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) sum += lanes.sum[lane], squares += lanes.squares[lane];
  return {sum / count, std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)))};
}

void set_outside(Floats& values, const std::vector<uint8_t>& valid, float outside) {
  if (all_valid(valid)) return;
  set_unless(valid.data(), outside, valid.size(), values.data());
}

}  // namespace chiasm::transform
