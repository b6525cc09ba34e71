#include "core/base/csv.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace chiasm {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string complaint(std::string_view text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// The seven rules of RFC 4180, section 2.
TEST(Csv, Rfc4180) {
  EXPECT_EQ(parse_csv("a,b\r\n1,2\r\n3,4\r\n", "t").rows, (Rows{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(parse_csv("a,b\r\n1,2", "t").rows, (Rows{{"1", "2"}}));
  EXPECT_EQ(parse_csv("a,b\n 1 ,\n", "t").rows, (Rows{{" 1 ", ""}}));
  EXPECT_EQ(parse_csv("a,b\n\"1\",\"2\"\n", "t").rows, (Rows{{"1", "2"}}));
  EXPECT_EQ(parse_csv("a,b\n\"1\r\nx\",\"2,\"\n", "t").rows, (Rows{{"1\r\nx", "2,"}}));
  EXPECT_EQ(parse_csv("a,b\n\"\"\"1\"\"\",\"\"\n", "t").rows, (Rows{{"\"1\"", ""}}));
}

TEST(Csv, ByteOrderMarkBlankLinesAndOtherSeparators) {
  const Csv csv = parse_csv(
      "\xEF\xBB\xBF"
      "a;b,c\n\n1;2\n\r\n",
      "t", ';');
  EXPECT_EQ(csv.header, (std::vector<std::string>{"a", "b,c"}));
  EXPECT_EQ(csv.rows, (Rows{{"1", "2"}}));
  EXPECT_EQ(parse_csv("size\n5\" needle\n", "t").rows, (Rows{{"5\" needle"}}));
  EXPECT_TRUE(parse_csv("a,b\n", "t").rows.empty());
}

TEST(Csv, RefusesDamage) {
  EXPECT_EQ(complaint(""), "t.csv:1: no header; the first line names the columns");
  EXPECT_EQ(complaint("a,b,a\n"), "t.csv:1: two columns are named 'a'");
  EXPECT_EQ(complaint("a,b\n1,2\n1\n"), "t.csv:3: 1 cells; the header has 2");
  EXPECT_EQ(complaint("a,b\n\"x\ny\",2\n1,2,3\n"), "t.csv:4: 3 cells; the header has 2");
  EXPECT_EQ(complaint("a,b\n1,\"2\n\n"), "t.csv:2: a quoted cell has no closing quote");
  EXPECT_EQ(complaint("a,b\n\"1\"x,2\n"), "t.csv:2: a quoted cell goes on after its closing quote; double the quotes inside a cell");
  EXPECT_EQ(complaint(std::string_view("a,b\n1,\0\n", 8)), "t.csv:2: a NUL byte; this is not a text table");
  EXPECT_EQ(complaint("a,b\n1,\xE4\n"), "t.csv:2: a cell is not UTF-8; save the table as UTF-8");
  EXPECT_EQ(complaint("a,b\r1,2\r"), "t.csv:1: a carriage return without line feed; end lines with LF or CRLF");
}

TEST(Csv, ColumnsByName) {
  const Csv csv = parse_csv("patient,study\n", "t");
  EXPECT_EQ(csv.at("study"), 1);
  EXPECT_EQ(csv.find("site"), -1);
  try {
    csv.at("studi");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "no column 'studi'; did you mean 'study'?");
  }
}

TEST(Csv, WrittenLinesReadBack) {
  const std::vector<std::string> cells{"", "plain", "a,b", "a\"b", "a\nb", "a\rb", " ä "};
  EXPECT_EQ(csv_line({"a", "b c", "d,e", "f\"g"}), "a,b c,\"d,e\",\"f\"\"g\"\n");
  EXPECT_EQ(parse_csv(csv_line({"1", "2", "3", "4", "5", "6", "7"}) + csv_line(cells), "t").rows, Rows{cells});
  EXPECT_EQ(parse_csv("a\n" + csv_line({""}), "t").rows, (Rows{{""}}));
  const std::string mark = "\xEF\xBB\xBF";  // in the first cell it is no mark of the file
  EXPECT_EQ(parse_csv(csv_line({mark + "a", mark}) + "1,2\n", "t").header, (std::vector<std::string>{mark + "a", mark}));
}

}  // namespace
}  // namespace chiasm
