#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annex_e.h"

#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/annex_e_actions.h"
#include "data/dicom/annex_e_face.h"
#include "data/dicom/annex_e_values.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

uint32_t number_of(const DcmTagKey& key) { return static_cast<uint32_t>(key.getGroup()) << 16 | key.getElement(); }

// Repeating groups of overlays and curves: the table names some of their attributes, this removes all.
bool is_graphic(const DcmTagKey& key) { return (key.getGroup() & 0xFF00) == 0x6000 || (key.getGroup() & 0xFF00) == 0x5000; }

// A code of the site's own scheme (PS3.16 8.2): its meaning is what somebody typed.
bool is_local_code(DcmItem& item) {
  const std::string scheme = text(item, DCM_CodingSchemeDesignator);
  return scheme.empty() || scheme == "L" || starts_with(scheme, "99");
}

// A coded concept: terms of a published scheme, which stay where a sequence's own texts go.
bool is_code(const DcmTagKey& key) {
  return key == DCM_CodeValue || key == DCM_LongCodeValue || key == DCM_URNCodeValue || key == DCM_CodingSchemeDesignator ||
         key == DCM_CodingSchemeVersion || key == DCM_CodeMeaning || key == DCM_ValueType || key == DCM_RelationshipType ||
         key == DCM_ContinuityOfContent;
}

// Prose, and addresses of the site's network: LT, ST, UC, UT, UR.
bool is_prose(const DcmElement& element) {
  const DcmEVR of = element.ident();
  return (of == EVR_LT || of == EVR_ST || of == EVR_UC || of == EVR_UT || of == EVR_UR) && !is_code(element.getTag());
}

bool is_bytes(DcmEVR of) { return of == EVR_OB || of == EVR_OW || of == EVR_OF || of == EVR_OD || of == EVR_OL || of == EVR_UN; }

// What nobody can judge: an attribute that the dictionary does not know, or bytes where it has none.
bool is_strange(const DcmElement& element) {
  const DcmTag known{DcmTagKey(element.getTag())};
  const DcmEVR of = known.getEVR();
  if (of == EVR_UN || of == EVR_UNKNOWN || of == EVR_UNKNOWN2B) return true;
  return is_bytes(element.ident()) && !is_bytes(of) && of != EVR_ox && of != EVR_px && of != EVR_lt && of != EVR_xs;
}

class Walker {
 public:
  Walker(const Profile& profile, const Surrogates& surrogates, int iod) : profile_(profile), surrogates_(surrogates), iod_(iod) {}

  // `dummies`: the item lies in a sequence whose texts go.
  void walk(DcmItem& item, bool top_level, bool dummies) {
    std::vector<DcmTagKey> keys;
    for (unsigned long n = 0; n < item.card(); ++n) keys.push_back(item.getElement(n)->getTag());
    for (const DcmTagKey& key : keys) {
      DcmElement* element = nullptr;
      if (item.findAndGetElement(key, element).good() && element != nullptr) treat(item, *element, top_level, dummies);
    }
    remove_idle_creators(item);
  }

 private:
  void treat(DcmItem& item, DcmElement& element, bool top_level, bool dummies) {
    const DcmTagKey key = element.getTag();
    if (key.getElement() == 0x0000 || is_graphic(key)) return remove(item, key);
    if (key.getGroup() & 1) return treat_private(item, element);
    if (top_level && treat_order(item, element)) return;
    const RuledAction ruled = action_of(number_of(key), profile_, iod_, top_level);
    if (element.ident() == EVR_UN || element.ident() == EVR_UNKNOWN) return treat_unknown(item, key, ruled);
    if (!ruled.ruled && is_strange(element)) return remove(item, key);
    Action action = ruled.ruled ? ruled.action : unruled(element);
    if (action == Action::clean && !is_cleanable(element)) action = action_of(number_of(key), {}, iod_, top_level).action;
    apply(item, element, action, dummies);
  }

  // Bytes of an unknown representation; an attribute that has to be there stays without them.
  static void treat_unknown(DcmItem& item, const DcmTagKey& key, const RuledAction& ruled) {
    const DcmEVR known = DcmTag(key).getEVR();
    if ((ruled.ruled && ruled.action == Action::remove) || known == EVR_UN || known == EVR_UNKNOWN) return remove(item, key);
    static_cast<void>(item.insertEmptyElement(key, OFTrue));
  }

