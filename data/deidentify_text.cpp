#include "data/deidentify_text.h"

#include <algorithm>

#include "data/deidentify_dates.h"
#include "data/deidentify_fold.h"
#include "data/deidentify_japanese.h"
#include "data/deidentify_patterns.h"

namespace chiasm::deid {

namespace {

// Places that overlap are one.
void add_all(std::vector<Place> places, const std::string& replacement, Spans& spans) {
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.start < b.start; });
  for (size_t i = 0; i < places.size();) {
    const size_t start = places[i].start;
    size_t end = places[i].end;
    for (++i; i < places.size() && places[i].start < end; ++i) end = std::max(end, places[i].end);
    spans.cover(start, end, replacement);
  }
}

// A name that stands behind a title once is a name wherever it stands in this text.
NameParts with_titled(NameParts parts, const Folded& text, const std::vector<Place>& titled) {
  std::set<std::string> people;
  for (const Place& place : titled) people.insert(text.key(place.start, place.end));
  const NameParts found = name_parts(people);
  for (const std::string& word : found.distinct)
    if (word.size() > 2 && !ends_a_name(word)) parts.distinct.insert(word);
  return parts;
}

CleanText replaced(const std::string& text, const Folded& folded, const Spans& spans) {
  CleanText result;
  size_t at = 0;
  for (const auto& [start, span] : spans.all()) {
    const std::string kept = text.substr(at, folded.offsets[start] - at);
    result.text += kept + span.replacement;
    result.unreplaced += kept + " | ";
    at = folded.offsets[span.end];
  }
  result.text += text.substr(at);
  result.unreplaced += text.substr(at);
  return result;
}

}  // namespace

CleanText clean_text(const std::string& text, const Identity& identity, const TextOptions& options) {
  const Folded folded = fold(text);
  const std::string& letters = folded.letters;
  const std::vector<Place> titled = titled_names(letters);
  const NameParts parts = with_titled(name_parts(identity.people), folded, titled);
  Spans spans;
  add_all(known_phrases(folded, identity.places), "[PLACE]", spans);
  add_all(known_phrases(folded, identity.phones), "[PHONE]", spans);
  add_all(known_phrases(folded, identity.numbers), "[ID]", spans);
  find_dates(letters, options.shift_days, options.day_first, spans);
  find_contacts(letters, spans);
  add_all(titled, "[NAME]", spans);
  add_all(known_names(folded, parts), "[NAME]", spans);
  find_japanese(text, folded, options.shift_days, spans);
  find_ages(letters, spans);
  return replaced(text, folded, spans);
}

}  // namespace chiasm::deid
