#include "data/deidentify_text.h"

#include <algorithm>

#include "data/deidentify_dates.h"
#include "data/deidentify_fold.h"
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
NameParts with_titled(NameParts parts, const std::string& letters, const std::vector<Place>& titled) {
  std::set<std::string> people;
  for (const Place& place : titled) people.insert(letters.substr(place.start, place.end - place.start));
  const NameParts found = name_parts(people);
  for (const std::string& word : found.distinct)
    if (word.size() > 2 && !ends_a_name(word)) parts.distinct.insert(word);
  return parts;
}

// Names in other scripts have no word boundaries: found byte by byte in the text itself.
void find_other_scripts(const std::string& text, const Folded& folded, const std::set<std::string>& names, Spans& spans) {
  for (const std::string& name : names)
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + name.size())) {
      const auto index = [&](size_t byte) {
        return static_cast<size_t>(std::lower_bound(folded.offsets.begin(), folded.offsets.end(), byte) - folded.offsets.begin());
      };
      spans.add(index(at), index(at + name.size()), "[NAME]");
    }
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
  const NameParts parts = with_titled(name_parts(identity.people), letters, titled);
  Spans spans;
  add_all(known_phrases(letters, identity.places), "[PLACE]", spans);
  add_all(known_phrases(letters, identity.phones), "[PHONE]", spans);
  add_all(known_phrases(letters, identity.numbers), "[ID]", spans);
  find_dates(letters, options.shift_days, options.day_first, spans);
  find_contacts(letters, spans);
  add_all(titled, "[NAME]", spans);
  find_other_scripts(text, folded, other_scripts(identity.people), spans);
  add_all(known_names(letters, parts), "[NAME]", spans);
  find_ages(letters, spans);
  return replaced(text, folded, spans);
}

}  // namespace chiasm::deid
