// Strings: splitting, trimming, numbers, near names. UTF-8 unless said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string trim(std::string_view text);
std::string lower(std::string_view text);  // ASCII letters only
std::string upper(std::string_view text);  // ASCII letters only
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

// Whole text as a number, "." as decimal point in every locale; nothing when it is not one.
std::optional<double> parse_number(std::string_view text);
std::optional<long long> parse_integer(std::string_view text);
// Shortest form that reads back equal.
std::string format_number(double value);
// Fixed digits, e.g. fixed(0.1234, 3) = "0.123".
std::string fixed(double value, int digits);

// The nearest candidate within Damerau-Levenshtein distance 3 of `name` (letter case aside) that agrees in at least half of its length.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates);
// "; did you mean 'X'?" or "; known: a, b, c".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

bool is_utf8(std::string_view bytes);
// "2026-11-24T10:00:00Z"
std::string utc_now();

}  // namespace chiasm
