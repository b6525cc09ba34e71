#include "data/deidentify_patterns.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

#include "core/base/text.h"
#include "data/deidentify_fold.h"

namespace chiasm::deid {

namespace {

struct Pattern {
  std::regex expression;
  std::string replacement;  // of the first group, or of the whole where there is none
};

Pattern pattern(const std::string& text, const std::string& replacement, bool any_case = true) {
  return {std::regex(text, std::regex::ECMAScript | std::regex::optimize | (any_case ? std::regex::icase : std::regex::flag_type{})),
          replacement};
}

void add_matches(const std::string& letters, const std::vector<Pattern>& patterns, Spans& spans) {
  for (const Pattern& rule : patterns)
    for (std::sregex_iterator match(letters.begin(), letters.end(), rule.expression), end; match != end; ++match) {
      const size_t group = match->size() > 1 && (*match)[1].matched ? 1 : 0;
      const auto start = static_cast<size_t>(match->position(group));
      spans.add(start, start + static_cast<size_t>(match->length(group)), rule.replacement);
    }
}

const std::vector<Pattern>& contact_patterns() {
  static const std::string no_size = "(?![.,]?\\d|\\s?(?:mm|cm|ml|mg|kg|hu|ms|mGy)\\b)";
  static const std::string number = "(?![ \\t]{0,3}\\d{1,3}[ -]?(?:y|mm|cm|ml|mg))([A-Za-z]{0,4}[-/ ]?\\d[A-Za-z0-9/-]{2,24})";
  static const std::string street =
      "(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Way|Court|Ct|Place|Pl|Square|Sq|Terrace|Close|Crescent|Row|Hill)";
  static const std::string town =
      "(?:,[ \\t]{0,3}[A-Z][a-z~]{2,20}(?: [A-Z][a-z~]{2,20}){0,2})?(?:,?[ \\t]{0,3}[A-Z]{2})?(?:[ \\t]{1,3}\\d{5}(?:-\\d{4})?)?";
  static const std::vector<Pattern> list{
      pattern("[A-Z0-9._%+-]{1,64}@[A-Z0-9.-]{1,190}\\.[A-Z]{2,10}", "[MAIL]"),
      pattern("(?:https?://|ftp://|www\\.)[^\\s<>\"]{1,300}", "[URL]"),
      pattern("\\b[A-Z0-9-]{2,40}(?:\\.[A-Z0-9-]{2,40}){0,3}\\.(?:com|org|net|edu|gov|int|info)\\b", "[URL]"),
      pattern("\\b[0-2](?:\\.\\d{1,39}){5,30}\\b", "[ID]"),
      pattern("\\b\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\b", "[ID]"),
      pattern("\\b(?:phone|telephone|tel|fax|mobile|cell|pager|bleep|call|contact|reached at|extension|ext)(?:[ "
              "\\t]{0,3}(?:no|number|nr))?[.:# \\t]{0,4}(?:(?:at|on|is)[ \\t]{1,3})?"
              "([+(]?\\d[\\d ()./x-]{2,22}\\d)" +
                  no_size,
              "[PHONE]"),
      pattern("(\\+\\d{1,3}[ .-]?(?:\\(\\d{1,4}\\)[ .-]?)?\\d[\\d .-]{5,16}\\d)", "[PHONE]"),
      pattern("(\\(\\d{2,5}\\)[ .-]?\\d{3,4}[ .-]?\\d{3,4})\\b" + no_size, "[PHONE]"),
      pattern("\\b(0\\d{1,4}[ -]\\d{1,4}[ -]\\d{4})\\b" + no_size, "[PHONE]"),
      pattern("\\b(\\d{3}[ .-]\\d{3}[ .-]\\d{4}|0\\d{2,4}[ -]\\d{3,4}[ -]?\\d{3,4}|\\d{3}-\\d{4})\\b" + no_size, "[PHONE]"),
      pattern("\\b(\\d{3}-\\d{2}-\\d{4})\\b", "[ID]"),
      pattern(
          "\\b(?:MRN|SSN|NHS|accession|medical record)\\b(?:[ \\t]{0,3}(?:number|no|nr|id)\\b)?[.:#= \\t]{1,4}(?:is[ \\t]{1,3})?" + number,
          "[ID]"),
      pattern("\\b(?:record|patient|hospital|case|chart|insurance|policy|account|social security|passport|licen[cs]e)"
              "(?:[ \\t]{1,3}(?:number|no|nr|id)\\b[.:#= \\t]{1,4}(?:is[ \\t]{1,3})?|[ \\t]?[:#=][ \\t]{0,3})" +
                  number,
              "[ID]"),
      pattern("\\b(?:number|id|no)\\b[.:#=]{1,2}[ \\t]{0,3}" + number, "[ID]"),
      pattern("\\b([A-Z]{0,5}-?\\d{7,60})\\b", "[ID]"),
      pattern("\\b([A-Z]{1,5}-?\\d{5,60})\\b", "[ID]", false),
      pattern("\\b(\\d{1,5}[A-Za-z]?[ \\t]{1,3}(?:[A-Z][A-Za-z~'.-]{1,20}[ \\t]{1,3}){1,4}" + street + "\\b\\.?" + town + ")", "[ADDRESS]",
              false),
      pattern("\\b([A-Z]{2} \\d{5}(?:-\\d{4})?)\\b", "[ADDRESS]", false),
      pattern("\\b([A-Z]{1,2}\\d[A-Z\\d]? \\d[A-Z]{2})\\b", "[ADDRESS]", false),
  };
  return list;
}

}  // namespace

void find_contacts(const std::string& letters, Spans& spans) { add_matches(letters, contact_patterns(), spans); }

void find_ages(const std::string& letters, Spans& spans) {
  static const std::string in_words =
      "\\b(ninety(?:[ -]?(?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one) hundred(?:[ -](?:and[ -])?\\w{3,9}(?:[ "
      "-]\\w{3,5})?)?)";
  static const std::vector<Pattern> list{
      pattern(in_words + "[ -]{1,2}years?\\b", "90"),
      pattern("\\baged?[: \\t]{1,3}" + in_words.substr(2) + "\\b", "90"),
      pattern("\\b(9\\d|1[0-4]\\d)[ -]?(?:years?|yrs?|y\\.?/?o\\.?|y)(?:[ -]?old)?\\b", "90"),
      pattern("\\baged?[: \\t]{1,3}(9\\d|1[0-4]\\d)\\b", "90"),
      pattern("\\b(9\\d|1[0-4]\\d)[ -]?(?:M|F|male|female)\\b", "90"),
  };
  add_matches(letters, list, spans);
}

namespace {

bool is_title(const std::string& word) {
  static const std::set<std::string> titles{"dr", "drs",  "doctor", "prof",  "professor", "mr",   "mrs",
                                            "ms", "miss", "mister", "nurse", "sister",    "madam"};
  return titles.count(word) > 0;
}

// The words of a name as matched, cut where a word cannot belong to it.
Place cut_name(const std::string& letters, Place place) {
  bool mixed = false, first = true;
  size_t end = place.start;
  for (size_t at = place.start; at < place.end;) {
    size_t stop = at;
    while (stop < place.end && letters[stop] != ' ' && letters[stop] != '\t') ++stop;
    std::string word = letters.substr(at, stop - at);
    if (!word.empty() && (word.back() == '.' || word.back() == ',')) word.pop_back();
    const bool capitals = word.size() > 1 && upper(word) == word;
    const bool initial = word.size() == 1 && stop > at + 1;
    if (first && is_title(lower(word))) return {place.start, place.start};  // the rule for titles takes the name behind it
    if (!word.empty() && !initial && (ends_a_name(lower(word)) || (mixed && capitals && word.size() <= 4 && !first))) break;
    mixed = mixed || (word.size() > 1 && !capitals);
    first = first && word.empty();
    end = std::max(end, stop);
    at = stop;
    while (at < place.end && (letters[at] == ' ' || letters[at] == '\t')) ++at;
  }
  while (end > place.start && letters[end - 1] == ',') --end;
  return {place.start, end};
}

// A particle alone is no name.
bool holds_name(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return std::isupper(static_cast<unsigned char>(c)) || c == '~'; });
}

