#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annex_e_values.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr const char* removed = "REMOVED";
constexpr const char* decimal_digits = "0123456789";
constexpr int64_t oldest_day = -135'140;  // 1600-01-01

void put(DcmItem& item, DcmElement& element, const std::string& value) {
  const DcmTagKey key = element.getTag();
  if (element.putOFStringArray(value.c_str()).bad() && item.putAndInsertString(key, value.c_str()).bad())
    throw Refused("DAMAGED", "an attribute cannot be changed");
}

// Characters a value of the representation may have; 0: no limit that matters.
size_t most_characters(DcmEVR representation) {
  switch (representation) {
    case EVR_AE:
    case EVR_CS:
    case EVR_SH:
      return 16;
    case EVR_LO:
    case EVR_PN:
      return 64;
    case EVR_ST:
      return 1024;
    case EVR_LT:
      return 10240;
    default:
      return 0;
  }
}

// Cut between code points of UTF-8.
std::string limited(const std::string& text, size_t characters) {
  size_t count = 0;
  for (size_t n = 0; n < text.size(); ++n)
    if ((static_cast<uint8_t>(text[n]) & 0xC0) != 0x80 && ++count > characters) return text.substr(0, n);
  return text;
}

bool only(const std::string& text, const char* characters) { return text.find_first_not_of(characters) == std::string::npos; }

// Of a date and time, behind the date: hours to fractions, then an offset; a range would bring a second date.
bool is_time_and_zone(const std::string& text) {
  const size_t zone = std::min(text.find_first_of("+-"), text.size());
  const std::string time = text.substr(0, zone), digits = split(time, '.').front();
  const bool offset = zone == text.size() || (text.size() == zone + 5 && only(text.substr(zone + 1), decimal_digits));
  return offset && digits.size() <= 6 && time.size() <= 13 && only(time, "0123456789.");
}

// "20210304" or "20210304101500.5+0100" with its date moved, and the old form "2021.03.04"; "" for anything else.
std::string shifted(const std::string& value, int64_t days) {
  std::string text = trim(value);
  if (text.size() == 10 && text[4] == '.' && text[7] == '.') text = replace_all(text, ".", "");
  if (text.size() < 8 || !only(text.substr(0, 8), decimal_digits) || !is_time_and_zone(text.substr(8))) return "";
  const auto day = parse_day(text.substr(0, 8));
  if (!day || *day + days < oldest_day) return "";
  return compact_date(*day + days) + text.substr(8);
}

std::string zero_of(DcmEVR representation) {
  switch (representation) {
    case EVR_DA:
      return "19000101";
    case EVR_DT:
      return "19000101000000";
    case EVR_TM:
      return "000000";
    case EVR_AS:
      return "000Y";
    default:
      return "0";
  }
}

void put_zero_bytes(DcmItem& item, DcmElement& element) {
  const Uint8 bytes[2] = {0, 0};
  const Uint16 words[1] = {0};
  const bool done = element.ident() == EVR_OW ? element.putUint16Array(words, 1).good() : element.putUint8Array(bytes, 2).good();
  if (!done && item.insertEmptyElement(element.getTag()).bad()) throw Refused("DAMAGED", "an attribute cannot be changed");
}

}  // namespace

bool is_text(const DcmElement& element) {
  switch (element.ident()) {
    case EVR_AE:
    case EVR_CS:
    case EVR_LO:
    case EVR_LT:
    case EVR_PN:
    case EVR_SH:
    case EVR_ST:
    case EVR_UC:
    case EVR_UR:
    case EVR_UT:
      return true;
    default:
      return false;
  }
}

bool is_uid(const DcmElement& element) { return element.ident() == EVR_UI; }

bool is_date(const DcmElement& element) { return element.ident() == EVR_DA || element.ident() == EVR_DT; }

std::string raw_text(DcmElement& element) {
  OFString value;
  return element.getOFStringArray(value, OFFalse).good() ? std::string(value.c_str(), value.size()) : std::string();
}

bool is_written_number(const DcmElement& element) {
  const DcmEVR of = element.ident();
  return of == EVR_DS || of == EVR_IS || of == EVR_TM || is_date(element);
}

bool is_well_formed(DcmElement& element) {
  const std::string value = raw_text(element);
  switch (element.ident()) {
    case EVR_IS:
      return only(value, "0123456789+- \\");
    case EVR_DS:
      return only(value, "0123456789+-.eE \\");
    default:
      return only(value, "0123456789+-.: \\");
  }
}

void put_dummy(DcmItem& item, DcmElement& element) {
  const DcmEVR representation = element.ident();
  if (is_text(element)) return put(item, element, removed);
  if (is_written_number(element) || representation == EVR_AS) return put(item, element, zero_of(representation));
  if (representation == EVR_OB || representation == EVR_OW || representation == EVR_UN || representation == EVR_ox)
    return put_zero_bytes(item, element);
  if (element.putString("0").bad()) static_cast<void>(item.insertEmptyElement(element.getTag()));
}

void shift_dates(DcmItem& item, DcmElement& element, int64_t shift_days) {
  std::vector<std::string> values;
  for (const std::string& value : split(raw_text(element), '\\')) values.push_back(shifted(value, shift_days));
  put(item, element, join(values, "\\"));
}

void replace_uids(DcmItem& item, DcmElement& element, const Surrogates& surrogates) {
  const bool scheme = element.getTag() == DCM_CodingSchemeUID;
  std::vector<std::string> values;
  for (const std::string& value : split(raw_text(element), '\\')) {
    const std::string uid = trim(value);
    const bool known = starts_with(uid, "1.2.840.10008.") || (scheme && starts_with(uid, "2.16.840.1.113883.6."));
    values.push_back(uid.empty() || (known && only(uid, "0123456789.")) ? uid : surrogates.uid(uid));
  }
  put(item, element, join(values, "\\"));
}

void clean_text(DcmItem& item, DcmElement& element, const Surrogates& surrogates) {
  const std::string before = raw_text(element);
  if (trim(before).empty()) return;
  std::string after = replace_all(surrogates.text(before), "\\", "/");
  if (const size_t most = most_characters(element.ident()); most > 0) after = limited(after, most);
  put(item, element, after.empty() ? removed : after);
}

void cap_age(DcmItem& item, DcmElement& element) {
  const std::string age = trim(raw_text(element));
  const bool valid = age.size() == 4 && only(age.substr(0, 3), decimal_digits) && only(age.substr(3), "DWMY");
  if (!valid) return put(item, element, "");
  if (age[3] == 'Y' && age >= "090Y") put(item, element, "090Y");
}

}  // namespace chiasm::dicom
