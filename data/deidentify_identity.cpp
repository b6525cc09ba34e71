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

enum class Category { person, number, phone, place, date };

Category category_of(const std::string& keyword) {
  const std::string name = lower(keyword);
  if (holds(name, {"institution", "address", "station", "hospital", "department", "city", "street", "residence", "location", "ward",
                   "organization", "service"}))
    return Category::place;
  if (holds(name, {"birthdate", "birth_date", "date", "birthday", "dob"})) return Category::date;
  if (holds(name, {"phone", "fax", "mobile"})) return Category::phone;
  if (holds(name, {"number", "mail", "mrn", "ssn", "uid"}) || ends_with(name, "id") || ends_with(name, "ids")) return Category::number;
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

bool is_title(const std::string& word) {
  static const std::unordered_set<std::string> titles{"dr", "mr", "mrs", "ms",  "miss", "prof", "md",  "phd", "rn",  "jr",
                                                      "sr", "ii", "iii", "iv",  "van",  "von",  "de",  "der", "den", "la",
                                                      "le", "di", "da",  "bin", "al",   "del",  "the", "and", "of"};
  return titles.count(word) > 0;
}

// Words of a name as they are compared, titles and suffixes left out. Single letters are initials, not words.
std::vector<std::string> words_of(const std::string& name, bool with_initials = false) {
  const Folded folded = fold(name);
  std::vector<std::string> words;
  for (size_t at = 0, end = 0; at < folded.letters.size(); at = end + 1) {
    for (end = at; end < folded.letters.size() && (is_letter(folded.letters[end]) || folded.letters[end] == '\'');) ++end;
    const std::string word = folded.key(at, end);
    if (end > at + (with_initials ? 0 : 1) && !is_title(word)) words.push_back(word);
  }
  return words;
}

// The parts between carets or commas, each in one piece.
std::vector<std::string> glued_components(const std::string& name) {
  std::vector<std::string> glued;
  for (const std::string& component : split(replace_all(name, ",", "^"), '^'))
    if (const std::string text = join(words_of(component), ""); !text.empty()) glued.push_back(text);
  const std::vector<std::string> words = words_of(name);
  return glued.size() == 1 && words.size() == 2 ? words : glued;
}

// Of "Doe-Roe^Jane^Mary": jd, jdr, jmd, jmdr, and with the family first.
void add_initials(NameParts& parts, const std::string& name) {
  std::string given, family;
  for (const std::string& component : split(replace_all(name, ",", "^"), '^')) {
    std::string& letters = family.empty() ? family : given;
    for (const std::string& word : words_of(component, true)) {
      if (static_cast<unsigned char>(word[0]) >= 0x80) return;  // other scripts have none
      letters += word[0];
    }
  }
  if (given.empty()) return;
  for (const std::string& first : {given, given.substr(0, 1)})
    for (const std::string& last : {family, family.substr(0, 1)}) {
      parts.initials.insert(first + last);
      parts.initials.insert(last + first);
    }
}

void add_unspaced(NameParts& parts, const std::string& text) {
  // One character alone (the family name Hayashi) is part of ordinary words: it counts within the whole name, or behind a title.
  if (const std::u32string points = fold(text).points; points.size() > 1) parts.unspaced.insert(points);
}

bool is_unspaced_word(const std::string& key) { return is_unspaced(fold(key).points.front()); }

// One writing of a name; DICOM joins up to three of them by '='.
void add_parts(NameParts& parts, const std::string& name) {
  const std::vector<std::string> glued = glued_components(name);
  if (glued.size() >= 2)
    for (const std::string& whole : {glued[0] + glued[1], glued[1] + glued[0]}) {
      if (is_unspaced_word(whole))
        add_unspaced(parts, whole);
      else {
        parts.distinct.insert(whole);
        if (whole.size() >= 8) parts.whole.insert(whole);
      }
    }
  for (const std::string& word : words_of(name)) {
    if (is_unspaced_word(word))
      add_unspaced(parts, word);
    else
      (is_ordinary_word(word) || word.size() == 2 ? parts.common : parts.distinct).insert(word);
  }
  add_initials(parts, name);
}

}  // namespace

void Identity::add(const std::string& keyword, const std::string& value) {
  const std::string plain = trim(value);
  // "000000000" or "----" fill a field and name nobody; bytes like them stand in many pixels.
  if (plain.size() < 2 || plain.find_first_not_of(plain[0]) == std::string::npos) return;
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
    case Category::phone:
      if (plain.size() >= 6) phones.insert(plain);
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
  phones.insert(other.phones.begin(), other.phones.end());
  places.insert(other.places.begin(), other.places.end());
  dates.insert(other.dates.begin(), other.dates.end());
}

bool NameParts::has(const std::string& key, const std::string& letters) const {
  if (distinct.count(key)) return true;
  if (!common.count(key) || !std::isupper(static_cast<unsigned char>(letters[0]))) return false;
  return letters.size() > 2 || std::islower(static_cast<unsigned char>(letters[1]));  // "Hu" is a name, "HU" a unit
}

NameParts name_parts(const std::set<std::string>& people) {
  NameParts parts;
  for (const std::string& name : people)
    for (const std::string& writing : split(name, '=')) {
      add_parts(parts, writing);
      if (const std::string spelled = spelled_out(writing); spelled != writing) add_parts(parts, spelled);
    }
  return parts;
}

namespace {

constexpr std::string_view kOrdinaryWords =
    "apex april august ball base bell black blue bone branch bright brown bush case chance chest colon cross cyst day dean "
    "drew ear early east english fair faith field fields fine first foot ford forest free frost full gold good grace gray "
    "green grey hand head heart hill hope iron joy june key lane large left light little liver long love lung major march "
    "mark marsh mass max may miles moss mouth neck new noble node normal north nose old pace page pain park pool power price "
    "ray reed rib ribs rich right root rose round see self sharp short side small smart snow south speed spine spring stern "
    "still stone street strong sugar summer sun sweet swift thorn tip wall ward waters well wells west white will winter wise "
    "wolf wood woods years young";

constexpr std::string_view kWordsAfterNames =
    "a abdomen accession acute address also an and ap april are as at brain breast but by called chest chronic clinic "
    "clinical comparison conclusion contact cough ct cxr date december denies department diagnosed dictated discussed dob "
    "doctor dyspnea dyspnoea ed effusion electronically email emergency er evaluate exam examination fax february female "
    "fever finding findings follow followup for friday from gp had has have he head heart her his history hospital i icu id "
    "if impression in indication is it january july june kidney known large left lesion liver lobe lower lung lungs mail male "
    "man mass middle mild moderate monday mr mri mrn name new no nodule nodules none normal not november now nurse october of "
    "old on or our pa pain patient pelvis pet phone physician please pneumonia possible probable radiology recommendation "
    "referred referring report reported reports right room rule saturday see seen september severe she side sided signed "
    "small smoker spine stable study sunday suspected technique tel telephone that the their there these they this thorax "
    "thursday time to tuesday unremarkable upper us ward was we wednesday were when which who will with without woman would x "
    "xr year years";

std::unordered_set<std::string> set_of(std::string_view words) {
  const std::vector<std::string> list = split(words, ' ');
  return {list.begin(), list.end()};
}

}  // namespace

bool is_ordinary_word(const std::string& word) {
  static const std::unordered_set<std::string> words = set_of(kOrdinaryWords);
  return words.count(word) > 0;
}

bool ends_a_name(const std::string& word) {
  static const std::unordered_set<std::string> words = set_of(kWordsAfterNames);
  return words.count(word) > 0;
}

}  // namespace chiasm::deid
