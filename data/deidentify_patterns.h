// Rules that find identities in folded text. Each adds the places it found; earlier rules keep what they took.
#pragma once

#include <string>
#include <vector>

#include "data/deidentify_fold.h"
#include "data/deidentify_identity.h"
#include "data/deidentify_spans.h"

namespace chiasm::deid {

// Mail, web and network addresses, UIDs, phones, record numbers, long numbers, postal addresses.
void find_contacts(const std::string& letters, Spans& spans);

// Ages above 89 become 90.
void find_ages(const std::string& letters, Spans& spans);

// Names behind titles, relations, verbs and labels ("Dr. Jane Doe", "his daughter Ann", "signed by J. Doe", "Name: DOE"): their places.
struct Place {
  size_t start, end;
};
std::vector<Place> titled_names(const std::string& letters);

// Known name parts as whole words, names in unspaced scripts anywhere, whole names in torn letters, dotted initials; neighbours are joined
// to one place.
std::vector<Place> known_names(const Folded& text, const NameParts& parts);

// Known numbers and phrases, whatever stands between their letters and digits.
std::vector<Place> known_phrases(const Folded& text, const std::set<std::string>& phrases);

}  // namespace chiasm::deid