  static bool is_cleanable(const DcmElement& element) {
    return element.ident() == EVR_SQ || element.ident() == EVR_TM || is_date(element) || is_text(element);
  }

  // Kept: the table is a list of what goes. Names, dates and UIDs that it does not list are no exception to what it says of the others.
  Action unruled(const DcmElement& element) const {
    if (element.ident() == EVR_PN) return Action::dummy;
    if (is_prose(element)) return Action::clean;
    if (is_date(element) || element.ident() == EVR_TM) {
      if (profile_.has(ProfileOption::full_dates)) return Action::keep;
      return profile_.has(ProfileOption::modified_dates) ? Action::clean : Action::dummy;
    }
    return is_uid(element) && !profile_.has(ProfileOption::uids) ? Action::new_uid : Action::keep;
  }

  // What the order is called now.
  bool treat_order(DcmItem& item, DcmElement& element) {
    if (element.getTag() != DCM_AccessionNumber || trim(raw_text(element)).empty()) return false;
    static_cast<void>(item.putAndInsertString(DCM_AccessionNumber, surrogates_.accession(trim(raw_text(element))).c_str()));
    return true;
  }

  void treat_private(DcmItem& item, DcmElement& element) {
    const DcmTagKey key = element.getTag();
    if (key.getElement() >= 0x0010 && key.getElement() <= 0x00FF) return;  // a creator: see remove_idle_creators
    const uint16_t low = key.getElement() & 0xFF, block = key.getElement() >> 8;
    const std::string creator = text(item, DcmTagKey(key.getGroup(), block));
    const bool number = !is_text(element) || element.ident() == EVR_CS;
    const bool plain = element.ident() != EVR_SQ && element.ident() != EVR_UN && element.ident() != EVR_OB && element.ident() != EVR_OW;
    if (profile_.has(ProfileOption::safe_private) && number && plain && is_safe_private(creator, key.getGroup(), static_cast<uint8_t>(low)))
      return keep(item, element, false);
    remove(item, key);
  }

  void remove_idle_creators(DcmItem& item) {
    std::vector<DcmTagKey> idle;
    for (unsigned long n = 0; n < item.card(); ++n) {
      const DcmTagKey creator = item.getElement(n)->getTag();
      if (!(creator.getGroup() & 1) || creator.getElement() > 0xFF) continue;
      bool used = false;
      for (unsigned long m = 0; m < item.card() && !used; ++m) {
        const DcmTagKey key = item.getElement(m)->getTag();
        used = key.getGroup() == creator.getGroup() && key.getElement() >> 8 == creator.getElement();
      }
      if (!used) idle.push_back(creator);
    }
    for (const DcmTagKey& key : idle) remove(item, key);
  }

  void apply(DcmItem& item, DcmElement& element, Action action, bool dummies) {
    const DcmTagKey key = element.getTag();
    if (action == Action::remove) return remove(item, key);
    if (action == Action::empty) return static_cast<void>(item.insertEmptyElement(key, OFTrue));
    if (element.ident() == EVR_SQ) return walk_items(element, dummies || action == Action::dummy);
    const bool prose = action == Action::clean && is_text(element) && !is_code(key);
    if ((action == Action::dummy && !is_uid(element)) || (dummies && prose)) return put_dummy(item, element);
    if (is_uid(element)) return action == Action::keep ? keep(item, element, dummies) : replace_uids(item, element, surrogates_);
    if (action == Action::clean) return clean(item, element);
    keep(item, element, dummies);
  }

  void walk_items(DcmElement& element, bool dummies) {
    auto& sequence = dynamic_cast<DcmSequenceOfItems&>(element);
    for (unsigned long n = 0; n < sequence.card(); ++n) walk(*sequence.getItem(n), false, dummies);
  }

  void clean(DcmItem& item, DcmElement& element) {
    if (is_date(element)) return shift_dates(item, element, surrogates_.shift_days);
    if (is_text(element) && element.getTag() != DCM_TimezoneOffsetFromUTC) clean_text(item, element, surrogates_);
    keep(item, element, false);
  }

