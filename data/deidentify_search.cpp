#include "data/deidentify_search.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "data/calendar.h"
#include "data/unicode.h"

namespace chiasm::deid {

namespace {

// Scripts without spaces between words: Han, kana, Hangul, Thai.
bool is_unspaced(char32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x0E00 && c <= 0x0E7F) || c >= 0x20000;
}

bool holds_unspaced(const std::u32string& text) { return std::any_of(text.begin(), text.end(), is_unspaced); }

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

bool is_particle(const std::u32string& word) {
  static const std::set<std::u32string> particles{U"van", U"von", U"der",  U"den",  U"del", U"bin", U"the",
                                                  U"and", U"mrs", U"miss", U"prof", U"phd", U"iii"};
  return particles.count(word) > 0;
}

// A number of a date: day, month or year; -1 for other words.
int value_of(const std::u32string& word) {
  int value = 0;
  size_t digits = 0;
  while (digits < word.size() && digits < 5 && is_digit(word[digits])) value = value * 10 + static_cast<int>(word[digits++] - U'0');
  const std::u32string rest = word.substr(digits);
  const bool ordinal = rest == U"st" || rest == U"nd" || rest == U"rd" || rest == U"th";
  return digits >= 1 && digits <= 4 && (rest.empty() || ordinal) ? value : -1;
}

// 1..12 of a month's name, its first three letters or more, or a Roman number; 0 for other words.
int month_named(const std::u32string& word) {
  static const std::array<const char32_t*, 12> names{U"january", U"february", U"march",     U"april",   U"may",      U"june",
                                                     U"july",    U"august",   U"september", U"october", U"november", U"december"};
  static const std::array<const char32_t*, 12> roman{U"i", U"ii", U"iii", U"iv", U"v", U"vi", U"vii", U"viii", U"ix", U"x", U"xi", U"xii"};
  for (size_t i = 0; i < names.size(); ++i) {
    const std::u32string_view name = names[i];
    if ((word.size() >= 3 && word.size() <= name.size() && name.substr(0, word.size()) == word) || word == roman[i])
      return static_cast<int>(i) + 1;
  }
  return 0;
}

std::string with_spelled_umlauts(const std::string& name) {
  std::string text = unicode::composed(name);
  for (const char* vowel : {"äae", "öoe", "üue", "ÄAe", "ÖOe", "ÜUe", "ßss"}) text = replace_all(text, std::string(vowel, 2), vowel + 2);
  return text;
}

int full_year(int year) { return year >= 100 ? year : (year < 50 ? 2000 + year : 1900 + year); }

}  // namespace

LeftoverSearch::Text LeftoverSearch::take_apart(const std::string& text) {
  Text result;
  std::u32string word;
  bool capital = false, letters = true;
  const auto close = [&](bool dotted) {
    if (!word.empty()) result.words.push_back({word, capital, letters, dotted, result.squeezed.size()});
    word.clear();
    letters = true;
  };
  for (const char32_t c : unicode::decomposed(text)) {
    if (!unicode::is_letter_or_digit(c)) {
      close(c == U'.');
      continue;
    }
    const char32_t low = unicode::lower(c);
    if (word.empty()) capital = low != c;
    letters = letters && !is_digit(c);
    word += low;
    result.squeezed += low;
  }
  close(false);
  return result;
}

LeftoverSearch::LeftoverSearch(const Identity& identity) : dates_(identity.dates) {
  for (const std::string& people : identity.people)
    for (const std::string& name : split(people, '=')) {
      add_name(name);
      add_name(with_spelled_umlauts(name));
    }
  for (const std::set<std::string>* phrases : {&identity.numbers, &identity.phones, &identity.places})
    for (const std::string& phrase : *phrases) add_whole(phrase);
}

// A short one in one word only: 1216 is not "12 x 16".
void LeftoverSearch::add_whole(const std::string& text) {
  const Text parts = take_apart(text);
  const std::u32string& squeezed = parts.squeezed;
  if (squeezed.size() >= 4 && squeezed.size() < 6 && parts.words.size() == 1 && !holds_unspaced(squeezed))
    words_.insert(squeezed);
  else if (squeezed.size() >= 4 || (squeezed.size() >= 2 && holds_unspaced(squeezed)))
    pieces_.insert(squeezed);
}

