// New values for elements that the profile changes, by value representation.
#pragma once

#include <string>

#include "data/dicom/annex_e.h"

class DcmElement;
class DcmItem;

namespace chiasm::dicom {

// A text that people write: AE, CS, LO, LT, PN, SH, ST, UC, UR, UT.
bool is_text(const DcmElement& element);
bool is_uid(const DcmElement& element);
bool is_date(const DcmElement& element);  // DA or DT

// All values joined by a backslash, as stored; "" when it has none or cannot be read.
std::string raw_text(DcmElement& element);

// DS, IS, TM, DA, DT and time zones: strings with a form, in which nothing else may stand.
bool is_written_number(const DcmElement& element);
bool is_well_formed(DcmElement& element);

// A value of zero, 1900-01-01 or "REMOVED" that is valid in the element's representation.
void put_dummy(DcmItem& item, DcmElement& element);
// Every date moved; what is no date, or holds more than one, becomes empty. Time of day and time zone stay.
void shift_dates(DcmItem& item, DcmElement& element, int64_t shift_days);
// Each UID by its surrogate; the standard's own (1.2.840.10008.) stay, and public coding schemes (HL7's 2.16.840.1.113883.6.).
void replace_uids(DcmItem& item, DcmElement& element, const Surrogates& surrogates);
// The cleaned text, cut to what the representation holds; a dummy when cleaning gives nothing.
void clean_text(DcmItem& item, DcmElement& element, const Surrogates& surrogates);
// "093Y" as "090Y": ages above 89 are one (45 CFR 164.514(b)(2)(i)(C)). What is no age becomes empty.
void cap_age(DcmItem& item, DcmElement& element);

}  // namespace chiasm::dicom
