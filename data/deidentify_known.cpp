// Known values of a study in its text, in any shape that people write them.
#include <algorithm>
#include <cctype>
#include <regex>

#include "core/base/text.h"
#include "data/deidentify_patterns.h"

namespace chiasm::deid {

namespace {

bool joins_names(const std::string& between) {
  return between.size() <= 2 && !between.empty() && between.find_first_not_of(" ,.^-") == std::string::npos;
}

void add_words(const Folded& text, const NameParts& parts, std::vector<Place>& places) {
  const std::string& letters = text.letters;
  const auto belongs = [&](size_t at) {
    return is_letter(letters[at]) || (letters[at] == '\'' && at + 1 < letters.size() && is_letter(letters[at + 1]));
  };
  for (size_t at = 0, end = 0; at < letters.size(); at = end) {
    end = at + 1;
    if (!is_letter(letters[at])) continue;
    while (end < letters.size() && belongs(end)) ++end;
    size_t stop = end;
    const auto has = [&] { return parts.has(text.key(at, stop), letters.substr(at, stop - at)); };
    if (ends_with(letters.substr(at, end - at), "'s") && !has()) stop -= 2;
    if (has()) places.push_back({at, stop});
  }
}

void add_unspaced(const Folded& text, const NameParts& parts, std::vector<Place>& places) {
  for (const std::u32string& name : parts.unspaced)
    for (size_t at = text.points.find(name); at != std::u32string::npos; at = text.points.find(name, at + name.size()))
      places.push_back({at, at + name.size()});
}

// "J.Q.M.", "J. M.", and "initials JQM".
void add_initials(const Folded& text, const NameParts& parts, std::vector<Place>& places) {
  static const std::regex dotted("\\b([A-Z](?:\\.[ -]?[A-Z]){1,3})\\b\\.?", std::regex::ECMAScript | std::regex::optimize);
  static const std::regex named("\\b(?:[Ii]nitials?|[Pp]t\\.?|[Pp]atient)[: ]{1,2}([A-Z]{2,4})\\b",
                                std::regex::ECMAScript | std::regex::optimize);
  for (const std::regex* form : {&dotted, &named})
    for (std::sregex_iterator match(text.letters.begin(), text.letters.end(), *form), end; match != end; ++match) {
      std::string initials;
      for (const char c : match->str(1))
        if (is_letter(c)) initials += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const auto start = static_cast<size_t>(match->position(1));
      if (parts.initials.count(initials)) places.push_back({start, start + static_cast<size_t>(match->length(1))});
    }
}

// "J. Muller", "J.Q. Muller": initials before a name belong to it.
size_t with_initials(const std::string& letters, size_t start) {
  while (start >= 2) {
    const size_t dot = letters[start - 1] == ' ' ? start - 2 : start - 1;
    if (dot < 1 || letters[dot] != '.' || std::isupper(static_cast<unsigned char>(letters[dot - 1])) == 0) break;
    if (dot >= 2 && is_word(letters[dot - 2])) break;
    start = dot - 1;
  }
  return start;
}

std::vector<Place> joined(const std::string& letters, std::vector<Place> places) {
  for (Place& place : places) place.start = with_initials(letters, place.start);
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.start < b.start; });
  std::vector<Place> result;
  for (const Place& place : places) {
    const bool touches = !result.empty() && (place.start <= result.back().end ||
                                             joins_names(letters.substr(result.back().end, place.start - result.back().end)));
    if (touches)
      result.back().end = std::max(result.back().end, place.end);
    else
      result.push_back(place);
  }
  return result;
}

// Letters and digits only, as they are compared, with the place of each.
struct Squeezed {
  std::u32string text;
  std::vector<size_t> places;
};

Squeezed squeeze(const Folded& folded) {
  Squeezed result;
  for (size_t i = 0; i < folded.letters.size(); ++i)
    if (is_word(folded.letters[i])) {
      result.text += folded.points[i];
      result.places.push_back(i);
    }
  return result;
}

