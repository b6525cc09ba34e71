// What a task takes from an earlier one: equal parts, and heads of deep supervision as detectors.
#include "tasks/start.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

namespace chiasm {
namespace {

TEST(Start, TakesPartsOfTheSameNameAndShape) {
  const InnerWeights mine{{"pool.queries", at::zeros({2, 3})}, {"head.weight", at::zeros({4, 3})}, {"new", at::zeros({1})}};
  const InnerWeights earlier{{"pool.queries", at::ones({2, 3})}, {"head.weight", at::ones({5, 3})}};
  EXPECT_EQ(start_like(mine, earlier), std::vector<std::string>{"pool.queries"});
  EXPECT_TRUE(at::equal(mine.at("pool.queries"), at::ones({2, 3})));
  EXPECT_TRUE(at::equal(mine.at("head.weight"), at::zeros({4, 3})));
}

TEST(Start, HeadsOfDeepSupervisionBecomeTheFirstDetectors) {
  const at::Tensor before = at::full({6, 2}, 9.0), heads = at::tensor({1.0, 2.0, 3.0, 4.0}).reshape({2, 2}).to(at::kFloat);
  const InnerWeights mine{{"evidence_ct.look1.weight", before.clone()}, {"evidence_ct.look1.bias", at::zeros({6})}};
  const InnerWeights earlier{{"deep_ct.head1.weight", heads}, {"deep_ct.head1.bias", at::tensor({5.0f, 6.0f})}};
  EXPECT_EQ(start_like(mine, earlier).size(), 2u);
  const at::Tensor now = mine.at("evidence_ct.look1.weight");
  EXPECT_TRUE(at::equal(now.narrow(0, 0, 2), heads)) << "answers";
  EXPECT_TRUE(at::equal(now.narrow(0, 3, 2), heads)) << "scores";
  EXPECT_TRUE(at::equal(now[2], before[2]) && at::equal(now[5], before[5])) << "the other detector";
  EXPECT_TRUE(at::equal(mine.at("evidence_ct.look1.bias"), at::tensor({5.0f, 6.0f, 0.0f, 5.0f, 6.0f, 0.0f})));
}

TEST(Start, HeadsOfAnotherInputLevelOrSizeDoNotFit) {
  const InnerWeights mine{{"evidence_ct.look1.weight", at::zeros({6, 2})}};
  for (const char* name : {"deep_t2.head1.weight", "deep_ct.head0.weight"})
    EXPECT_TRUE(start_like(mine, {{name, at::ones({2, 2})}}).empty()) << name;
  EXPECT_TRUE(start_like(mine, {{"deep_ct.head1.weight", at::ones({4, 2})}}).empty()) << "more classes than detectors";
  EXPECT_TRUE(start_like(mine, {{"deep_ct.head1.weight", at::ones({2, 3})}}).empty()) << "other channels";
}

}  // namespace
}  // namespace chiasm
