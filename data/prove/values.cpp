#include "data/prove/values.h"

#include <array>

#include "core/base/text.h"
#include "data/calendar.h"
#include "data/unicode.h"

namespace chiasm::prove {

namespace {

using Strings = std::vector<std::string>;

const std::string& one_of(const Strings& list, Random& random) {
  return list[static_cast<size_t>(random.integer(static_cast<int64_t>(list.size())))];
}

std::string digits(int count, Random& random) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>('0' + random.integer(i == 0 ? 9 : 10) + (i == 0 ? 1 : 0));
  return text;
}

const Strings kGiven{"Olivia", "Liam",    "Emma",   "Noah",   "Ethan",  "Amelia", "Benjamin", "Charlotte", "Daniel",
                     "Aoife",  "Siobhán", "Zoë",    "José",   "María",  "Björn",  "Fatima",   "Mohammed",  "Wei",
                     "Priya",  "Ananya",  "Kwame",  "Chidi",  "Oksana", "Grace",  "Joy",      "Will",      "Mark",
                     "Thuỳ",   "Søren",   "Łukasz", "Ingrid", "Giulia", "Mateo",  "Yusuf",    "Hannah",    "Tom"};
const Strings kFamily{"Smith",     "O'Connor",  "García-López", "Müller",    "Young",        "Price",      "Nguyen",    "MacDonald",
                      "Fernández", "Håkansson", "Kowalski",     "Ivanov",    "Patel",        "Okafor",     "Dvořák",    "Yılmaz",
                      "D'Souza",   "Brown",     "Hughes",       "Taylor",    "Papadopoulos", "Sørensen",   "Schäfer",   "Rossi",
                      "Hill",      "Whitmore",  "Castellanos",  "Lindqvist", "Abernathy",    "Fitzgerald", "Takahashi", "Bose"};

struct JapaneseWord {
  const char *kanji, *kana, *latin;
};
constexpr std::array<JapaneseWord, 20> kJapaneseFamily{{{"佐藤", "サトウ", "Sato"},         {"鈴木", "スズキ", "Suzuki"},
                                                        {"高橋", "タカハシ", "Takahashi"},  {"田中", "タナカ", "Tanaka"},
                                                        {"伊藤", "イトウ", "Ito"},          {"渡辺", "ワタナベ", "Watanabe"},
                                                        {"山本", "ヤマモト", "Yamamoto"},   {"中村", "ナカムラ", "Nakamura"},
                                                        {"小林", "コバヤシ", "Kobayashi"},  {"加藤", "カトウ", "Kato"},
                                                        {"吉田", "ヨシダ", "Yoshida"},      {"佐々木", "ササキ", "Sasaki"},
                                                        {"松本", "マツモト", "Matsumoto"},  {"井上", "イノウエ", "Inoue"},
                                                        {"林", "ハヤシ", "Hayashi"},        {"森", "モリ", "Mori"},
                                                        {"長谷川", "ハセガワ", "Hasegawa"}, {"西村", "ニシムラ", "Nishimura"},
                                                        {"藤原", "フジワラ", "Fujiwara"},   {"五十嵐", "イガラシ", "Igarashi"}}};
constexpr std::array<JapaneseWord, 16> kJapaneseGiven{{{"太郎", "タロウ", "Taro"},
                                                       {"健一", "ケンイチ", "Kenichi"},
                                                       {"花子", "ハナコ", "Hanako"},
                                                       {"美咲", "ミサキ", "Misaki"},
                                                       {"翔太", "ショウタ", "Shota"},
                                                       {"陽菜", "ヒナ", "Hina"},
                                                       {"大輔", "ダイスケ", "Daisuke"},
                                                       {"裕子", "ユウコ", "Yuko"},
                                                       {"誠", "マコト", "Makoto"},
                                                       {"恵", "メグミ", "Megumi"},
                                                       {"直樹", "ナオキ", "Naoki"},
                                                       {"由美子", "ユミコ", "Yumiko"},
                                                       {"一郎", "イチロウ", "Ichiro"},
                                                       {"智子", "トモコ", "Tomoko"},
                                                       {"さくら", "サクラ", "Sakura"},
                                                       {"蓮", "レン", "Ren"}}};

template <size_t n>
const JapaneseWord& one_of(const std::array<JapaneseWord, n>& list, Random& random) {
  return list[static_cast<size_t>(random.integer(static_cast<int64_t>(n)))];
}

// Digits in their full width, as Japanese keyboards write them.
std::string full_width(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (c >= '0' && c <= '9')
      result += std::string("\xEF\xBC") + static_cast<char>(0x90 + (c - '0'));
    else
      result += c;
  return result;
}

std::string kanji_number(int value) {
  static const Strings numerals{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
  const auto digit = [](int n) { return numerals[static_cast<size_t>(n)]; };
  const std::string tens = value < 10 ? "" : (value < 20 ? "十" : digit(value / 10) + "十");
  return tens + digit(value % 10);
}

const Strings kMonths{"January", "February", "March",     "April",   "May",      "June",
                      "July",    "August",   "September", "October", "November", "December"};
const Strings kRoman{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};
const Strings kOrdinals{"first",         "second",       "third",         "fourth",       "fifth",        "sixth",          "seventh",
                        "eighth",        "ninth",        "tenth",         "eleventh",     "twelfth",      "thirteenth",     "fourteenth",
                        "fifteenth",     "sixteenth",    "seventeenth",   "eighteenth",   "nineteenth",   "twentieth",      "twenty-first",
                        "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth", "twenty-seventh", "twenty-eighth",
                        "twenty-ninth",  "thirtieth",    "thirty-first"};

std::string two(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

Strings english_dates(const CalendarDate& date) {
  const std::string year = std::to_string(date.year), month = std::to_string(date.month), day = std::to_string(date.day);
  const std::string name = kMonths[static_cast<size_t>(date.month - 1)], brief = name.substr(0, 3);
  return {year + "-" + two(date.month) + "-" + two(date.day),
          year + two(date.month) + two(date.day),
          month + "/" + day + "/" + year,
          two(date.day) + "." + two(date.month) + "." + year,
          two(date.month) + "/" + two(date.day) + "/" + year.substr(2),
          day + " " + name + " " + year,
          name + " " + day + ", " + year,
          two(date.day) + "-" + brief + "-" + year,
          two(date.day) + "-" + brief + "-" + year.substr(2),
          brief + ". " + day + ", " + year,
          day + "." + kRoman[static_cast<size_t>(date.month - 1)] + "." + year,
          "the " + kOrdinals[static_cast<size_t>(date.day - 1)] + " of " + name + " " + year,
          year + " " + name + " " + day,
          day + " " + brief + " '" + year.substr(2),
          day + "/" + brief + "/" + year,
          name + " " + day,
          day + " " + name};
}

Strings japanese_dates(const CalendarDate& date) {
  const std::string year = std::to_string(date.year), month = std::to_string(date.month), day = std::to_string(date.day);
  const bool reiwa = date.year > 2019 || (date.year == 2019 && date.month >= 5);
  const int era = date.year - (reiwa ? 2018 : 1988);
  const std::string era_year = era == 1 ? "元" : std::to_string(era), tail = "年" + month + "月" + day + "日";
  return {year + tail,
          (reiwa ? "令和" : "平成") + era_year + tail,
          full_width((reiwa ? "令和" : "平成") + era_year + tail),
          full_width(year + tail),
          (reiwa ? "R" : "H") + std::to_string(era) + "." + month + "." + day,
          year + "/" + two(date.month) + "/" + two(date.day),
          year + "-" + two(date.month) + "-" + two(date.day),
          month + "月" + day + "日",
          (reiwa ? "令和" : "平成") + kanji_number(era) + "年" + kanji_number(date.month) + "月" + kanji_number(date.day) + "日"};
}

}  // namespace

std::string Name::dicom() const {
  if (kana_family.empty()) return family + "^" + given;
  return latin_family + "^" + latin_given + "=" + family + "^" + given + "=" + kana_family + "^" + kana_given;
}

Name draw_name(const std::string& language, Random& random) {
  if (language != "ja") return {one_of(kFamily, random), one_of(kGiven, random), {}, {}, {}, {}};
  const JapaneseWord &family = one_of(kJapaneseFamily, random), &given = one_of(kJapaneseGiven, random);
  return {family.kanji, given.kanji, family.kana, given.kana, family.latin, given.latin};
}

Written draw_phone(const std::string& language, Random& random) {
  const std::string a = digits(3, random), b = digits(4, random), c = digits(4, random);
  const Strings forms = language == "ja"
                            ? Strings{"03-" + b + "-" + c, full_width("090-" + b + "-" + c), "0" + a.substr(1) + "-" + a + "-" + c}
                            : Strings{"(" + a + ") " + digits(3, random) + "-" + b, a + "-" + digits(3, random) + "-" + b,
                                      a + "." + digits(3, random) + "." + b, "+44 20 " + b + " " + c, "020 " + b + " " + c};
  const std::string text = one_of(forms, random);
  return {text, {text}};
}

Written draw_number(Random& random) {
  const std::string text = one_of(
      {digits(8, random), "PT-" + digits(6, random), "ACC" + digits(7, random), digits(4, random) + "-" + digits(4, random)}, random);
  return {text, {text}};
}

Written draw_mail(Random& random) {
  const std::string text = lower(one_of({"Abernathy", "Lindqvist", "Castellanos"}, random)) + digits(2, random) + "@" +
                           one_of({"example.org", "mail.example.com", "clinic.example.net"}, random);
  return {text, {text}};
}

Written draw_url(Random& random) {
  const std::string text =
      one_of({"https://", "http://www.", "www."}, random) + "portal" + digits(2, random) + ".example.org/p/" + digits(5, random);
  return {text, {text}};
}

Written draw_address(const std::string& language, Random& random) {
  if (language == "ja") {
    const std::string place =
        one_of({"東京都新宿区西新宿", "大阪府大阪市北区梅田", "愛知県名古屋市中区栄", "札幌市中央区大通西", "北海道函館市若松町"}, random);
    return {place + digits(1, random) + "-" + digits(1, random) + "-" + digits(2, random), {place}};
  }
  const std::string street = one_of({"Maple Grove", "Old Mill", "Kestahavn", "St Andrews", "Riverside", "North Ninth"}, random);
  const std::string text = digits(2, random) + " " + street + " " + one_of({"Street", "Road", "Avenue", "Lane", "Drive", "Close"}, random);
  return {text, {street}};
}

Written draw_institution(const std::string& language, Random& random) {
  const std::string name = language == "ja"
                               ? one_of({"済生会中央病院", "若松町クリニック", "聖マリア医療センター", "北大通診療所"}, random)
                               : one_of({"Lakeview General", "St. Varnahavn Hospital", "Brandomesko Clinic", "Mercy Orlmordane"}, random);
  return {name, {name}};
}

Written draw_old_age(const std::string& language, Random& random) {
  const int age = 91 + static_cast<int>(random.integer(8));
  static const Strings words{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
  const std::string number = std::to_string(age), word = words[static_cast<size_t>(age - 91)];
  if (language == "ja") {
    const std::string text =
        one_of({number + "歳", full_width(number) + "歳", "九十" + kanji_number(age - 90) + "歳", number + "才"}, random);
    return {text, {text}};
  }
  const std::string text = one_of(
      {number + "-year-old", number + " year old", number + " y/o", number + "yo", "ninety-" + word + "-year-old", number + "F"}, random);
  return {text, {text}};
}

Written write_date(int64_t day, const std::string& language, Random& random) {
  const CalendarDate date = date_of(day);
  const std::string text = one_of(language == "ja" ? japanese_dates(date) : english_dates(date), random);
  return {text, {text}};
}

Written write_name(const Name& name, const std::string& language, Random& random) {
  if (language == "ja") {
    const Strings forms{name.family + name.given,
                        name.family + " " + name.given,
                        name.family + "　" + name.given,
                        name.kana_family + " " + name.kana_given,
                        name.latin_given + " " + name.latin_family,
                        upper(name.latin_family) + ", " + upper(name.latin_given)};
    const auto form = static_cast<size_t>(random.integer(static_cast<int64_t>(forms.size())));
    if (form < 3) return {forms[form], {name.family + name.given, forms[form]}};
    return {forms[form], form == 3 ? Strings{name.kana_family, name.kana_given} : Strings{name.latin_family, name.latin_given}};
  }
  const std::string family = name.family, given = name.given,
                    initial = given.substr(0, static_cast<unsigned char>(given[0]) < 0x80 ? 1 : 2);
  const Strings forms{given + " " + family,
                      family + ", " + given,
                      unicode::upper(family) + ", " + unicode::upper(given),
                      unicode::separated(given + " " + family),
                      initial + ". " + family,
                      family};
  const auto form = static_cast<size_t>(random.integer(static_cast<int64_t>(forms.size())));
  return {forms[form], form < 4 ? Strings{family, given} : Strings{family}};
}

}  // namespace chiasm::prove
