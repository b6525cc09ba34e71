// The cohort's answer key names every identifying string that was planted. Nothing that the whole way wrote may hold one.
#include <gtest/gtest.h>

#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

TEST(Identities, NoneIsInAnyOutput) {
  WALK();
  NEED_PYTHON();
  const Ended ended = python("whole/identities.py", {walked.root});
  EXPECT_EQ(ended.code, 0) << ended.output;
}

TEST(Identities, TheSearchFindsWhatIsPlanted) {
  WALK();
  NEED_PYTHON();
  const Ended ended = python("whole/identities.py", {walked.root, "plant"});
  EXPECT_EQ(ended.code, 0) << ended.output;
}

}  // namespace
}  // namespace chiasm::test
