// Days of the Gregorian calendar, counted from 1970-01-01.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chiasm {

struct CalendarDate {
  int year = 0, month = 0, day = 0;
};

std::optional<int64_t> day_number(const CalendarDate& date);  // nothing for 30 February
CalendarDate date_of(int64_t day);

// "20210304" or "2021-03-04" or "2021/3/4", also with a time behind; nothing when it is none of these.
std::optional<int64_t> parse_day(std::string_view text);
std::string compact_date(int64_t day);  // "20210304"
std::string iso_date(int64_t day);      // "2021-03-04"

}  // namespace chiasm