// Whole: no letter or digit touches either end; scripts without spaces know no ends. Characters stand at most `widest` apart.
bool stands_alone(const Folded& folded, const Squeezed& text, size_t at, size_t length, size_t widest) {
  const std::string& letters = folded.letters;
  const size_t first = text.places[at], last = text.places[at + length - 1];
  if (first > 0 && is_word(letters[first - 1]) && !is_unspaced(folded.points[first])) return false;
  if (last + 1 < letters.size() && is_word(letters[last + 1]) && !is_unspaced(folded.points[last])) return false;
  for (size_t i = at + 1; i < at + length; ++i)
    if (text.places[i] - text.places[i - 1] > widest) return false;
  return true;
}

// "(555) 014-7382" begins at its bracket.
Place with_bracket(const std::string& letters, size_t start, size_t end) {
  const std::string inside = letters.substr(start, end - start);
  const bool closes = inside.find(')') != std::string::npos && inside.find('(') == std::string::npos;
  return {closes && start > 0 && letters[start - 1] == '(' ? start - 1 : start, end};
}

// The phrase, and a number without its leading zeros.
std::vector<std::u32string> forms_of(const std::string& phrase) {
  const std::u32string wanted = squeeze(fold(phrase)).text;
  std::vector<std::u32string> forms{wanted};
  const size_t zeros = std::min(wanted.find_first_not_of(U'0'), wanted.size());
  if (zeros > 0 && wanted.size() - zeros >= 5) forms.push_back(wanted.substr(zeros));
  return forms;
}

// A long word whose letters are spaced out, or which a hyphen or the end of a line tears: "M u l l e r", "Mul-\nler".
bool is_torn(const std::string& letters, const Squeezed& text, size_t at, size_t length) {
  size_t gaps = 0, breaks = 0;
  for (size_t i = at + 1; i < at + length; ++i) {
    const size_t before = text.places[i - 1], here = text.places[i];
    if (here - before == 1) continue;
    ++gaps;
    if (letters.substr(before + 1, here - before - 1).find_first_of("-\n\r") != std::string::npos) ++breaks;
  }
  return gaps > 0 && (breaks == gaps || gaps == length - 1);
}

void add_torn(const Folded& text, const NameParts& parts, std::vector<Place>& places) {
  const Squeezed squeezed = squeeze(text);
  for (const std::string& word : parts.distinct) {
    const std::u32string wanted = fold(word).points;
    if (wanted.size() < 5) continue;
    for (size_t at = squeezed.text.find(wanted); at != std::u32string::npos; at = squeezed.text.find(wanted, at + 1))
      if (stands_alone(text, squeezed, at, wanted.size(), 3) && is_torn(text.letters, squeezed, at, wanted.size()))
        places.push_back({squeezed.places[at], squeezed.places[at + wanted.size() - 1] + 1});
  }
}

}  // namespace

std::vector<Place> known_names(const Folded& text, const NameParts& parts) {
  std::vector<Place> places;
  add_words(text, parts, places);
  add_unspaced(text, parts, places);
  add_initials(text, parts, places);
  add_torn(text, parts, places);
  const std::vector<Place> whole = known_phrases(text, parts.whole);
  places.insert(places.end(), whole.begin(), whole.end());
  return joined(text.letters, std::move(places));
}

std::vector<Place> known_phrases(const Folded& folded, const std::set<std::string>& phrases) {
  const Squeezed text = squeeze(folded);
  std::vector<Place> places;
  for (const std::string& phrase : phrases)
    for (const std::u32string& form : forms_of(phrase)) {
      if (form.size() < (!form.empty() && is_unspaced(form[0]) ? 2 : 4)) continue;
      const size_t widest = form.size() < 6 ? 1 : 3;  // a short one in one piece
      for (size_t at = text.text.find(form); at != std::u32string::npos; at = text.text.find(form, at + 1))
        if (stands_alone(folded, text, at, form.size(), widest))
          places.push_back(with_bracket(folded.letters, text.places[at], text.places[at + form.size() - 1] + 1));
    }
  return places;
}

}  // namespace chiasm::deid
