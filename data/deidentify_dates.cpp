#include "data/deidentify_dates.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <regex>

#include "core/base/text.h"
#include "data/calendar.h"
#include "data/deidentify_fold.h"

namespace chiasm::deid {

namespace {

constexpr std::array<const char*, 12> kMonths{"january", "february", "march",     "april",   "may",      "june",
                                              "july",    "august",   "september", "october", "november", "december"};

using Groups = std::vector<std::pair<int, std::string>>;  // new text of capture groups
using Match = std::smatch;

struct Context {
  int64_t shift_days;
  bool day_first;
};

// Nothing: not a date after all.
using Rewrite = std::optional<Groups> (*)(const Match&, const Context&);

struct Pattern {
  std::regex expression;
  Rewrite rewrite;
};

int number(const Match& match, int group) { return static_cast<int>(parse_integer(match.str(static_cast<size_t>(group))).value_or(0)); }

// As wide as the original: "3" stays without, "03" with a zero where it fits.
std::string as_wide(int value, const Match& match, int group) {
  const std::string plain = std::to_string(value);
  return match.length(static_cast<size_t>(group)) == 2 && plain.size() == 1 ? "0" + plain : plain;
}

// With a leading zero where the original has one.
std::string as_padded(int value, const Match& match, int group) {
  return match.str(static_cast<size_t>(group))[0] == '0' ? as_wide(value, match, group) : std::to_string(value);
}

std::optional<CalendarDate> moved(const CalendarDate& date, const Context& context) {
  const auto day = day_number(date);
  if (!day) return std::nullopt;
  return date_of(*day + context.shift_days);
}

int month_of(const std::string& name) {
  for (size_t i = 0; i < kMonths.size(); ++i)
    if (starts_with(kMonths[i], lower(name).substr(0, 3))) return static_cast<int>(i) + 1;
  return 0;
}

// The month in the length and case of `like`.
std::string month_like(int month, const std::string& like) {
  std::string name = kMonths[static_cast<size_t>(month - 1)];
  if (like.size() <= 4 && lower(like) != kMonths[static_cast<size_t>(month_of(like) - 1)]) name = name.substr(0, 3);
  if (like.size() > 1 && upper(like) == like) return upper(name);
  if (std::isupper(static_cast<unsigned char>(like[0]))) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

std::string ordinal(int day, const std::string& original) {
  if (original.empty()) return "";
  if (day >= 11 && day <= 13) return "th";
  constexpr std::array<const char*, 4> endings{"th", "st", "nd", "rd"};
  return endings[static_cast<size_t>(day % 10 <= 3 ? day % 10 : 0)];
}

int full_year(const Match& match, int group) {
  const int year = number(match, group);
  if (match.length(static_cast<size_t>(group)) == 4) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

std::optional<Groups> year_month_day(const Match& match, const Context& context) {
  const auto date = moved({number(match, 1), number(match, 3), number(match, 4)}, context);
  if (!date) return std::nullopt;
  return Groups{{1, std::to_string(date->year)}, {3, as_wide(date->month, match, 3)}, {4, as_wide(date->day, match, 4)}};
}

std::optional<Groups> three_numbers(const Match& match, const Context& context) {
  const int first = number(match, 1), second = number(match, 3), year = full_year(match, 4);
  const bool dotted = match.str(2) == ".";  // 14.03.2023 is day first wherever it is written
  const bool day_first = first > 12 || (second <= 12 && (context.day_first || dotted));
  const auto date = day_first ? moved({year, second, first}, context) : moved({year, first, second}, context);
  if (!date) return std::nullopt;
  return Groups{{1, as_wide(day_first ? date->day : date->month, match, 1)},
                {3, as_wide(day_first ? date->month : date->day, match, 3)},
                {4, std::to_string(date->year)}};
}

Groups named(const CalendarDate& date, const Match& match, int day, int suffix, int month, int year) {
  return {{day, as_padded(date.day, match, day)},
          {suffix, ordinal(date.day, match.str(static_cast<size_t>(suffix)))},
          {month, month_like(date.month, match.str(static_cast<size_t>(month)))},
          {year, std::to_string(date.year)}};
}

std::optional<Groups> day_month_year(const Match& match, const Context& context) {
  const auto date = moved({full_year(match, 4), month_of(match.str(3)), number(match, 1)}, context);
  if (!date) return std::nullopt;
  return named(*date, match, 1, 2, 3, 4);
}

std::optional<Groups> month_day_year(const Match& match, const Context& context) {
  const auto date = moved({full_year(match, 4), month_of(match.str(1)), number(match, 2)}, context);
  if (!date) return std::nullopt;
  return named(*date, match, 2, 3, 1, 4);
}

std::optional<Groups> month_year(const Match& match, const Context& context) {
  const auto date = moved({number(match, 2), month_of(match.str(1)), 15}, context);
  if (!date) return std::nullopt;
  return Groups{{1, month_like(date->month, match.str(1))}, {2, std::to_string(date->year)}};
}

std::optional<Groups> month_slash_year(const Match& match, const Context& context) {
  const auto date = moved({number(match, 2), number(match, 1), 15}, context);
  if (!date) return std::nullopt;
  return Groups{{1, as_wide(date->month, match, 1)}, {2, std::to_string(date->year)}};
}

std::optional<Groups> year_alone(const Match& match, const Context& context) {
  const auto date = moved({number(match, 1), 7, 1}, context);
  return Groups{{1, std::to_string(date->year)}};
}

constexpr std::array<const char*, 12> kRoman{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

std::optional<Groups> roman_month(const Match& match, const Context& context) {
  const auto month = std::find(kRoman.begin(), kRoman.end(), match.str(3)) - kRoman.begin();
  const auto date = moved({full_year(match, 4), static_cast<int>(month) + 1, number(match, 1)}, context);
  if (!date) return std::nullopt;
  return Groups{{1, as_padded(date->day, match, 1)}, {3, kRoman[static_cast<size_t>(date->month - 1)]}, {4, std::to_string(date->year)}};
}

std::optional<Groups> year_month_name_day(const Match& match, const Context& context) {
  const auto date = moved({number(match, 1), month_of(match.str(2)), number(match, 3)}, context);
  if (!date) return std::nullopt;
  return Groups{{1, std::to_string(date->year)}, {2, month_like(date->month, match.str(2))}, {3, as_padded(date->day, match, 3)}};
}

// The whole of it: group 0.
std::optional<Groups> without_year(const Match&, const Context&) { return Groups{{0, "[DATE]"}}; }

std::regex compiled(const std::string& text, bool any_case = true) {
  return std::regex(text, std::regex::ECMAScript | std::regex::optimize | (any_case ? std::regex::icase : std::regex::flag_type{}));
}

// Ordered: a longer form takes its place before a shorter one that is part of it.
const std::vector<Pattern>& patterns() {
  static const std::string month =
      "(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:"
      "ember)?)";
  static const std::string year = "((?:18|19|20)\\d\\d)", suffix = "(st|nd|rd|th|)",
                           no_size = "(?![.,]?\\d|\\s?(?:mm|cm|ml|mg|kg|hu|ms)\\b)";
  static const std::string day_in_words =
      "(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|(?:ten|eleven|thirteen|fourteen|fifteen|"
      "sixteen|seventeen|eighteen|nineteen)th|twelfth|twentieth|thirtieth";
  static const std::string year_in_words =
      "(?:,? {0,2}(?:" + year +
      "|(?:nineteen|twenty)[ -](?:hundred|oh[ -]\\w{3,5}|\\w{3,9}(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)|"
      "two thousand(?:[ -](?:and[ -])?\\w{3,9}(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)?))";
  static const std::vector<Pattern> list{
      {compiled("\\b" + year + "([-/.])(\\d{1,2})\\2(\\d{1,2})(?!\\d)"), year_month_day},
      {compiled("\\b" + year + "()(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])(?=\\d{6}|\\D|$)"), year_month_day},
      {compiled("\\b(\\d{1,2})([-/.])(\\d{1,2})\\2" + year + "(?!\\d)"), three_numbers},
      {compiled("\\b(\\d{1,2})(/)(\\d{1,2})/(\\d\\d)\\b" + no_size), three_numbers},
      {compiled("\\b(\\d\\d)([-.])(\\d\\d)\\2(\\d\\d)\\b" + no_size), three_numbers},
      {compiled("\\b(\\d{1,2})" + suffix + "(?: of)?[ ./-]{0,2}" + month + "[.,]?[ ,'/-]{0,2}" + year + "\\b"), day_month_year},
      {compiled("\\b(\\d{1,2})" + suffix + "(?: of)?[ ./-]{1,2}" + month + "[.,]?[ ,/-]{0,2}'?(\\d\\d)\\b" + no_size), day_month_year},
      {compiled("\\b(\\d{1,2})([./-]) ?(I{1,3}|IV|VI{0,3}|IX|XI{0,2})\\2 ?((?:18|19|20)?\\d\\d)\\b", false), roman_month},
      {compiled("\\b" + year + "[ ,/-]{1,2}" + month + "[ .,/-]{1,2}(\\d{1,2})\\b" + no_size), year_month_name_day},
      {compiled("\\b(?:the )?(" + day_in_words + ")(?: day)? of " + month + "\\b" + year_in_words + "?"), without_year},
      {compiled("\\b" + month + "(?: the)? (" + day_in_words + ")(?:" + year_in_words + "|(?=[.,;:)\\n]|$))", false), without_year},
      {compiled("\\b" + month + "\\.? {0,2}(\\d{1,2})" + suffix + ",? {0,2}" + year + "\\b"), month_day_year},
      {compiled("\\b" + month + "[.,]?(?: of)?[ -]" + year + "\\b"), month_year},
      {compiled("\\b(0?[1-9]|1[0-2])/" + year + "\\b"), month_slash_year},
      {compiled("\\b(\\d{1,2}(?:st|nd|rd|th)?(?: of)? " + month + ")\\b", false), without_year},
      {compiled("\\b(" + month + "\\.? \\d{1,2}(?:st|nd|rd|th)?)\\b" + no_size, false), without_year},
      {compiled("\\b(?:in|since|from|until|before|after|year|by|during|early|late|mid|summer|winter|spring|autumn|fall)[ -]{1,2}" + year +
                "\\b" + no_size),
       year_alone},
  };
  return list;
}

// Part of a longer number or of a version such as 1.2.3: not a date.
bool inside_number(const std::string& letters, size_t start) {
  if (start == 0) return false;
  const char before = letters[start - 1];
  return is_digit(before) || ((before == '.' || before == '/' || before == '-') && start > 1 && is_digit(letters[start - 2]));
}

std::string rewritten(const Match& match, const Groups& groups) {
  std::string text = match.str(0);
  Groups from_behind = groups;
  std::sort(from_behind.begin(), from_behind.end(), [&](const auto& a, const auto& b) {
    return match.position(static_cast<size_t>(a.first)) > match.position(static_cast<size_t>(b.first));
  });
  for (const auto& [group, replacement] : from_behind) {
    const auto index = static_cast<size_t>(group);
    text.replace(static_cast<size_t>(match.position(index) - match.position(0)), static_cast<size_t>(match.length(index)), replacement);
  }
  return text;
}

}  // namespace

void find_dates(const std::string& letters, int64_t shift_days, bool day_first, Spans& spans) {
  const Context context{shift_days, day_first};
  for (const Pattern& pattern : patterns())
    for (std::sregex_iterator match(letters.begin(), letters.end(), pattern.expression), end; match != end; ++match) {
      const auto start = static_cast<size_t>(match->position(0));
      if (inside_number(letters, start)) continue;
      if (const auto groups = pattern.rewrite(*match, context))
        spans.add(start, start + static_cast<size_t>(match->length(0)), rewritten(*match, *groups));
    }
}

}  // namespace chiasm::deid
