#include "data/dicom/clock.h"

#include <algorithm>

#include "core/base/text.h"
#include "data/calendar.h"

namespace chiasm::dicom {
namespace {

bool all_digits(const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; }

}  // namespace

std::optional<double> parse_time(const std::string& text) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::string whole = text.substr(0, point), fraction = text.substr(point);
  if ((whole.size() != 2 && whole.size() != 4 && whole.size() != 6) || !all_digits(whole)) return std::nullopt;
  if (!fraction.empty() && (whole.size() != 6 || fraction.size() < 2 || !all_digits(fraction.substr(1)))) return std::nullopt;
  const auto part = [&](size_t at) { return at < whole.size() ? (whole[at] - '0') * 10 + (whole[at + 1] - '0') : 0; };
  if (part(0) > 23 || part(2) > 59 || part(4) > 60) return std::nullopt;
  return part(0) * 3600 + part(2) * 60 + part(4) + (fraction.empty() ? 0 : parse_number("0" + fraction).value_or(0));
}

std::optional<double> parse_date_time(const std::string& date, const std::string& time) {
  const std::optional<int64_t> day = parse_day(date);
  const std::optional<double> seconds = parse_time(time);
  if (!day || !seconds) return std::nullopt;
  return static_cast<double>(*day) * day_seconds + *seconds;
}

std::optional<double> parse_date_time(const std::string& text, std::optional<double> zone) {
  const size_t sign = std::min(text.find_first_of("+-"), text.size());
  if (sign < 12) return std::nullopt;
  std::optional<double> seconds = parse_date_time(text.substr(0, 8), text.substr(8, sign - 8));
  if (sign == text.size()) return seconds;
  const std::optional<double> own = parse_zone(text.substr(sign));
  if (!own) return std::nullopt;
  if (seconds && zone) *seconds += *zone - *own;
  return seconds;
}

std::optional<double> parse_zone(const std::string& text) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-') || !all_digits(text.substr(1))) return std::nullopt;
  const double seconds = *parse_number(text.substr(1, 2)) * 3600 + *parse_number(text.substr(3)) * 60;
  return text[0] == '-' ? -seconds : seconds;
}

}  // namespace chiasm::dicom
