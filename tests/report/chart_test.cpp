#include "core/report/chart.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/report/axis.h"
#include "core/report/roc.h"
#include "tests/support/markup.h"

namespace chiasm::report {
namespace {

const double nan = std::nan("");

Series decay(size_t count) {
  Series series{"loss", {}, {}};
  for (size_t i = 0; i < count; ++i) {
    series.x.push_back(static_cast<double>(i));
    series.y.push_back(std::exp(-0.1 * static_cast<double>(i)));
  }
  return series;
}

// Every path stays in the plot of a line chart.
void expect_inside(const std::string& chart) {
  for (const Place& place : path_places(chart)) {
    EXPECT_GE(place.x, 62);
    EXPECT_LE(place.x, 588);
    EXPECT_GE(place.y, 46);
    EXPECT_LE(place.y, 284);
  }
}

TEST(Axis, PlacesEndsAndMiddle) {
  const Axis axis(2, 4, 100, 200), up(0, 1, 300, 20), log(1, 100, 0, 10, true);
  EXPECT_DOUBLE_EQ(axis.place(2), 100);
  EXPECT_DOUBLE_EQ(axis.place(3), 150);
  EXPECT_DOUBLE_EQ(axis.place(9), 200) << "held inside";
  EXPECT_DOUBLE_EQ(up.place(1), 20);
  EXPECT_DOUBLE_EQ(log.place(10), 5);
  EXPECT_FALSE(log.shows(0));
  EXPECT_FALSE(axis.shows(nan));
  EXPECT_TRUE(axis.shows(-1));
}

TEST(Axis, TicksAreRoundAndInside) {
  EXPECT_EQ(Axis(0, 1, 0, 1).ticks(), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  for (const auto& [low, high] : {std::pair{-0.31, 0.07}, {3.0, 3.001}, {0.0, 98765.0}, {1e-9, 2e-9}}) {
    const std::vector<double> ticks = Axis(low, high, 0, 1).ticks();
    EXPECT_GE(ticks.size(), 3U);
    EXPECT_LE(ticks.size(), 9U);
    for (const double tick : ticks) {
      EXPECT_GE(tick, low - 1e-9 * (high - low));
      EXPECT_LE(tick, high + 1e-9 * (high - low));
    }
  }
  const std::vector<double> decades = Axis(1e-4, 10, 0, 1, true).ticks();
  ASSERT_EQ(decades.size(), 6U);
  for (size_t i = 0; i < decades.size(); ++i) EXPECT_NEAR(std::log10(decades[i]), static_cast<double>(i) - 4, 1e-9);
}

TEST(Axis, EqualBoundsAreWidened) {
  EXPECT_DOUBLE_EQ(Axis(5, 5, 0, 10).place(5), 5);
  EXPECT_DOUBLE_EQ(Axis(0, 0, 0, 10).place(0), 5);
  EXPECT_THROW(Axis(0, 1, 0, 1, true), Error);
  EXPECT_THROW(Axis(2, 1, 0, 1), Error);
}

TEST(Axis, LabelsReadWell) {
  EXPECT_EQ(tick_label(0.30000000000000004), "0.3");
  EXPECT_EQ(tick_label(1e-17), "0");
  EXPECT_EQ(tick_label(120), "120");
  EXPECT_EQ(tick_label(0.0002), "2e-4");
  EXPECT_EQ(tick_label(2500000), "2.5e6");
  EXPECT_EQ(tick_label(-0.05), "-0.05");
}

TEST(LineChart, DrawsEveryPointInsideThePlot) {
  const std::string chart = line_chart({decay(50)}, {"Loss", "step", "nats", false});
  const std::vector<Place> places = path_places(chart);
  ASSERT_EQ(places.size(), 50U);
  expect_inside(chart);
  EXPECT_DOUBLE_EQ(places.front().x, 62);
  EXPECT_DOUBLE_EQ(places.back().x, 588);
  EXPECT_LT(places.front().y, places.back().y) << "high values are at the top";
  EXPECT_EQ(markup_error(chart), "");
}

TEST(LineChart, AnExponentialIsStraightOnALogAxis) {
  const std::vector<Place> places = path_places(line_chart({decay(60)}, {"Loss", "", "", true}));
  ASSERT_EQ(places.size(), 60U);
  const double slope = (places.back().y - places.front().y) / (places.back().x - places.front().x);
  for (const Place& place : places) EXPECT_NEAR(place.y, places.front().y + slope * (place.x - places.front().x), 0.2);
}

TEST(LineChart, UndefinedPointsBreakTheLine) {
  const Series series{"a", {0, 1, 2, 3, 4}, {1, 2, nan, 3, 4}};
  const std::string chart = line_chart({series}, {"t", "", "", false});
  EXPECT_EQ(count_of(chart, "<path"), 2U);
  EXPECT_EQ(path_places(chart).size(), 4U);
  const Series low{"b", {0, 1, 2}, {1, -1, 0}};
  EXPECT_EQ(path_places(line_chart({low}, {"t", "", "", true})).size(), 1U) << "no logarithm, no point";
  EXPECT_EQ(chart.find("nan"), std::string::npos);
}

TEST(LineChart, NothingToShowIsNothing) {
  EXPECT_EQ(line_chart({}, {"t", "", "", false}), "");
  EXPECT_EQ(line_chart({{"a", {1}, {nan}}}, {"t", "", "", false}), "");
  EXPECT_EQ(charts({"", ""}), "");
  EXPECT_THROW(line_chart({{"a", {1, 2}, {1}}}, {"t", "", "", false}), Error);
}

TEST(LineChart, NamesAreEscaped) {
  const std::string chart = line_chart({{"<b>", {1, 2}, {1, 2}}}, {"<i>", "<u>", "<s>", false});
  EXPECT_EQ(markup_error(charts({chart})), "");
  for (const char* tag : {"<b>", "<i>", "<u>", "<s>"}) EXPECT_EQ(chart.find(tag), std::string::npos);
}

TEST(RocChart, PointsAgreeWithScikitLearn) {
  const Json golden = read_json(std::filesystem::path(CHIASM_SOURCE) / "tests/golden/evaluate_values.json");
  for (const Json& item : golden.at("scores")) {
    const RocPoints points = roc_points(item["scores"], item["labels"]);
    const std::vector<double> x = item["false_positive_rate"], y = item["true_positive_rate"];
    ASSERT_EQ(points.false_positive_rate.size(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(points.false_positive_rate[i], x[i], 1e-12);
      EXPECT_NEAR(points.true_positive_rate[i], y[i], 1e-12);
    }
  }
}

TEST(RocChart, TiesAreOneStepAndOneClassIsNone) {
  const RocPoints ties = roc_points({0.5, 0.5, 0.5}, {1, 0, 1});
  EXPECT_EQ(ties.false_positive_rate, (std::vector<double>{0, 1}));
  EXPECT_EQ(ties.true_positive_rate, (std::vector<double>{0, 1}));
  EXPECT_TRUE(roc_points({0.1, 0.2}, {1, 1}).true_positive_rate.empty());
  EXPECT_EQ(roc_chart({{"one class", {0.1, 0.2}, {1, 1}}}, "ROC"), "");
}

TEST(RocChart, RunsFromCornerToCorner) {
  const std::string chart = roc_chart({{"nodule", {0.9, 0.8, 0.3, 0.1}, {1, 0, 1, 0}}, {"undefined", {0.5}, {1}}}, "ROC");
  EXPECT_EQ(markup_error(chart), "");
  EXPECT_EQ(chart.find("undefined"), std::string::npos);
  const std::vector<Place> places = path_places(chart);
  ASSERT_EQ(places.size(), 5U);
  EXPECT_EQ(places.front().x, 54);
  EXPECT_EQ(places.front().y, 404);
  EXPECT_EQ(places.back().x, 448);
  EXPECT_EQ(places.back().y, 46);
}

TEST(IntervalChart, ShowsValuesWithAndWithoutInterval) {
  const std::string chart = interval_chart({{"all", 0.9, 0.85, 0.95}, {"ct", 0.8, nan, nan}, {"mr", nan, nan, nan}}, "AUROC", 0.5, 1, 0.5);
  EXPECT_EQ(markup_error(chart), "");
  EXPECT_EQ(count_of(chart, "<path"), 3U) << "an interval and two values";
  EXPECT_EQ(chart.find(">mr<"), std::string::npos);
  for (const Place& place : path_places(chart)) {
    EXPECT_GE(place.x, 190);
    EXPECT_LE(place.x, 520);
  }
  EXPECT_EQ(interval_chart({{"mr", nan, nan, nan}}, "AUROC", 0.5, 1, 0.5), "");
}

}  // namespace
}  // namespace chiasm::report
