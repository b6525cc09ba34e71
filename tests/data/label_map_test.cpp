#include "data/label_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/table.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

// Admission to intensive care in days after the image: before or on its day, later, or never (blank).
TargetConfig admission() {
  TargetConfig target;
  target.columns = {"icu"};
  target.values = {{"<=0", "positive"}, {">0", "negative"}, {"blank", "negative"}, {"unknown", "missing"}};
  return target;
}

LabelCell read(const std::string& cell) { return read_label(admission(), cell); }

TEST(LabelMap, RangesHoldTheirNumbers) {
  EXPECT_EQ(read("-3.0"), LabelCell::positive);
  EXPECT_EQ(read(" 0 "), LabelCell::positive);
  EXPECT_EQ(read("0.5"), LabelCell::negative);
  EXPECT_EQ(read("unknown"), LabelCell::missing);
  EXPECT_EQ(read("n/a"), LabelCell::bad);
  EXPECT_EQ(read("inf"), LabelCell::bad);
}

TEST(LabelMap, BlankIsNegativeOnlyWhereTheMapSaysSo) {
  EXPECT_EQ(read(""), LabelCell::negative);
  TargetConfig silent = admission();
  silent.values.erase("blank");
  EXPECT_EQ(read_label(silent, ""), LabelCell::missing);
  EXPECT_TRUE(std::isnan(read_labels(silent, {{"icu", ""}}).values[0]));
  EXPECT_EQ(read_labels(admission(), {{"icu", ""}}).values[0], 0);
}

TEST(LabelMap, AnExactKeyGoesBeforeARange) {
  const std::map<std::string, std::string> values{{"-999", "missing"}, {"<=0", "positive"}};
  EXPECT_EQ(*label_meaning(values, "-999"), "missing");
  EXPECT_EQ(*label_meaning(values, "-999.0"), "missing");
  EXPECT_EQ(*label_meaning(values, "-998"), "positive");
}

TEST(LabelMap, RangesAreComparisonsWithANumber) {
  EXPECT_TRUE(parse_range(">= 2.5")->holds(2.5));
  EXPECT_FALSE(parse_range(">2.5")->holds(2.5));
  EXPECT_TRUE(parse_range("<-1")->holds(-1.5));
  for (const std::string none : {"", "<", "<=", "<x", "=3", "3", "< 3 mm"}) EXPECT_FALSE(parse_range(none)) << none;
}

TEST(LabelMap, RangesOfDifferentMeaningMayNotShareNumbers) {
  EXPECT_EQ(range_mistake({{"<=0", "positive"}, {">0", "negative"}}), "");
  EXPECT_EQ(range_mistake({{"<=0", "positive"}, {"<-3", "positive"}}), "");
  EXPECT_NE(range_mistake({{"<=0", "positive"}, {">=0", "negative"}}).find("'<=0' (positive) and '>=0' (negative) share numbers"),
            std::string::npos);
  const Scratch scratch;
  const std::string told = test::mistakes(scratch,
                                          "sources: {t: {csv: t.csv, study: s, file: f}}\ninputs: {x: {modality: xray}}\n"
                                          "targets: {icu: {columns: [a], values: {\"<5\": positive, \">3\": negative}}}\n"
                                          "deidentify: {off: public}\n");
  EXPECT_NE(told.find("share numbers; make the ranges meet without overlap"), std::string::npos) << told;
}

TEST(Table, BeyondADetectionLimitStandsTheLimit) {
  ColumnConfig column;
  column.limits = {0.3, 35};
  const auto number = [&](const std::string& cell) { return read_number("d", column, {{"d", cell}}, 0); };
  EXPECT_EQ(number("inf").value, 35);
  EXPECT_EQ(number("-inf").value, 0.3);
  EXPECT_EQ(number("2.7").value, 2.7);
  EXPECT_EQ(number("nan").code, "BAD_VALUE");
}

}  // namespace
}  // namespace chiasm
