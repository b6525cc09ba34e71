#include "data/deidentify_identity.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "core/base/text.h"
#include "data/calendar.h"
#include "data/deidentify_fold.h"

namespace chiasm::deid {

namespace {

bool holds(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return text.find(word) != std::string::npos; });
}

enum class Category { person, number, place, date };

Category category_of(const std::string& keyword) {
  const std::string name = lower(keyword);
  if (holds(name, {"institution", "address", "station", "hospital", "department", "city", "street", "residence", "location", "ward"}))
    return Category::place;
  if (holds(name, {"birthdate", "birth_date", "date", "birthday", "dob"})) return Category::date;
  if (holds(name, {"phone", "telephone", "fax", "mobile", "number", "mail", "mrn", "ssn", "uid"}) || ends_with(name, "id") ||
      ends_with(name, "ids"))
    return Category::number;
  if (holds(name,
            {"name", "physician", "person", "operator", "doctor", "reader", "patient", "referr", "responsible", "relative", "contact"}))
    return Category::person;
  return Category::number;
}

bool holds_letter(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return std::isalpha(static_cast<unsigned char>(c)) || (c & 0x80); });
}

// Lines and comma-separated pieces of an address, which also stand alone.
void add_place(std::set<std::string>& places, const std::string& value) {
  if (value.size() < 4 || ends_a_name(lower(value)) || is_ordinary_word(lower(value))) return;
  places.insert(value);
  std::string piece;
  for (const char c : value + ",") {
    if (c != ',' && c != '^' && c != '\n' && c != '\r' && c != ';') {
      piece += c;
      continue;
    }
    piece = trim(piece);
    if (piece.size() >= 5 && holds_letter(piece) && !ends_a_name(lower(piece)) && !is_ordinary_word(lower(piece))) places.insert(piece);
    piece.clear();
  }
}

// Words of a name, titles and suffixes left out.
std::vector<std::string> words_of(const std::string& name) {
  static const std::unordered_set<std::string> titles{"dr", "mr", "mrs", "ms",  "miss", "prof", "md",  "phd", "rn",  "jr",
                                                      "sr", "ii", "iii", "iv",  "van",  "von",  "de",  "der", "den", "la",
                                                      "le", "di", "da",  "bin", "al",   "del",  "the", "and", "of"};
  std::vector<std::string> words;
  std::string word;
  for (const char c : folded_lower(name) + " ") {
    if (is_letter(c) || c == '\'') {
      word += c;
      continue;
    }
    if (word.size() >= 2 && !titles.count(word)) words.push_back(word);
    word.clear();
  }
  return words;
}

void add_parts(NameParts& parts, const std::string& name) {
  const std::vector<std::string> words = words_of(name);
  std::vector<std::string> glued;  // components, written without a space
  for (const std::string& component : split(replace_all(name, ",", "^"), '^'))
    if (const std::string text = join(words_of(component), ""); !text.empty()) glued.push_back(text);
  if (glued.size() == 1 && words.size() == 2) glued = words;
  if (glued.size() >= 2) {
    parts.distinct.insert(glued[0] + glued[1]);
    parts.distinct.insert(glued[1] + glued[0]);
  }
  for (const std::string& word : words) {
    if (word.find('~') != std::string::npos) continue;
    (is_ordinary_word(word) || word.size() == 2 ? parts.common : parts.distinct).insert(word);
  }
}

}  // namespace

void Identity::add(const std::string& keyword, const std::string& value) {
  const std::string plain = trim(value);
  if (plain.size() < 2) return;
  switch (category_of(keyword)) {
    case Category::person:
      // A column called "patient" may hold a number.
      (holds_letter(plain) && !std::any_of(plain.begin(), plain.end(), [](char c) { return is_digit(c); }) ? people : numbers)
          .insert(plain);
      return;
    case Category::place:
      return add_place(places, plain);
    case Category::date:
      if (const auto day = parse_day(plain)) dates.insert(*day);
      return;
    case Category::number:
      if (plain.size() >= 4) numbers.insert(plain);
      return;
  }
}

