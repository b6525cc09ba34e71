#include "data/manifest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/file.h"
#include "data/agreement.h"
#include "data/calendar.h"
#include "data/table.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

TEST(Manifest, RoundTrip) {
  const Scratch scratch;
  const std::vector<ManifestRow> rows{{"P1", "S1", "2023-03-14", "ct", "series:1.2.3#2", "", "A"},
                                      {"P1", "S1", "", "findings", "text:two lines,\n\"quoted\"", "r1", ""}};
  write_file_atomic(scratch / "m.csv", manifest_csv(rows));
  const auto read = read_manifest(scratch / "m.csv");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].ref, "series:1.2.3#2");
  EXPECT_EQ(read[0].site, "A");
  EXPECT_EQ(read[1].ref, rows[1].ref);
  EXPECT_EQ(manifest_csv(read), manifest_csv(rows));
}

TEST(Manifest, ARowMustNameStudyInputAndRef) {
  const Scratch scratch;
  write_file_atomic(scratch / "m.csv", "patient,study,time,input,ref,reader,site\nP,,,ct,a.nii,,\n");
  EXPECT_THROW(read_manifest(scratch / "m.csv"), InputError);
  write_file_atomic(scratch / "m.csv", "patient,study,input,ref\nP,S,ct,a.nii\n");
  EXPECT_THROW(read_manifest(scratch / "m.csv"), InputError);
}

TEST(Manifest, CellsRoundTripWhateverTheyHold) {
  const Cells cells{{"crp", "12.5"}, {"a=b", "x;y"}, {"note", "100%\nsure"}, {"empty", ""}};
  EXPECT_EQ(parse_cells(write_cells(cells)), cells);
  EXPECT_EQ(write_cells({{"crp", "1"}, {"sex", "F"}}), "crp=1;sex=F");
}

TEST(Manifest, FunnelCountsInOrderOfTheWay) {
  Funnel funnel, more;
  funnel.count("ct", "accepted", "", 2);
  funnel.refuse("ct", "MISSING_SLICES");
  funnel.refuse("ct", "AMBIGUOUS");
  funnel.count("ct", "found", "", 4);
  more.count("ct", "found");
  funnel.merge(more);
  EXPECT_EQ(funnel.csv(), "input,stage,code,count\nct,found,,5\nct,ambiguous,AMBIGUOUS,1\nct,refused,MISSING_SLICES,1\nct,accepted,,2\n");
}

TEST(Manifest, DaysOfTheCalendar) {
  EXPECT_EQ(parse_day("19700102"), 1);
  EXPECT_EQ(parse_day("2023-03-14"), 19430);
  EXPECT_EQ(parse_day("2023/3/14 10:15"), 19430);
  EXPECT_EQ(parse_day("20230314101500.000"), 19430);
  for (const char* none : {"", "12", "2023-02-30", "20231314", "14.03.2023", "-999"}) EXPECT_FALSE(parse_day(none)) << none;
  EXPECT_EQ(iso_date(19430), "2023-03-14");
  EXPECT_EQ(compact_date(-1), "19691231");
}

TEST(Table, CellsBecomeNumbers) {
  ColumnConfig column;
  column.missing = {"-999", "n/a"};
  column.range = {0, 100};
  const auto number = [&](const std::string& cell) { return read_number("crp", column, {{"crp", cell}}, 0); };
  EXPECT_EQ(number(" 12.5 ").value, 12.5);
  for (const std::string missing : {"", "-999", "-999.0", "n/a"}) {
    EXPECT_TRUE(std::isnan(number(missing).value)) << missing;
    EXPECT_EQ(number(missing).code, "") << missing;
  }
  for (const std::string bad : {"12,5", "<5", "101", "-1", "inf", "nan"}) {
    EXPECT_TRUE(std::isnan(number(bad).value)) << bad;
    EXPECT_EQ(number(bad).code, "BAD_VALUE") << bad;
  }
  ColumnConfig coded;
  coded.values = {{"F", 0}, {"M", 1}};
  EXPECT_EQ(read_number("sex", coded, {{"sex", "M"}}, 0).value, 1);
  EXPECT_EQ(read_number("sex", coded, {{"sex", "1"}}, 0).code, "BAD_VALUE");
}

