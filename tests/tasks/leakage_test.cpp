// What a task may not see is refused when it is built, with a message that names task, input, rule and mend.
#include "tasks/leakage.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tasks/captioning.h"
#include "tasks/classify.h"
#include "tasks/contrastive.h"
#include "tasks/masked_image.h"
#include "tasks/report.h"
#include "tasks/segment.h"
#include "tests/tasks/small_run.h"

namespace chiasm {
namespace {

template <class Config>
void expect_refused(const Config& config, const TaskContext& context, const std::vector<std::string>& words) {
  try {
    build(config, context);
    FAIL() << "built";
  } catch (const UsageError& error) {
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what() << "\nlacks: " << word;
  }
}

class Leakage : public ::testing::Test {
 protected:
  Leakage() : context_(test::small_run().context) { context_.name = "mine"; }
  TaskContext context_;
};

TEST_F(Leakage, SupervisedTasksNeverReadWhatWasWrittenAfterReading) {
  context_.targets["disease"].derived_from.clear();
  ClassifyConfig classify;
  classify.targets = {"disease"};
  classify.inputs = {"ct", "findings"};
  expect_refused(classify, context_,
                 {"task 'mine'", "input 'findings'", "written after the images are read", "inputs: [ct]", "pretraining"});
  SegmentConfig segment;
  segment.target = "organs";
  segment.inputs = {"ct", "findings"};
  expect_refused(segment, context_, {"task 'mine'", "'findings'", "after the images are read", "inputs: [ct]"});
}

TEST_F(Leakage, NoTaskReadsWhatItsTargetIsDerivedFrom) {
  context_.inputs["findings"].after_reading = false;
  ClassifyConfig classify;
  classify.targets = {"disease"};
  classify.inputs = {"findings", "labs"};
  expect_refused(classify, context_, {"'mine'", "'findings'", "target 'disease' is derived from it", "inputs: [labs]"});
  CaptioningConfig captioning;
  captioning.target = "report";
  captioning.inputs = {"findings"};
  expect_refused(captioning, context_, {"'mine'", "'findings'", "target 'report' is derived from it", "other inputs"});
  ReportConfig report;
  report.target = "report";
  context_.visible.push_back("findings");  // also where a task takes all visible inputs
  expect_refused(report, context_, {"'findings'", "derived from it", "inputs: [ct, xray, labs]"});
}

// A text target has the name of its input, and nothing else says that the one is the other.
TEST_F(Leakage, NoTaskReadsTheTextThatItLearnsToWrite) {
  context_.targets["findings"] = context_.targets.at("report");
  context_.targets["findings"].derived_from.clear();
  CaptioningConfig captioning;
  captioning.target = "findings";
  captioning.inputs = {"ct", "findings"};
  expect_refused(captioning, context_, {"'mine'", "'findings'", "the very text that the task learns to write", "inputs: [ct]"});
  captioning.inputs = {"ct"};
  EXPECT_EQ(build(captioning, context_)->reads(), std::vector<std::string>{"ct"});
}

TEST_F(Leakage, PretrainingMayNameTextsWrittenAfterReading) {
  ContrastiveConfig contrastive;
  contrastive.pair = {"ct", "findings"};
  const auto task = build(contrastive, context_);
  EXPECT_EQ(task->reads(), (std::vector<std::string>{"ct", "findings"}));
  EXPECT_TRUE(task->needs().empty());
}

TEST_F(Leakage, WrongNamesAreToldWithTheNearestRightOne) {
  ClassifyConfig classify;
  classify.targets = {"diseese"};
  expect_refused(classify, context_, {"'mine'", "target 'diseese'", "did you mean 'disease'"});
  classify.targets = {"organs"};
  expect_refused(classify, context_, {"kind labels", "'organs' is of kind mask"});
  classify.targets = {"disease"};
  classify.inputs = {"xrai"};
  expect_refused(classify, context_, {"input 'xrai'", "did you mean 'xray'"});
  ContrastiveConfig contrastive;
  contrastive.pair = {"ct+xray", "ct"};
  expect_refused(contrastive, context_, {"'ct' stands twice in 'pair'"});
  MaskedImageConfig masked;
  masked.inputs = {"labs"};
  expect_refused(masked, context_, {"masks images", "'labs' is none"});
  masked.inputs = {"ct"};
  masked.block = 3;
  expect_refused(masked, context_, {"side of 8 voxels", "no multiple of 'block' (3)"});
}

TEST_F(Leakage, WithoutNamesATaskReadsWhatIsVisible) {
  ClassifyConfig classify;
  classify.targets = {"disease"};
  EXPECT_EQ(build(classify, context_)->reads(), context_.visible);
  SegmentConfig segment;
  segment.target = "organs";
  segment.inputs = {"labs"};
  EXPECT_EQ(build(segment, context_)->reads(), (std::vector<std::string>{"labs", "ct"}));
}

// What a run that reads the answer would reach may be known, but no task copies the text that it must write.
TEST_F(Leakage, AnUpperBoundMayReadAllButItsTarget) {
  context_.upper_bound = true;
  ClassifyConfig classify;
  classify.targets = {"disease"};
  classify.inputs = {"ct", "findings"};
  EXPECT_NO_THROW(build(classify, context_));
  EXPECT_THROW(refuse_leakage({"findings"}, "findings", Purpose::supervised, context_), UsageError);
}

}  // namespace
}  // namespace chiasm