  // What stays is looked at once more.
  void keep(DcmItem& item, DcmElement& element, bool dummies) {
    if (element.ident() == EVR_AS) return cap_age(item, element);
    if (is_written_number(element) || element.getTag() == DCM_TimezoneOffsetFromUTC) {
      if (!is_well_formed(element)) static_cast<void>(item.insertEmptyElement(element.getTag(), OFTrue));
      return;
    }
    if (!is_text(element)) return;
    if (element.getTag() == DCM_CodeMeaning && is_local_code(item)) clean_text(item, element, surrogates_);
    const std::string value = raw_text(element);
    if (value.empty()) return;
    const bool goes = dummies && !is_code(element.getTag()) && element.ident() != EVR_CS;
    if (goes || !is_utf8(value) || surrogates_.identifies(value)) put_dummy(item, element);
  }

  static void remove(DcmItem& item, const DcmTagKey& key) { std::unique_ptr<DcmElement>(item.remove(key)).reset(); }

  const Profile& profile_;
  const Surrogates& surrogates_;
  int iod_;
};

struct Code {
  ProfileOption option;
  const char *value, *meaning;
};

// CID 7050.
constexpr Code codes[] = {
    {ProfileOption::clean_descriptors, "113105", "Clean Descriptors Option"},
    {ProfileOption::modified_dates, "113107", "Retain Longitudinal Temporal Information Modified Dates Option"},
    {ProfileOption::full_dates, "113106", "Retain Longitudinal Temporal Information Full Dates Option"},
    {ProfileOption::patient_characteristics, "113108", "Retain Patient Characteristics Option"},
    {ProfileOption::device, "113109", "Retain Device Identity Option"},
    {ProfileOption::uids, "113110", "Retain UIDs Option"},
    {ProfileOption::safe_private, "113111", "Retain Safe Private Option"},
    {ProfileOption::institution, "113112", "Retain Institution Identity Option"},
};

void say_method(DcmDataset& dataset, const Profile& profile) {
  static_cast<void>(dataset.putAndInsertString(DCM_PatientIdentityRemoved, "YES"));
  static_cast<void>(dataset.putAndInsertString(DCM_DeidentificationMethod, "Chiasm: PS3.15 annex E (2024e), keyed pseudonyms"));
  static_cast<void>(dataset.findAndDeleteElement(DCM_DeidentificationMethodCodeSequence));
  add_method_code(dataset, "113100", "Basic Application Confidentiality Profile");
  for (const Code& code : codes)
    if (profile.has(code.option)) add_method_code(dataset, code.value, code.meaning);
  const char* dates = profile.has(ProfileOption::full_dates)       ? "UNMODIFIED"
                      : profile.has(ProfileOption::modified_dates) ? "MODIFIED"
                                                                   : "REMOVED";
  static_cast<void>(dataset.putAndInsertString(DCM_LongitudinalTemporalInformationModified, dates));
}

}  // namespace

void add_method_code(DcmDataset& dataset, const char* value, const char* meaning) {
  DcmItem* item = nullptr;
  if (dataset.findOrCreateSequenceItem(DCM_DeidentificationMethodCodeSequence, item, -2).bad()) throw Error("no memory for a sequence");
  static_cast<void>(item->putAndInsertString(DCM_CodeValue, value));
  static_cast<void>(item->putAndInsertString(DCM_CodingSchemeDesignator, "DCM"));
  static_cast<void>(item->putAndInsertString(DCM_CodeMeaning, meaning));
}

void apply_profile(DcmDataset& dataset, const Profile& profile, const Surrogates& surrogates) {
  const int iod = iod_of(text(dataset, DCM_SOPClassUID));
  Walker(profile, surrogates, iod).walk(dataset, /*top_level=*/true, /*dummies=*/false);
  for (const DcmTagKey& name : {DCM_PatientID, DCM_PatientName})
    static_cast<void>(dataset.putAndInsertString(name, surrogates.patient.c_str()));
  say_method(dataset, profile);
}

}  // namespace chiasm::dicom
