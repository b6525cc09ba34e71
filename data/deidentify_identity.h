// What is known to identify the people of a study: from headers and tables. It never leaves this machine's memory.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "data/dicom/dicom.h"

namespace chiasm::deid {

struct Identity {
  std::set<std::string> people;   // names as written: "DOE^JANE^M", "Dr. Jane Doe"
  std::set<std::string> numbers;  // patient and accession numbers, UIDs
  std::set<std::string> phones;
  std::set<std::string> places;  // institutions, addresses
  std::set<int64_t> dates;       // days since 1970

  // Sorts a value by the name of its attribute or column (PatientName, ReferringPhysicianName, phone, PatientAddress, birth_date, ...).
  void add(const std::string& keyword, const std::string& value);
  void add_header(const dicom::Header& header);
  void merge(const Identity& other);
};

// Parts of the people's names as they are compared (Folded::key).
struct NameParts {
  std::set<std::string> distinct;     // words that are replaced in any case
  std::set<std::string> common;       // also ordinary words (Long, May): replaced with a capital only
  std::set<std::u32string> unspaced;  // in scripts without spaces between words: replaced wherever they stand
  std::set<std::string> initials;     // "jqm": replaced where they are written with dots
  std::set<std::string> whole;        // family and given name in one piece: replaced however they are torn
  bool has(const std::string& key, const std::string& letters) const;  // letters: the word with its case
};
NameParts name_parts(const std::set<std::string>& people);

// An ordinary English or medical word that is a name too.
bool is_ordinary_word(const std::string& lower_word);

// Words that end a name behind a title: section names, modalities, verbs.
bool ends_a_name(const std::string& lower_word);

}  // namespace chiasm::deid
