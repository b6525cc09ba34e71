#include "data/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/base/error.h"

namespace chiasm {
namespace {

template <class To, class From>
bool fits(From value) {
  if constexpr (std::is_integral_v<From>) {
    return std::in_range<To>(value);
  } else {
    return !std::isfinite(value) || std::abs(value) <= std::numeric_limits<To>::max();
  }
}

// IEEE 754 binary16; every value is a float.
float from_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float size = std::ldexp(static_cast<float>(exponent == 0 ? fraction : fraction + 1024), std::max(exponent, 1) - 25);
  if (exponent == 31) size = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -size : size;
}

template <class Item>
Item element(const char* at, bool swapped) {
  std::array<char, sizeof(Item)> bytes;
  std::memcpy(bytes.data(), at, sizeof(Item));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Item>(bytes);
}

template <class From, class To>
std::vector<To> convert(const NpyHeader& header, std::string_view data) {
  const bool swapped = header.big_endian != (std::endian::native == std::endian::big);
  std::vector<To> result(data.size() / sizeof(From));
  for (size_t n = 0; n < result.size(); ++n) {
    const auto value = element<From>(data.data() + n * sizeof(From), swapped);
    if (!fits<To>(value)) throw Refused("UNSUPPORTED_OBJECT", "an array with values beyond 32 bits");
    result[n] = static_cast<To>(value);
  }
  return result;
}

std::vector<float> convert_half(const NpyHeader& header, std::string_view data) {
  const std::vector<uint16_t> bits = convert<uint16_t, uint16_t>(header, data);
  std::vector<float> result(bits.size());
  std::transform(bits.begin(), bits.end(), result.begin(), from_half);
  return result;
}

Voxels signed_elements(const NpyHeader& header, std::string_view data) {
  if (header.item_bytes == 1) return convert<int8_t, int16_t>(header, data);
  if (header.item_bytes == 2) return convert<int16_t, int16_t>(header, data);
  if (header.item_bytes == 4) return convert<int32_t, int32_t>(header, data);
  return convert<int64_t, int32_t>(header, data);
}

Voxels unsigned_elements(const NpyHeader& header, std::string_view data) {
  if (header.item_bytes == 1) return convert<uint8_t, uint8_t>(header, data);
  if (header.item_bytes == 2) return convert<uint16_t, uint16_t>(header, data);
  if (header.item_bytes == 4) return convert<uint32_t, int32_t>(header, data);
  return convert<uint64_t, int32_t>(header, data);
}

Voxels real_elements(const NpyHeader& header, std::string_view data) {
  if (header.item_bytes == 2) return convert_half(header, data);
  if (header.item_bytes == 4) return convert<float, float>(header, data);
  return convert<double, float>(header, data);
}

// Where the elements of C order lie in Fortran order: the index counts up like an odometer, its last axis first.
template <class Item>
std::vector<Item> in_c_order(const std::vector<Item>& elements, const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1), index(shape.size(), 0);
  for (size_t axis = 1; axis < shape.size(); ++axis) strides[axis] = strides[axis - 1] * shape[axis - 1];
  std::vector<Item> result(elements.size());
  int64_t place = 0;
  for (Item& target : result) {
    target = elements[static_cast<size_t>(place)];
    for (size_t axis = shape.size(); axis-- > 0;) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

}  // namespace

Voxels read_npy_elements(const NpyHeader& header, std::string_view data) {
  if (data.size() != header.data_bytes) throw Refused("DAMAGED", "the bytes of an array do not match its shape");
  Voxels elements = header.kind == 'f'   ? real_elements(header, data)
                    : header.kind == 'i' ? signed_elements(header, data)
                                         : unsigned_elements(header, data);
  if (header.fortran && header.shape.size() > 1) std::visit([&](auto& items) { items = in_c_order(items, header.shape); }, elements);
  return elements;
}

}  // namespace chiasm
