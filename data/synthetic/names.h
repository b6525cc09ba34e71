// Fictitious names and dates. Names are built from syllables so that none is a word or a real person's and a search has no false hits.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/random.h"

namespace chiasm::synthetic {

struct Person {
  std::string family, given;
  std::string dicom() const { return family + "^" + given; }
};

Person draw_person(bool female, Random& random);  // one in ten families has a letter outside ASCII
std::string draw_place(Random& random);           // a town
std::string draw_phone(Random& random);           // "(555) 014-7382"
std::string draw_code(const std::string& prefix, int digits, Random& random);
// The 36 digits that begin a UID of form 2.25.N and all UIDs of its family; `number` (below 1000) ends it.
std::string draw_uid_stem(Random& random);
std::string uid_of(const std::string& stem, int number);

enum class DateStyle { dicom, iso, dotted, slashed, words };  // 20230314, 2023-03-14, 14.03.2023, 03/14/2023, 14 March 2023
std::string date_text(int64_t day, DateStyle style);          // days since 1970-01-01
int years_between(int64_t from_day, int64_t to_day);
std::string ascii(const std::string& text);  // letters outside ASCII become '_', for file names

}  // namespace chiasm::synthetic
