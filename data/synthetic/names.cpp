#include "data/synthetic/names.h"

#include <array>
#include <chrono>

namespace chiasm::synthetic {

namespace {

template <size_t n>
std::string pick(const std::array<const char*, n>& list, Random& random) {
  return list[static_cast<size_t>(random.integer(static_cast<int64_t>(n)))];
}

constexpr std::array<const char*, 24> family_starts{"Bran", "Holl", "Kest", "Morv", "Quil", "Tarn", "Velm", "Wisk",
                                                    "Zand", "Drox", "Fjel", "Grun", "Hesk", "Jorv", "Lund", "Nask",
                                                    "Orsk", "Prav", "Rusk", "Skov", "Thur", "Ulm",  "Varn", "Yelk"};
constexpr std::array<const char*, 8> family_middles{"a", "e", "i", "o", "en", "ar", "il", "or"};
constexpr std::array<const char*, 12> family_ends{"dovski", "quist",  "burgen", "mesko",  "nattov", "strommer",
                                                  "vandik", "zewski", "lokken", "fanwel", "grathe", "tovicz"};
constexpr std::array<const char*, 4> foreign_ends{"str\xC3\xB6mmel", "bj\xC3\xB8rnsk", "m\xC3\xA4kinov",
                                                  "d\xC3\xAD"
                                                  "zko"};
constexpr std::array<const char*, 16> given_starts{"Ael", "Bri", "Cor", "Del", "Eil", "Fio", "Gwe", "Hal",
                                                   "Iso", "Jol", "Kyr", "Lio", "Mer", "Nev", "Orl", "Tam"};
constexpr std::array<const char*, 8> given_middles{"vand", "rinn", "lisk", "mord", "tave", "sund", "dwyn", "zell"};
constexpr std::array<const char*, 4> female_ends{"ika", "ane", "itha", "oris"}, male_ends{"dor", "mund", "rick", "wald"};
constexpr std::array<const char*, 4> place_ends{"havn", "stetten", "borough", "mouthe"};
constexpr std::array<const char*, 12> months{"January", "February", "March",     "April",   "May",      "June",
                                             "July",    "August",   "September", "October", "November", "December"};

std::string padded(int64_t value, size_t digits) {
  std::string text = std::to_string(value);
  while (text.size() < digits) text.insert(text.begin(), '0');
  return text;
}

std::chrono::year_month_day calendar(int64_t day) { return std::chrono::sys_days(std::chrono::days(day)); }

}  // namespace

Person draw_person(bool female, Random& random) {
  Person person;
  person.family = pick(family_starts, random) + pick(family_middles, random);
  person.family += random.chance(0.1) ? pick(foreign_ends, random) : pick(family_ends, random);
  person.given = pick(given_starts, random) + pick(given_middles, random) + pick(female ? female_ends : male_ends, random);
  return person;
}

std::string draw_place(Random& random) { return pick(family_starts, random) + pick(family_middles, random) + pick(place_ends, random); }

std::string draw_phone(Random& random) { return "(555) " + padded(10 + random.integer(90), 3) + "-" + padded(random.integer(10000), 4); }

std::string draw_code(const std::string& prefix, int digits, Random& random) {
  std::string code = prefix;
  for (int i = 0; i < digits; ++i) code += static_cast<char>('0' + random.integer(10));
  return code;
}

std::string draw_uid_stem(Random& random) {
  // A first digit of 1 or 2 keeps the 39-digit number below 2^128.
  return draw_code(random.chance(0.5) ? "1" : "2", 35, random);
}

std::string uid_of(const std::string& stem, int number) { return "2.25." + stem + padded(number, 3); }

std::string date_text(int64_t day, DateStyle style) {
  const std::chrono::year_month_day date = calendar(day);
  const std::string y = std::to_string(static_cast<int>(date.year()));
  const unsigned month = static_cast<unsigned>(date.month()), day_of_month = static_cast<unsigned>(date.day());
  const std::string m = padded(month, 2), d = padded(day_of_month, 2);
  switch (style) {
    case DateStyle::dicom:
      return y + m + d;
    case DateStyle::iso:
      return y + "-" + m + "-" + d;
    case DateStyle::dotted:
      return d + "." + m + "." + y;
    case DateStyle::slashed:
      return m + "/" + d + "/" + y;
    case DateStyle::words:
      return std::to_string(day_of_month) + " " + months[month - 1] + " " + y;
  }
  return {};
}

int years_between(int64_t from_day, int64_t to_day) {
  const auto from = calendar(from_day), to = calendar(to_day);
  const int years = static_cast<int>(to.year()) - static_cast<int>(from.year());
  const bool before_birthday = to.month() < from.month() || (to.month() == from.month() && to.day() < from.day());
  return before_birthday ? years - 1 : years;
}

std::string ascii(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80)
      out += c;
    else if (out.empty() || out.back() != '_')
      out += '_';
  }
  return out;
}

}  // namespace chiasm::synthetic
