#include "core/base/text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

namespace chiasm {
namespace {

using Strings = std::vector<std::string>;

TEST(Text, SplitJoinTrim) {
  EXPECT_EQ(split("a,,b,", ','), (Strings{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), Strings{""});
  EXPECT_EQ(join({"a", "", "b"}, "--"), "a----b");
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(lower("ÄbC1"), "Äbc1");
  EXPECT_EQ(upper("äbC1"), "äBC1");
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(Text, NumbersAreWholeTexts) {
  EXPECT_EQ(parse_number("1.5e-3"), 1.5e-3);
  EXPECT_EQ(parse_number("+2"), 2);
  EXPECT_EQ(parse_number("-.5"), -0.5);
  for (const char* text : {"", " 1", "1 ", "1,5", "1.5x", "nan", "inf", "-inf", "0x10", "+-1", "+", "1e999"})
    EXPECT_FALSE(parse_number(text)) << text;
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<long long>::min());
  for (const char* text : {"", "1.0", "1e3", "9223372036854775808", "--1", "0x1"}) EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(Text, NumbersDoNotDependOnTheLocale) {
  const char* locale = std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(parse_number("1.5"), 1.5) << (locale ? locale : "locale not installed");
  EXPECT_EQ(format_number(1.5), "1.5");
  EXPECT_EQ(fixed(1.5, 2), "1.50");
  std::setlocale(LC_ALL, "C");
}

TEST(Text, FormattedNumbersReadBackEqual) {
  for (const double value : {0.1, 1.0 / 3, 1e300, -1e-300, 12345678.9, std::nextafter(1.0, 2.0)})
    EXPECT_EQ(parse_number(format_number(value)), value);
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(100), "100");
}

TEST(Text, FixedDigits) {
  EXPECT_EQ(fixed(0.1234, 3), "0.123");
  EXPECT_EQ(fixed(0.0625, 3), "0.062");  // ties to even: 0.0625 is exact
  EXPECT_EQ(fixed(-0.0001, 2), "0.00");
  EXPECT_EQ(fixed(2.5, 0), "2");
  EXPECT_EQ(fixed(-1e300, 0).size(), 302u);
}

TEST(Text, NearestByDamerauLevenshtein) {
  EXPECT_EQ(nearest("weight_decy", {"lr", "weight_decay"}), "weight_decay");  // insertion
  EXPECT_EQ(nearest("wieght", {"weight"}), "weight");                         // transposition
  EXPECT_EQ(nearest("bacth", {"patch", "batch"}), "batch");                   // one transposition beats two substitutions
  EXPECT_EQ(nearest("LR", {"lr"}), "lr");
  EXPECT_EQ(nearest("ca", {"abc"}), std::nullopt);             // distance 2, more than half of it
  EXPECT_EQ(nearest("abcdefgh", {"abcdxxxx"}), std::nullopt);  // distance 4
  EXPECT_EQ(nearest("abcdefgh", {"abcdexxx"}), "abcdexxx");    // distance 3
  EXPECT_EQ(nearest("ca____", {"abc____"}), "abc____");        // edited between the transposed letters: 2
  EXPECT_EQ(nearest("x", {}), std::nullopt);
  EXPECT_EQ(did_you_mean("studi", {"study", "site"}), "; did you mean 'study'?");
  EXPECT_EQ(did_you_mean("colour", {"study", "site"}), "; known: study, site");
  EXPECT_EQ(did_you_mean("colour", {}), "; known: none");
}

TEST(Text, Utf8) {
  for (const char* good : {"", "abc", "\xC3\xA4", "\xE6\x97\xA5", "\xF0\x9F\xA9\xBA", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "a\xFF", "\xE6\x97"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Text, UtcNow) {
  const std::string now = utc_now();
  ASSERT_EQ(now.size(), 20u);
  EXPECT_EQ(std::string() + now[4] + now[7] + now[10] + now[13] + now[16] + now[19], "--T::Z");
}

}  // namespace
}  // namespace chiasm
