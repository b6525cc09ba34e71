// The permuted form gives the bits of the look-ups, for any order and length, and touches nothing beyond what it says.
#include "data/transform/gather.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"

namespace chiasm::transform {
namespace {

void expect_looked_up(std::vector<int32_t> first, int32_t columns, Random& random) {
  std::vector<float> row(static_cast<size_t>(columns) + GatherTwo::kBeyond), a(first.size()), b(first.size()), out(first.size() + 1, 7);
  for (auto* list : {&row, &a, &b})
    for (float& value : *list) value = static_cast<float>(random.uniform(-2, 2));
  GatherTwo gather(first);
  gather(row.data(), a.data(), b.data(), out.data());
  for (size_t i = 0; i < first.size(); ++i) {
    const auto at = static_cast<size_t>(first[i]);
    const float left = a[i] * row[at], right = b[i] * row[at + 1];
    ASSERT_EQ(out[i], left + right) << i << " of " << first.size();
  }
  EXPECT_EQ(out.back(), 7);
}

TEST(GatherTwo, EqualsLookingUp) {
  Random random(5);
  for (const size_t count : {1, 3, 15, 16, 17, 31, 32, 33, 239})
    for (const double step :
         {0.2, 1.0, 1.4, 1.9, 2.1, 2.9, 3.0, 3.2, 5.0, -1.3, -3.5}) {  // above 3.1: 16 outputs span too much, so they are looked up
      std::vector<int32_t> first;
      const double start = step < 0 ? -step * static_cast<double>(count) : 0;
      for (size_t i = 0; i < count; ++i) first.push_back(static_cast<int32_t>(start + step * static_cast<double>(i)));
      const int32_t columns = *std::max_element(first.begin(), first.end()) + 2;
      expect_looked_up(first, columns, random);
    }
  std::vector<int32_t> scattered;
  for (int i = 0; i < 50; ++i) scattered.push_back(static_cast<int32_t>(random.integer(45)));
  expect_looked_up(scattered, 47, random);
}

}  // namespace
}  // namespace chiasm::transform
