#include "data/calendar.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "core/base/text.h"

namespace chiasm {

std::optional<int64_t> day_number(const CalendarDate& date) {
  using namespace std::chrono;
  const year_month_day civil{year{date.year}, month{static_cast<unsigned>(date.month)}, std::chrono::day{static_cast<unsigned>(date.day)}};
  if (!civil.ok() || date.month < 1 || date.day < 1) return std::nullopt;
  return sys_days{civil}.time_since_epoch().count();
}

CalendarDate date_of(int64_t number) {
  using namespace std::chrono;
  const year_month_day civil{sys_days{days{number}}};
  return {static_cast<int>(civil.year()), static_cast<int>(static_cast<unsigned>(civil.month())),
          static_cast<int>(static_cast<unsigned>(civil.day()))};
}

std::optional<int64_t> parse_day(std::string_view text) {
  const std::string plain = trim(text);
  const size_t digits = std::min(plain.find_first_not_of("0123456789"), plain.size());
  if (digits >= 8) {
    const auto number = parse_integer(plain.substr(0, 8));
    if (!number) return std::nullopt;
    return day_number({static_cast<int>(*number / 10000), static_cast<int>(*number / 100 % 100), static_cast<int>(*number % 100)});
  }
  if (digits != 4 || plain.size() < 8) return std::nullopt;
  const char separator = plain[4];
  if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
  const std::vector<std::string> parts = split(plain.substr(0, plain.find_first_of(" T")), separator);
  if (parts.size() != 3) return std::nullopt;
  const auto year = parse_integer(parts[0]), month = parse_integer(parts[1]), day = parse_integer(parts[2]);
  if (!year || !month || !day || *month > 12 || *day > 31) return std::nullopt;
  return day_number({static_cast<int>(*year), static_cast<int>(*month), static_cast<int>(*day)});
}

namespace {

std::string printed(const char* format, int64_t day) {
  const CalendarDate date = date_of(day);
  char text[48];
  std::snprintf(text, sizeof text, format, date.year, date.month, date.day);
  return text;
}

}  // namespace

std::string compact_date(int64_t day) { return printed("%04d%02d%02d", day); }
std::string iso_date(int64_t day) { return printed("%04d-%02d-%02d", day); }

}  // namespace chiasm
