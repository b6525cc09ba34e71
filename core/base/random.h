// Random numbers that depend on a key only: the same key gives the same numbers on every machine, thread and rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace chiasm {

// One well-mixed 64-bit key from several words (SplitMix64 finaliser).
uint64_t hash_key(std::initializer_list<uint64_t> words);
uint64_t hash_key(uint64_t seed, std::string_view text);

// SplitMix64 stream. All draws are closed form in the stream, so results do not depend on the standard library.
class Random {
 public:
  explicit Random(uint64_t key) : state_(key) {}
  uint64_t next();
  uint64_t state() const { return state_; }  // Random(state()) goes on with the same numbers
  double uniform();                          // [0, 1)
  double uniform(double low, double high);   // [low, high)
  int64_t integer(int64_t below);            // [0, below), unbiased
  double normal();                           // mean 0, variance 1 (Box-Muller)
  bool chance(double probability);
  template <class T>
  void shuffle(std::vector<T>& items) {  // Fisher-Yates
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[static_cast<size_t>(integer(static_cast<int64_t>(i)))]);
  }
  // `count` different numbers of [0, below), in random order.
  std::vector<int64_t> sample(int64_t below, int64_t count);

 private:
  uint64_t state_;
};

}  // namespace chiasm