void Identity::add_header(const dicom::Header& header) {
  if (!header.patient_name.empty()) people.insert(header.patient_name);
  for (const std::string* number : {&header.patient_id, &header.accession, &header.study_uid, &header.series_uid, &header.frame_uid})
    add("number", *number);
  add("institution", header.issuer);
  for (const std::string* date : {&header.birth_date, &header.study_date, &header.series_date}) add("date", *date);
  for (const auto& [keyword, value] : header.identity)
    for (const std::string& part : split(value, '\\')) add(keyword, part);
}

void Identity::merge(const Identity& other) {
  people.insert(other.people.begin(), other.people.end());
  numbers.insert(other.numbers.begin(), other.numbers.end());
  places.insert(other.places.begin(), other.places.end());
  dates.insert(other.dates.begin(), other.dates.end());
}

bool NameParts::has(const std::string& word) const {
  const std::string low = lower(word);
  if (distinct.count(low)) return true;
  if (!common.count(low) || !std::isupper(static_cast<unsigned char>(word[0]))) return false;
  return low.size() > 2 || std::islower(static_cast<unsigned char>(word[1]));  // "Hu" is a name, "HU" a unit
}

NameParts name_parts(const std::set<std::string>& people) {
  NameParts parts;
  for (const std::string& name : people) {
    add_parts(parts, name);
    if (const std::string spelled = spelled_out(name); spelled != name) add_parts(parts, spelled);
  }
  return parts;
}

std::set<std::string> other_scripts(const std::set<std::string>& people) {
  std::set<std::string> names;
  for (const std::string& name : people)
    for (const std::string& group : split(replace_all(name, "^", "="), '='))
      if (const std::string plain = trim(group); fold(plain).letters.find('~') != std::string::npos) names.insert(plain);
  return names;
}

bool is_ordinary_word(const std::string& word) {
  static const std::unordered_set<std::string> words{
      "april", "august", "ball",   "bell",   "black", "blue",  "bone",   "branch", "brown",  "bush",   "case",  "chest",   "cross",
      "day",   "dean",   "drew",   "east",   "faith", "field", "fields", "foot",   "ford",   "forest", "frost", "gold",    "good",
      "grace", "gray",   "green",  "grey",   "hand",  "head",  "heart",  "hill",   "hope",   "iron",   "joy",   "june",    "lane",
      "large", "left",   "little", "long",   "love",  "lung",  "march",  "mark",   "marsh",  "mass",   "max",   "may",     "miles",
      "moss",  "neck",   "new",    "noble",  "node",  "north", "old",    "pace",   "page",   "park",   "pool",  "power",   "price",
      "reed",  "rich",   "right",  "rose",   "round", "sharp", "short",  "small",  "smart",  "snow",   "south", "speed",   "spring",
      "stern", "stone",  "strong", "summer", "sun",   "sweet", "swift",  "thorn",  "tip",    "wall",   "ward",  "waters",  "west",
      "white", "will",   "winter", "wise",   "wolf",  "wood",  "woods",  "young",  "chance", "bright", "early", "english", "fine",
      "first", "fair",   "free",   "full",   "key",   "light", "major",  "normal", "pain",   "ray",    "root",  "see",     "self",
      "side",  "still",  "street", "sugar",  "well",  "wells", "years",  "nose",   "ear",    "mouth",  "rib",   "ribs",    "spine",
      "liver", "colon",  "cyst",   "apex",   "base"};
  return words.count(word) > 0;
}