TEST(Table, ValuesAfterTheIndexTimeAreDropped) {
  ColumnConfig column;
  column.time = "taken";
  const auto code = [&](const std::string& taken, std::optional<int64_t> day) {
    return read_number("crp", column, {{"crp", "7"}, {"taken", taken}}, day).code;
  };
  EXPECT_EQ(code("2023-03-14", 19430), "");
  EXPECT_EQ(code("2023-03-15", 19430), "AFTER_INDEX_TIME");
  EXPECT_EQ(code("2023-03-14", std::nullopt), "AFTER_INDEX_TIME");  // nobody can tell
  EXPECT_EQ(code("-2", std::nullopt), "");
  EXPECT_EQ(code("0.5", std::nullopt), "AFTER_INDEX_TIME");
  EXPECT_EQ(code("", 19430), "BAD_VALUE");
}

TargetConfig labels(const std::string& uncertain = "ignore") {
  TargetConfig target;
  target.columns = {"a", "b", "c", "d", "e"};
  target.values = {{"1", "positive"}, {"0", "negative"}, {"-1", "uncertain"}, {"9", "missing"}};
  target.uncertain = uncertain;
  return target;
}

TEST(Table, LabelsFollowTheMapAndBlankIsNeverNegative) {
  const Cells cells{{"a", "1.0"}, {"b", "0"}, {"c", "-1"}, {"d", ""}, {"e", "2"}};
  const LabelValues read = read_labels(labels(), cells);
  EXPECT_EQ(read.values[0], 1);
  EXPECT_EQ(read.values[1], 0);
  for (const size_t unknown : {2, 3, 4}) EXPECT_TRUE(std::isnan(read.values[unknown])) << unknown;
  EXPECT_EQ(read.meanings,
            (std::vector<LabelCell>{LabelCell::positive, LabelCell::negative, LabelCell::uncertain, LabelCell::missing, LabelCell::bad}));
  EXPECT_EQ(read_labels(labels("positive"), cells).values[2], 1);
  EXPECT_EQ(read_labels(labels("negative"), cells).values[2], 0);
}

TEST(Table, ReadersVote) {
  TargetConfig target = labels();
  target.columns.clear();
  target.readers = {"x", "y", "z"};
  const auto vote = [&](const char* x, const char* y, const char* z) {
    return read_labels(target, {{"x", x}, {"y", y}, {"z", z}}).values[0];
  };
  EXPECT_EQ(vote("1", "1", "0"), 1);
  EXPECT_EQ(vote("1", "", "-1"), 1);
  EXPECT_TRUE(std::isnan(vote("1", "0", "")));
  EXPECT_TRUE(std::isnan(vote("", "", "-1")));
  target.vote = "mean";
  EXPECT_DOUBLE_EQ(vote("1", "1", "0"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(vote("1", "0", ""), 0.5);
}

// 20 and 15 of 50 judged alike, 5 and 10 not: 0.7 agree, 0.5 would by chance (closed form).
TEST(Agreement, KappaOfTwoReaders) {
  using enum LabelCell;
  std::vector<LabelCell> first, second;
  const auto add = [&](int count, LabelCell a, LabelCell b) {
    first.insert(first.end(), static_cast<size_t>(count), a);
    second.insert(second.end(), static_cast<size_t>(count), b);
  };
  add(20, positive, positive);
  add(5, positive, negative);
  add(10, negative, positive);
  add(15, negative, negative);
  add(7, uncertain, positive);  // judged by one only
  add(3, negative, missing);
  const Agreement both = agreement_of(first, second);
  EXPECT_EQ(both.studies, 50);
  EXPECT_NEAR(both.observed, 0.7, 1e-12);
  EXPECT_NEAR(both.kappa, 0.4, 1e-12);
  EXPECT_TRUE(std::isnan(agreement_of({positive, positive}, {positive, positive}).kappa));
  EXPECT_NEAR(agreement_of({positive, negative}, {negative, positive}).kappa, -1, 1e-12);
}

}  // namespace
}  // namespace chiasm
