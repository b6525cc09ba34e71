#include "core/evaluate/summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chiasm::evaluate {
namespace {

Row score_row(int patient, const std::string& target, double label, double score) {
  Row row;
  row.study = "s" + std::to_string(patient);
  row.patient = "p" + std::to_string(patient);
  row.split = "test";
  row.subset = "all";
  row.task = "classify";
  row.target = target;
  row.label = label;
  row.score = score;
  return row;
}

// Truth and predicted voxels with Dice.
Row mask_row(int patient, const std::string& target, double truth, double predicted, double dice) {
  Row row = score_row(patient, target, truth, dice);
  row.raw = predicted;
  return row;
}

// 40 patients: `right` of the positives score high, the others low; two targets.
std::vector<Row> sample(double strength) {
  std::vector<Row> rows;
  for (int p = 0; p < 40; ++p)
    for (const char* target : {"nodule", "effusion"}) {
      const double label = (p + (target[0] == 'n' ? 0 : 1)) % 3 == 0;
      rows.push_back(score_row(p, target, label, strength * label + (1 - strength) * ((p * 7) % 40) / 40.0));
    }
  return rows;
}

TEST(Summary, ScoresPerTargetAndMacro) {
  std::vector<Row> rows{score_row(0, "a", 1, 0.9),  score_row(1, "a", 0, 0.1),
                        score_row(2, "a", 0, 0.95), score_row(3, "a", std::nan(""), 0.2),
                        score_row(0, "b", 1, 0.8),  score_row(1, "b", 0, 0.1)};
  const Json out = summarise(rows, Reading::scores, {50});
  EXPECT_DOUBLE_EQ(out["a"]["auroc"]["value"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(out["b"]["auroc"]["value"].get<double>(), 1);
  EXPECT_DOUBLE_EQ(out["macro"]["auroc"]["value"].get<double>(), 0.75);
  EXPECT_NEAR(out["a"]["prevalence"]["value"].get<double>(), 1.0 / 3, 1e-12);
  EXPECT_EQ(out["a"]["auroc"]["n"], 3) << "unknown labels are left out";
  EXPECT_EQ(out["a"]["auroc"]["n_positive"], 1);
  EXPECT_EQ(out["macro"]["auroc"]["n_patients"], 3);
}

TEST(Summary, MacroLeavesOutUndefinedTargets) {
  const std::vector<Row> rows{score_row(0, "a", 1, 0.9), score_row(1, "a", 0, 0.1), score_row(0, "b", 1, 0.8), score_row(1, "b", 1, 0.1)};
  const Json out = summarise(rows, Reading::scores, {20});
  EXPECT_TRUE(out["b"]["auroc"]["value"].is_null());
  EXPECT_EQ(out["macro"]["auroc"]["value"], 1.0);
  EXPECT_TRUE(summarise({}, Reading::scores, {20})["macro"]["auroc"]["value"].is_null());
}

TEST(Summary, MasksJudgePresentAndAbsentStructuresApart) {
  const std::vector<Row> rows{mask_row(0, "lesion", 100, 80, 0.8), mask_row(1, "lesion", 50, 0, 0.0), mask_row(2, "lesion", 0, 7, 0.0),
                              mask_row(3, "lesion", 0, 0, std::nan("")), mask_row(0, "heart", 900, 900, 1.0)};
  const Json out = summarise(rows, Reading::masks, {100});
  EXPECT_DOUBLE_EQ(out["lesion"]["dice"]["value"].get<double>(), 0.4);
  EXPECT_EQ(out["lesion"]["dice"]["n_positive"], 2);
  EXPECT_DOUBLE_EQ(out["lesion"]["false_positive_rate"]["value"].get<double>(), 0.5);
  EXPECT_TRUE(out["heart"]["false_positive_rate"]["value"].is_null());
  EXPECT_DOUBLE_EQ(out["macro"]["dice"]["value"].get<double>(), 0.7);
}

TEST(PairedDifference, IsZeroForEqualModels) {
  const Figure figure = paired_macro_auroc(sample(0.3), sample(0.3), {300});
  EXPECT_EQ(figure.value, 0);
  EXPECT_EQ(figure.low, 0);
  EXPECT_EQ(figure.high, 0);
}

TEST(PairedDifference, ChangesSignWithTheOrder) {
  const Figure gain = paired_macro_auroc(sample(0.6), sample(0.1), {300}), loss = paired_macro_auroc(sample(0.1), sample(0.6), {300});
  EXPECT_GT(gain.low, 0);
  EXPECT_NEAR(gain.value, -loss.value, 1e-12);
  EXPECT_NEAR(gain.low, -loss.high, 1e-12);
}

TEST(PairedDifference, EqualsTheDifferenceOfTheAreas) {
  const auto macro = [](const std::vector<Row>& rows) {
    return summarise(rows, Reading::scores, {10})["macro"]["auroc"]["value"].get<double>();
  };
  EXPECT_NEAR(paired_macro_auroc(sample(0.4), sample(0.2), {10}).value, macro(sample(0.4)) - macro(sample(0.2)), 1e-12);
}

TEST(PairedDifference, UsesStudiesOfBothOnly) {
  std::vector<Row> fewer = sample(0.2);
  std::erase_if(fewer, [](const Row& row) { return row.patient == "p3" || row.patient == "p4"; });
  const Figure figure = paired_macro_auroc(sample(0.4), fewer, {20});
  EXPECT_EQ(figure.patients, 38);
  EXPECT_EQ(figure.n, 76);
}

}  // namespace
}  // namespace chiasm::evaluate
