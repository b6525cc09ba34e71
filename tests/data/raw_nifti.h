// NIfTI files byte by byte, at the offsets of the standard (nifti1.h, nifti2.h): no library has a hand in them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace chiasm::test {

struct RawField {
  size_t offset, bytes;
  bool real;
};

// The same field in both versions.
struct RawFields {
  RawField first, second;
};

constexpr RawFields raw_size{{0, 4, false}, {0, 4, false}}, raw_dim{{40, 2, false}, {16, 8, false}},
    raw_type{{70, 2, false}, {12, 2, false}}, raw_bits{{72, 2, false}, {14, 2, false}}, raw_pixdim{{76, 4, true}, {104, 8, true}},
    raw_start{{108, 4, true}, {168, 8, false}}, raw_slope{{112, 4, true}, {176, 8, true}}, raw_intercept{{116, 4, true}, {184, 8, true}},
    raw_units{{123, 1, false}, {500, 4, false}}, raw_qform{{252, 2, false}, {344, 4, false}}, raw_sform{{254, 2, false}, {348, 4, false}},
    raw_quaternion{{256, 4, true}, {352, 8, true}}, raw_offset{{268, 4, true}, {376, 8, true}}, raw_rows{{280, 4, true}, {400, 8, true}};

class RawNifti {
 public:
  RawNifti(int version, bool big) : version_(version), big_(big), bytes_(version == 1 ? 352 : 544, '\0') {
    set(raw_size, 0, version == 1 ? 348 : 540);
    if (version == 1) bytes_.replace(344, 4, std::string("n+1\0", 4));
    if (version == 2) bytes_.replace(4, 8, std::string("n+2\0\r\n\x1A\n", 8));
    set(raw_start, 0, static_cast<double>(bytes_.size()));
    set(raw_sform, 0, 1);
    for (size_t n = 0; n < 3; ++n) set(raw_rows, 5 * n, 1);
    for (size_t n = 0; n < 8; ++n) set(raw_dim, n, 1), set(raw_pixdim, n, 1);
    set(raw_dim, 0, 3);
    shape(4, 3, 2);
  }

  void shape(int64_t i, int64_t j, int64_t k) {
    const int64_t sides[] = {i, j, k};
    for (size_t n = 0; n < 3; ++n) set(raw_dim, n + 1, static_cast<double>(sides[n]));
  }

  void set(const RawFields& fields, size_t index, double value) {
    const RawField& field = version_ == 1 ? fields.first : fields.second;
    std::string item(field.bytes, '\0');
    if (field.real && field.bytes == 4) {
      const auto narrow = static_cast<float>(value);
      std::memcpy(item.data(), &narrow, 4);
    } else if (field.real) {
      std::memcpy(item.data(), &value, 8);
    } else {
      const auto integer = static_cast<int64_t>(value);
      std::memcpy(item.data(), &integer, field.bytes);
    }
    bytes_.replace(field.offset + index * field.bytes, field.bytes, ordered(item));
  }

  void magic(const std::string& mark) { bytes_.replace(version_ == 1 ? 344 : 4, mark.size(), mark); }

  template <class Item>
  void voxels(int datatype, const std::vector<Item>& items) {
    set(raw_type, 0, datatype);
    set(raw_bits, 0, 8 * sizeof(Item));
    for (const Item& item : items) bytes_ += ordered(std::string(reinterpret_cast<const char*>(&item), sizeof item));
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string ordered(std::string item) const {
    if (big_) std::reverse(item.begin(), item.end());
    return item;
  }
  int version_;
  bool big_;
  std::string bytes_;
};

}  // namespace chiasm::test