void LeftoverSearch::add_name(const std::string& name) {
  std::vector<std::u32string> components, initials;  // initials: of the words of each component
  for (const std::string& component : split(replace_all(name, ",", "^"), '^')) {
    const Text parts = take_apart(component);
    if (parts.squeezed.empty()) continue;
    components.push_back(parts.squeezed);
    initials.emplace_back();
    for (const Word& word : parts.words) {
      initials.back() += word.low[0];
      if (is_particle(word.low)) continue;
      if (holds_unspaced(word.low)) {
        if (word.low.size() >= 2) pieces_.insert(word.low);
      } else if (word.low.size() >= 3) {
        (is_ordinary_word(std::string(word.low.begin(), word.low.end())) ? capital_words_ : words_).insert(word.low);
      }
    }
  }
  if (components.size() >= 2) {
    for (const std::u32string& whole : {components[0] + components[1], components[1] + components[0]})
      if (whole.size() >= 8 || (whole.size() >= 2 && holds_unspaced(whole))) pieces_.insert(whole);
    std::u32string given;
    for (size_t i = 1; i < initials.size(); ++i) given += initials[i];
    for (const std::u32string& family : {initials[0], initials[0].substr(0, 1)})
      for (const std::u32string& first : {given, given.substr(0, 1)}) initials_.insert({first + family, family + first});
  }
}

bool LeftoverSearch::finds_word(const Text& text) const {
  return std::any_of(text.words.begin(), text.words.end(),
                     [&](const Word& word) { return words_.count(word.low) || (word.capital && capital_words_.count(word.low)); });
}

// A long piece, or one in a script without spaces, stands anywhere; one of six characters within a word, or from word to word.
bool LeftoverSearch::finds_piece(const Text& text) const {
  std::set<size_t> starts, ends;
  for (const Word& word : text.words) {
    starts.insert(word.end - word.low.size());
    ends.insert(word.end);
  }
  const auto counts = [&](const std::u32string& piece, size_t at) {
    const size_t end = at + piece.size();
    if (holds_unspaced(piece) || piece.size() >= 8 || (starts.count(at) && ends.count(end))) return true;
    const auto word_end = ends.upper_bound(at);  // of the word in which the piece begins
    return piece.size() >= 6 && word_end != ends.end() && end <= *word_end;
  };
  for (const std::u32string& piece : pieces_)
    for (size_t at = text.squeezed.find(piece); at != std::u32string::npos; at = text.squeezed.find(piece, at + 1))
      if (counts(piece, at)) return true;
  return false;
}

bool LeftoverSearch::finds_date(const Text& text) const {
  const auto known = [&](int year, int month, int day) {
    const auto number = day_number({full_year(year), month, day});
    return number && dates_.count(*number);
  };
  const auto any_order = [&](const Word& a, const Word& b, const Word& c) {
    const std::array<const Word*, 3> words{&a, &b, &c};
    std::array<int, 3> values{};
    for (size_t i = 0; i < 3; ++i) values[i] = words[i]->letters ? month_named(words[i]->low) : value_of(words[i]->low);
    std::array<size_t, 3> order{0, 1, 2};
    do {
      const auto [year, month, day] = order;
      if (words[year]->letters || words[day]->letters || values[month] < 1) continue;
      if (known(values[year], values[month], values[day])) return true;
    } while (std::next_permutation(order.begin(), order.end()));
    return false;
  };
  for (size_t i = 0; i < text.words.size(); ++i) {
    const std::u32string& word = text.words[i].low;
    if (word.size() >= 8 && std::all_of(word.begin(), word.begin() + 8, is_digit)) {
      const auto part = [&](size_t at, size_t n) { return value_of(word.substr(at, n)); };
      if (known(part(0, 4), part(4, 2), part(6, 2))) return true;
    }
    if (i + 2 < text.words.size() && any_order(text.words[i], text.words[i + 1], text.words[i + 2])) return true;
  }
  return false;
}

// "J.Q.M.": capitals with dots behind them.
bool LeftoverSearch::finds_initials(const Text& text) const {
  std::u32string run;
  for (const Word& word : text.words) {
    const bool initial = word.low.size() == 1 && word.capital;
    if (initial) run += word.low;
    if (initial && run.size() >= 2 && initials_.count(run)) return true;
    if (!initial || !word.dotted) run.clear();
  }
  return false;
}

bool LeftoverSearch::finds(const std::string& text) const {
  const Text parts = take_apart(text);
  return finds_word(parts) || finds_piece(parts) || finds_date(parts) || finds_initials(parts);
}

}  // namespace chiasm::deid