bool ends_a_name(const std::string& word) {
  static const std::unordered_set<std::string> words{"a",
                                                     "an",
                                                     "the",
                                                     "and",
                                                     "or",
                                                     "but",
                                                     "with",
                                                     "without",
                                                     "there",
                                                     "this",
                                                     "that",
                                                     "these",
                                                     "patient",
                                                     "has",
                                                     "had",
                                                     "have",
                                                     "is",
                                                     "was",
                                                     "are",
                                                     "were",
                                                     "will",
                                                     "would",
                                                     "to",
                                                     "for",
                                                     "from",
                                                     "at",
                                                     "on",
                                                     "in",
                                                     "by",
                                                     "of",
                                                     "as",
                                                     "it",
                                                     "he",
                                                     "she",
                                                     "they",
                                                     "his",
                                                     "her",
                                                     "their",
                                                     "we",
                                                     "our",
                                                     "i",
                                                     "no",
                                                     "not",
                                                     "please",
                                                     "follow",
                                                     "followup",
                                                     "study",
                                                     "report",
                                                     "reports",
                                                     "reported",
                                                     "exam",
                                                     "examination",
                                                     "date",
                                                     "time",
                                                     "phone",
                                                     "tel",
                                                     "telephone",
                                                     "fax",
                                                     "mail",
                                                     "email",
                                                     "department",
                                                     "radiology",
                                                     "hospital",
                                                     "clinic",
                                                     "ward",
                                                     "emergency",
                                                     "room",
                                                     "findings",
                                                     "finding",
                                                     "impression",
                                                     "indication",
                                                     "technique",
                                                     "comparison",
                                                     "history",
                                                     "clinical",
                                                     "conclusion",
                                                     "recommendation",
                                                     "chest",
                                                     "abdomen",
                                                     "pelvis",
                                                     "head",
                                                     "brain",
                                                     "spine",
                                                     "thorax",
                                                     "lung",
                                                     "lungs",
                                                     "heart",
                                                     "liver",
                                                     "kidney",
                                                     "ct",
                                                     "mr",
                                                     "mri",
                                                     "pet",
                                                     "us",
                                                     "xr",
                                                     "x",
                                                     "cxr",
                                                     "ap",
                                                     "pa",
                                                     "ed",
                                                     "icu",
                                                     "gp",
                                                     "er",
                                                     "mrn",
                                                     "id",
                                                     "dob",
                                                     "year",
                                                     "years",
                                                     "old",
                                                     "male",
                                                     "female",
                                                     "man",
                                                     "woman",
                                                     "normal",
                                                     "unremarkable",
                                                     "stable",
                                                     "new",
                                                     "left",
                                                     "right",
                                                     "small",
                                                     "large",
                                                     "mild",
                                                     "moderate",
                                                     "severe",
                                                     "acute",
                                                     "chronic",
                                                     "known",
                                                     "pain",
                                                     "fever",
                                                     "cough",
                                                     "dyspnea",
                                                     "dyspnoea",
                                                     "smoker",
                                                     "denies",
                                                     "diagnosed",
                                                     "also",
                                                     "now",
                                                     "who",
                                                     "which",
                                                     "when",
                                                     "if",
                                                     "suspected",
                                                     "possible",
                                                     "probable",
                                                     "rule",
                                                     "evaluate",
                                                     "nodule",
                                                     "nodules",
                                                     "effusion",
                                                     "mass",
                                                     "lesion",
                                                     "pneumonia",
                                                     "none",
                                                     "see",
                                                     "seen",
                                                     "discussed",
                                                     "january",
                                                     "february",
                                                     "april",
                                                     "june",
                                                     "july",
                                                     "september",
                                                     "october",
                                                     "november",
                                                     "december",
                                                     "monday",
                                                     "tuesday",
                                                     "wednesday",
                                                     "thursday",
                                                     "friday",
                                                     "saturday",
                                                     "sunday",
                                                     "physician",
                                                     "doctor",
                                                     "nurse",
                                                     "name",
                                                     "signed",
                                                     "electronically",
                                                     "dictated",
                                                     "called",
                                                     "accession",
                                                     "address",
                                                     "contact",
                                                     "referred",
                                                     "referring",
                                                     "side",
                                                     "sided",
                                                     "upper",
                                                     "lower",
                                                     "middle",
                                                     "lobe",
                                                     "breast"};
  return words.count(word) > 0;
}

}  // namespace chiasm::deid