const std::vector<std::regex>& name_triggers() {
  static const std::string particle = "(?:van|von|de|der|den|del|della|di|da|la|le|bin|al|ter|ten|dos|du)";
  static const std::string word = "(?:[A-Z~][A-Za-z~']{1,30}(?:-[A-Z~][A-Za-z~']{1,30}){0,2}|[A-Z]\\.(?:[A-Z]\\.)?|[A-Z](?= [A-Z]))";
  static const std::string name =
      "((?:" + particle + "[ \\t]){0,2}" + word + "(?:,?[ \\t]{1,2}(?:" + particle + "[ \\t]){0,2}" + word + "){0,3})";
  static const std::string relation =
      "(?:wife|husband|son|daughter|mother|father|brother|sister|aunt|uncle|niece|nephew|cousin|grand(?:son|daughter|mother|father)|"
      "partner|spouse|"
      "friend|neighbou?r|carer|caregiver|guardian)";
  const auto make = [](const std::string& text) { return std::regex(text, std::regex::ECMAScript | std::regex::optimize); };
  static const std::vector<std::regex> list{
      make("\\b(?:[Dd]rs?\\.?|DRS?\\.?|[Dd]octors?|DOCTOR|[Pp]rof\\.?|PROF\\.?|[Pp]rofessor|[Mm]rs?\\.?|MRS?\\.|MRS|M[sx]\\.?|MS\\.|Miss|"
           "Mister|Nurse|Sister|Madam|Herr|Frau)[ \\t]{1,2}" +
           name),
      make("\\b(?:[Ww]ife|[Hh]usband|[Ss]on|[Dd]aughter|[Mm]other|[Ff]ather|[Bb]rother|[Ss]ister|[Aa]unt|[Uu]ncle|[Nn]iece|[Nn]ephew|[Cc]"
           "ousin|[Gg]rand(?:son|daughter|mother|father)|"
           "[Pp]artner|[Ss]pouse|[Ff]ianc~?e{0,2}|[Ff]riend|[Nn]eighbou?r|[Cc]arer|[Cc]aregiver|[Gg]uardian|[Cc]olleague|[Pp]arent)s?,?[ "
           "\\t]{1,2}(?:(?:called|named|is|was)[ \\t]|\\()?" +
           name),
      make("\\b(?:[Ss]igned|[Dd]ictated|[Rr]eported|[Vv]erified|[Rr]eviewed|[Rr]ead|[Rr]eferred|[Rr]equested|[Ss]een|[Aa]pproved|[Tt]"
           "ranscribed|[Oo]rdered|[Pp]erformed|[Aa]ttended|"
           "[Aa]ccompanied|[Ii]nformed|[Aa]uthori[sz]ed|[Ii]nterpreted|[Ff]inali[sz]ed)(?:[ \\t]electronically)?[ \\t](?:by|from)[ "
           "\\t]{0,2}:?[ \\t]{1,2}" +
           name),
      make("\\b(?:[Dd]iscussed|[Cc]ommunicated|[Ss]poke|[Cc]onveyed|[Tt]elephoned|[Pp]honed|[Cc]alled|[Rr]elayed)(?:[ \\t]\\w{1,15}){0,4}[ "
           "\\t](?:with|to)[ \\t]{1,2}" +
           name),
      make("\\b(?:[Pp]atient(?:'s)?(?:[ \\t][Nn]ame)?|[Nn]ame|[Rr]eferring(?:[ "
           "\\t]\\w{1,12})?|[Rr]eferrer|[Rr]adiologist|[Pp]hysician|[Cc]onsultant|[Aa]ttending|[Rr]esident|[Tt]echnologist|"
           "[Oo]perator|[Ss]urgeon|[Aa]uthor|[Rr]eporter|[Nn]ext of kin|[Ee]mergency contact|[Cc]ontact|GP|[Dd]octor|[Rr]equested "
           "by|[Ss]igned|[Dd]ictated by|[Cc]opy to|cc|CC)[ \\t]{0,2}:[ \\t]{0,3}" +
           name),
      make("\\b" + name + "(?:,[ \\t]|[ \\t]\\()(?:(?:the[ \\t]patient's|his|her|their|an?|the)[ \\t])?" + relation + "\\b"),
      make("\\b" + relation + "-in-law,?[ \\t]{1,2}" + name),
      make("\\b[A-Z][a-z]{2,9}-in-law,?[ \\t]{1,2}" + name),
      make("\\b(?:[Cc]ontact(?:[ \\t]person)?|[Nn]ext of kin|[Ee]mergency contact|[Tt]hank you,?|[Nn]urse practitioner|[Pp]hysician "
           "assistant|"
           "[Cc]harge nurse)[ \\t]{1,2}" +
           name),
      make("\\b" + name + "[ \\t](?:visits|called|calls|phoned|telephoned|accompanied|lives with|cares for|stated|states|consented)\\b"),
      make("\\b(?:by|per)[ \\t]{1,2}(?=[A-Z~][A-Za-z~'.-]*,?[ \\t]+[A-Z~][A-Za-z~'-]+)" + name),
      make("\\bI,[ \\t]" + name + ",[ \\t](?:have|had|attest|certify|was|agree|personally|confirm)\\b"),
      make("\\b(?:[Rr]adiologist|[Pp]hysician|[Cc]onsultant|[Ss]urgeon|[Rr]esident|[Tt]echnologist|[Rr]adiographer|[Oo]perator|[Nn]urse)[ "
           "\\t]" +
           name),
      make("\\b[Pp]atient,?[ \\t](?:is[ \\t]|named[ \\t]|called[ \\t])?" + name),
  };
  return list;
}

}  // namespace

std::vector<Place> titled_names(const std::string& letters) {
  std::vector<Place> places;
  for (const std::regex& trigger : name_triggers())
    for (std::sregex_iterator match(letters.begin(), letters.end(), trigger), end; match != end; ++match) {
      const auto start = static_cast<size_t>(match->position(1));
      const Place name = cut_name(letters, {start, start + static_cast<size_t>(match->length(1))});
      if (holds_name(letters.substr(name.start, name.end - name.start))) places.push_back(name);
    }
  return places;
}

}  // namespace chiasm::deid
