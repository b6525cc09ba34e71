// A shuffled order of 0 ... count - 1 that can be asked for any place at once: sampling starts anywhere without shuffling all before it.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm {

// Up to 4,096 places a shuffled list; above, a Feistel network of six rounds over the next power of four, walked until it lies inside
// (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002): no memory, O(1) a place.
class Permutation {
 public:
  Permutation(int64_t count, uint64_t key);
  int64_t operator()(int64_t place) const;  // 0 <= place < count

 private:
  uint64_t encrypt(uint64_t value) const;
  int64_t count_;
  uint64_t key_;
  int half_bits_ = 0;
  std::vector<int64_t> list_;
};

}  // namespace chiasm
