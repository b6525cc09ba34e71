#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annex_e_values.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr const char* removed = "REMOVED";
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

// "20210304" or "20210304101500.5+0100" with its date moved; "" when it does not start with a date.
std::string shifted(const std::string& value, int64_t days) {
  const std::string text = trim(value);
  if (text.size() < 8) return "";
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

void put_dummy(DcmItem& item, DcmElement& element, int64_t shift_days) {
  const DcmEVR representation = element.ident();
  if (is_date(element)) {
    const std::string moved = shifted(split(raw_text(element), '\\').front(), shift_days);
    return put(item, element, moved.empty() ? zero_of(representation) : moved);
  }
  if (is_text(element)) return put(item, element, removed);
  if (representation == EVR_TM || representation == EVR_AS || representation == EVR_DS || representation == EVR_IS)
    return put(item, element, zero_of(representation));
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
  std::vector<std::string> values;
  for (const std::string& value : split(raw_text(element), '\\')) {
    const std::string uid = trim(value);
    values.push_back(uid.empty() || starts_with(uid, "1.2.840.10008.") ? uid : surrogates.uid(uid));
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
  const auto years = age.size() == 4 && age[3] == 'Y' ? parse_integer(age.substr(0, 3)) : std::nullopt;
  if (years && *years > 89) put(item, element, "090Y");
}

}  // namespace chiasm::dicom
