#include "core/evaluate/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/evaluate/golden.h"

namespace chiasm::evaluate {
namespace {

using Scores = std::vector<double>;
using Labels = std::vector<int>;

TEST(Metrics, AgreeWithScikitLearn) {
  for (const Json& item : golden_values().at("scores")) {
    const Scores scores = item["scores"];
    const Labels labels = item["labels"];
    EXPECT_NEAR(auroc(scores, labels), item["auroc"].get<double>(), 1e-12);
    EXPECT_NEAR(average_precision(scores, labels), item["average_precision"].get<double>(), 1e-12);
    EXPECT_NEAR(brier(scores, labels), item["brier"].get<double>(), 1e-12);
  }
}

TEST(Metrics, CalibrationErrorAgreesWithItsDefinition) {
  for (const Json& item : golden_values().at("scores"))
    EXPECT_NEAR(calibration_error(item["scores"], item["labels"]), item["calibration_error"].get<double>(), 0.011);
  // Without values on the border of two bins the agreement is exact.
  const Json item = golden_values().at("scores").at(0);
  EXPECT_NEAR(calibration_error(item["scores"], item["labels"]), item["calibration_error"].get<double>(), 1e-12);
}

TEST(Metrics, AurocIsTheShareOfOrderedPairs) {
  const Scores scores{0.1, 0.4, 0.35, 0.8, 0.4};
  const Labels labels{0, 0, 1, 1, 1};
  // Pairs (positive, negative): .35 > .1, .35 < .4, .8 > .1, .8 > .4, .4 > .1, .4 = .4
  EXPECT_DOUBLE_EQ(auroc(scores, labels), 4.5 / 6);
}

TEST(Metrics, TiesCountHalfInAnyOrder) {
  EXPECT_DOUBLE_EQ(auroc({0.5, 0.5, 0.5, 0.5}, {1, 0, 1, 0}), 0.5);
  EXPECT_DOUBLE_EQ(auroc({0.5, 0.5, 0.5, 0.5}, {0, 0, 1, 1}), 0.5);
  EXPECT_DOUBLE_EQ(average_precision({0.5, 0.5, 0.5, 0.5}, {1, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(average_precision({0.5, 0.5, 0.5, 0.5}, {0, 0, 0, 1}), 0.25);
}

TEST(Metrics, InvertedScoresMirrorTheArea) {
  for (const Json& item : golden_values().at("scores")) {
    Scores scores = item["scores"];
    const double area = auroc(scores, item["labels"]);
    for (double& score : scores) score = 3 - score;
    EXPECT_NEAR(auroc(scores, item["labels"]), 1 - area, 1e-12);
  }
}

TEST(Metrics, PerfectOrderIsOneAndReversedIsZero) {
  EXPECT_EQ(auroc({-3, -2, 1, 7}, {0, 0, 1, 1}), 1);
  EXPECT_EQ(auroc({-3, -2, 1, 7}, {1, 1, 0, 0}), 0);
  EXPECT_EQ(average_precision({-3, -2, 1, 7}, {0, 0, 1, 1}), 1);
}

TEST(Metrics, UndefinedWithoutBothClasses) {
  EXPECT_TRUE(std::isnan(auroc({0.1, 0.9}, {1, 1})));
  EXPECT_TRUE(std::isnan(auroc({0.1, 0.9}, {0, 0})));
  EXPECT_TRUE(std::isnan(auroc({}, {})));
  EXPECT_TRUE(std::isnan(average_precision({0.1, 0.9}, {0, 0})));
  EXPECT_TRUE(std::isnan(brier({}, {})));
  EXPECT_TRUE(std::isnan(calibration_error({}, {})));
}

TEST(Metrics, BrierAndCalibrationClosedForms) {
  EXPECT_DOUBLE_EQ(brier({0.25, 0.25}, {0, 1}), (0.0625 + 0.5625) / 2);
  EXPECT_EQ(brier({0, 1}, {0, 1}), 0);
  EXPECT_NEAR(calibration_error({0.25, 0.25, 0.25, 0.25}, {1, 0, 0, 0}), 0, 1e-15);
  EXPECT_NEAR(calibration_error({0.95, 0.95, 0.05}, {0, 1, 0}), (0.9 + 0.05) / 3, 1e-12);
  EXPECT_NEAR(calibration_error({1.0}, {0}), 1, 1e-15);  // 1 lies in the last bin
}

}  // namespace
}  // namespace chiasm::evaluate
