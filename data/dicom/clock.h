// DICOM dates and times as seconds since 1970-01-01, without time zone: only differences inside one study have a meaning.
#pragma once

#include <optional>
#include <string>

namespace chiasm::dicom {

constexpr double day_seconds = 86400;

// TM: "HH", "HHMM", "HHMMSS", "HHMMSS.FFFFFF"; seconds of the day.
std::optional<double> parse_time(const std::string& text);
// DA and TM.
std::optional<double> parse_date_time(const std::string& date, const std::string& time);
// DT with hours and minutes at least. A stated offset from UTC counts only where `zone`, the offset of the other times, is stated too.
std::optional<double> parse_date_time(const std::string& text, std::optional<double> zone);
// "+0130" in seconds.
std::optional<double> parse_zone(const std::string& text);

}  // namespace chiasm::dicom
