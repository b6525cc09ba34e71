// Every figure of metrics.json is computed again from predictions.csv by another program.
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "tests/support/scratch.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

TEST(Metrics, FollowFromThePredictions) {
  WALK();
  NEED_PYTHON();
  const Ended ended = python("whole/metrics.py", {walked.root / "classify", walked.root / "draft"});
  EXPECT_EQ(ended.code, 0) << ended.output;
}

// The comparison sees a single changed label.
TEST(Metrics, AChangedLabelIsSeen) {
  WALK();
  NEED_PYTHON();
  const Scratch scratch;
  fs::copy(walked.root / "classify" / "metrics.json", scratch / "metrics.json");
  std::string rows = read_file(walked.root / "classify" / "predictions.csv");
  const size_t place = rows.find(",all,classify,nodule,1,");
  ASSERT_NE(place, std::string::npos);
  rows.replace(place, 23, ",all,classify,nodule,0,");
  write_file_atomic(scratch / "predictions.csv", rows);
  const Ended ended = python("whole/metrics.py", {scratch.path()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.output.find("classify all nodule auroc: metrics.json says"), std::string::npos) << ended.output;
}

}  // namespace
}  // namespace chiasm::test
