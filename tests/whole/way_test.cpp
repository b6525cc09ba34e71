// Every step of the whole way ends as it should.
#include <gtest/gtest.h>

#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

TEST(Way, EveryStepEnds) {
  WALK();
  EXPECT_EQ(walked.steps.size(), 16U);
  EXPECT_GE(walked.cases.size(), 10U);
  EXPECT_EQ(walked.reduced.size(), model_inputs().size());
}

}  // namespace
}  // namespace chiasm::test
