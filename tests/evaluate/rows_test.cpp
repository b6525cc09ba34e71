#include "core/evaluate/rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/file.h"
#include "tests/support/scratch.h"

namespace chiasm::evaluate {
namespace {

constexpr const char* header = "study,patient,split,fold,subset,task,target,label,score_raw,score\n";

std::string message_of(const std::filesystem::path& path) {
  try {
    read_rows(path);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Rows, SurviveTheRoundTrip) {
  const Scratch scratch;
  std::vector<Row> rows(2);
  rows[0] = {"s1", "p1", "test", 2, "ct+text", "classify", "mass, \"large\"", 1, -1.25, 1.0 / 3};
  rows[1] = {"s2", "p2", "test", 0, "all", "segment", "lesion", std::nan(""), 1e-300, 0.1};
  write_rows(scratch / "predictions.csv", rows);
  const std::vector<Row> back = read_rows(scratch / "predictions.csv");
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].study, "s1");
  EXPECT_EQ(back[0].patient, "p1");
  EXPECT_EQ(back[0].split, "test");
  EXPECT_EQ(back[0].fold, 2);
  EXPECT_EQ(back[0].subset, "ct+text");
  EXPECT_EQ(back[0].task, "classify");
  EXPECT_EQ(back[0].target, "mass, \"large\"");
  EXPECT_EQ(back[0].label, 1);
  EXPECT_EQ(back[0].raw, -1.25);
  EXPECT_EQ(back[0].score, 1.0 / 3) << "bit for bit";
  EXPECT_TRUE(std::isnan(back[1].label));
  EXPECT_EQ(back[1].raw, 1e-300);
}

TEST(Rows, UnknownLabelIsAnEmptyCell) {
  const Scratch scratch;
  std::vector<Row> rows(1);
  rows[0].study = "s";
  rows[0].score = 0.5;
  write_rows(scratch / "a.csv", rows);
  EXPECT_EQ(read_file(scratch / "a.csv"), std::string(header) + "s,,,0,,,,,0,0.5\n");
}

TEST(Rows, OtherFilesAreRefused) {
  const Scratch scratch;
  write_file_atomic(scratch / "a.csv", "study,patient\ns,p\n");
  EXPECT_NE(message_of(scratch / "a.csv").find("not a predictions file"), std::string::npos);
  write_file_atomic(scratch / "b.csv", std::string(header) + "s,p,test,0,all,t,x,1,0,high\n");
  EXPECT_NE(message_of(scratch / "b.csv").find("b.csv:2: 'high' is not a number"), std::string::npos);
}

TEST(Figures, UndefinedValuesBecomeNull) {
  const Json json = to_json(Figure{0.5, std::nan(""), std::nan(""), 10, 5, 3, "m"});
  EXPECT_EQ(json["value"], 0.5);
  EXPECT_TRUE(json["low"].is_null());
  EXPECT_EQ(json["n"], 10);
  EXPECT_EQ(json["n_patients"], 5);
  EXPECT_EQ(json["n_positive"], 3);
}

}  // namespace
}  // namespace chiasm::evaluate
