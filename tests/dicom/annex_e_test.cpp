// The confidentiality profile of PS3.15 annex E, row by row and option by option.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annex_e.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/annex_e_actions.h"
#include "data/dicom/annex_e_table.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

constexpr const char* ct = "1.2.840.10008.5.1.4.1.1.2";
constexpr const char* enhanced_ct = "1.2.840.10008.5.1.4.1.1.2.1";
constexpr const char* marker = "Qzmarker";

// Knows the marker; dates move by a week.
Surrogates surrogates() {
  Surrogates out;
  out.patient = "pseudonym";
  out.uid = [](const std::string& uid) { return "2.25." + std::to_string(std::hash<std::string>{}(uid)); };
  out.accession = [](const std::string&) { return std::string("order"); };
  out.text = [](const std::string& raw) { return raw.find(marker) == std::string::npos ? raw : std::string("cleaned"); };
  out.identifies = [](const std::string& value) { return value.find(marker) != std::string::npos; };
  out.shift_days = -7;
  return out;
}

Profile with(std::set<ProfileOption> options) { return {std::move(options)}; }

void start(DcmDataset& dataset, const char* sop_class = ct) { dataset.putAndInsertString(DCM_SOPClassUID, sop_class); }

DcmTagKey key_of(uint32_t tag) { return {static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xffff)}; }

// A value that stands for an identity, in the attribute's own representation; false where it cannot be made.
bool plant(DcmDataset& dataset, uint32_t tag) {
  const DcmTag of(key_of(tag));
  switch (of.getEVR()) {
    case EVR_SQ: {
      DcmItem* item = nullptr;
      return dataset.findOrCreateSequenceItem(of, item, 0).good() && item->putAndInsertString(DCM_PatientComments, marker).good();
    }
    case EVR_DA:
      return dataset.putAndInsertString(of, "20210304").good();
    case EVR_DT:
      return dataset.putAndInsertString(of, "20210304101500").good();
    case EVR_TM:
      return dataset.putAndInsertString(of, "101500").good();
    case EVR_AS:
      return dataset.putAndInsertString(of, "093Y").good();
    case EVR_UI:
      return dataset.putAndInsertString(of, "1.2.3.4").good();
    case EVR_DS:
    case EVR_IS:
      return dataset.putAndInsertString(of, "77").good();
    default:
      return dataset.putAndInsertString(of, marker).good() ||
             dataset.putAndInsertUint8Array(of, reinterpret_cast<const Uint8*>("Qzmarker"), 8).good();
  }
}

bool is_exact(const AnnexERow& row) { return row.mask == 0xffffffff && row.tag >> 16 > 4; }

TEST(AnnexE, EachRowOfTheTableIsObeyed) {
  int planted = 0;
  for (const AnnexERow& row : annex_e_rows) {
    if (!is_exact(row)) continue;
    DcmDataset dataset;
    start(dataset);
    const DcmTagKey key = key_of(row.tag);
    if (DcmTag(key).getEVR() == EVR_UN || !plant(dataset, row.tag)) continue;
    ++planted;
    apply_profile(dataset, {}, surrogates());
    DcmElement* element = nullptr;
    const bool there = dataset.findAndGetElement(key, element).good();
    const std::string name = DcmTag(key).getTagName(), value = there ? text(dataset, key) : "";
    const std::string basic = row.basic;
    if (key == DCM_PatientName || key == DCM_PatientID) {
      EXPECT_EQ(value, "pseudonym");
    } else if (key == DCM_AccessionNumber) {
      EXPECT_EQ(value, "order");
    } else if (key == DCM_PatientIdentityRemoved || key == DCM_DeidentificationMethod || key == DCM_DeidentificationMethodCodeSequence) {
      continue;
    } else if (basic == "X") {
      EXPECT_FALSE(there) << name;
    } else if (basic == "Z") {
      EXPECT_TRUE(there && element->isEmpty()) << name;
    } else if (basic == "U") {
      EXPECT_TRUE(there && (element->ident() == EVR_SQ || starts_with(value, "2.25."))) << name;
    } else if (basic == "D") {
      EXPECT_TRUE(there && !element->isEmpty()) << name;
    }
    EXPECT_EQ(value.find(marker), std::string::npos) << name;
    if (there && element->ident() == EVR_SQ) {
      EXPECT_FALSE(dataset.tagExists(DCM_PatientComments, OFTrue)) << name;
    }
  }
  EXPECT_GT(planted, 560);
}

TEST(AnnexE, TheTableHasAllRowsOfTheEdition) {
  EXPECT_EQ(annex_e_rows.size(), 620u);  // and the private attributes
  EXPECT_EQ(conditional_types.size(), 49u);
  for (const AttributeTypes& types : conditional_types) EXPECT_EQ(std::strlen(types.of_iods), 21u);
}

// PS3.3: Content Date is of type 1 in SR, 2 in CT; Institution Name of type 3; Acquisition DateTime of type 1 in an enhanced CT.
TEST(AnnexE, ConditionalActionsFollowTheTypeInTheIod) {
  const auto action = [](uint32_t tag, const char* sop_class, bool top = true) {
    return action_of(tag, {}, iod_of(sop_class), top).action;
  };
  constexpr const char* sr = "1.2.840.10008.5.1.4.1.1.88.33";
  EXPECT_EQ(action(0x00080023, sr), Action::dummy);
  EXPECT_EQ(action(0x00080023, ct), Action::empty);
  EXPECT_EQ(action(0x00080080, ct), Action::remove);
  EXPECT_EQ(action(0x0008002a, enhanced_ct), Action::dummy);
  EXPECT_EQ(action(0x00080080, "1.2.3"), Action::dummy);    // an object that nobody knows stays valid
  EXPECT_EQ(action(0x00080080, ct, false), Action::dummy);  // inside of a sequence, where types are not known
  EXPECT_EQ(action(0x00081140, ct), Action::new_uid);       // references stay
}

TEST(AnnexE, DatesMoveTogetherAndTimesStay) {
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DCM_StudyDate, "20210304");
  dataset.putAndInsertString(DCM_StudyTime, "101500");
  dataset.putAndInsertString(DCM_SeriesDate, "20210311");
  dataset.putAndInsertString(DCM_AcquisitionDateTime, "20210301235959.5+0100");
  dataset.putAndInsertString(DCM_ContentDate, "no date");
  apply_profile(dataset, with({ProfileOption::modified_dates}), surrogates());
  EXPECT_EQ(text(dataset, DCM_StudyDate), "20210225");
  EXPECT_EQ(text(dataset, DCM_StudyTime), "101500");
  EXPECT_EQ(text(dataset, DCM_SeriesDate), "20210304");
  EXPECT_EQ(text(dataset, DCM_AcquisitionDateTime), "20210222235959.5+0100");
  EXPECT_EQ(text(dataset, DCM_ContentDate), "");
  EXPECT_EQ(text(dataset, DCM_LongitudinalTemporalInformationModified), "MODIFIED");
}

TEST(AnnexE, WithoutTheOptionDatesGo) {
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DCM_StudyDate, "20210304");
  dataset.putAndInsertString(DCM_SeriesDate, "20210311");
  apply_profile(dataset, {}, surrogates());
  EXPECT_EQ(text(dataset, DCM_StudyDate), "");
  EXPECT_FALSE(dataset.tagExists(DCM_SeriesDate));
  EXPECT_EQ(text(dataset, DCM_LongitudinalTemporalInformationModified), "REMOVED");
}

// What cannot be judged is no value: a second date, an unlisted date without the option, a number with letters, broken characters.
TEST(AnnexE, StringsWithAFormHoldNothingElse) {
  for (const auto& [before, after] : {std::pair{"20210304-20210311", ""},
                                      {"20210304 20210311", ""},
                                      {"2021.03.04", "20210225"},
                                      {"20210304\\20210311", "20210225\\20210304"},
                                      {"20210399", ""}}) {
    DcmDataset dataset;
    start(dataset);
    dataset.putAndInsertString(DCM_SeriesDate, before);
    apply_profile(dataset, with({ProfileOption::modified_dates}), surrogates());
    EXPECT_EQ(text(dataset, DCM_SeriesDate), after) << before;
  }
  for (const auto& [before, after] : {std::pair{"20210304101500.25+0100", "20210225101500.25+0100"},
                                      {"2021030410", "2021022510"},
                                      {"20210304-20210311", ""},
                                      {"20210304101500+01", ""}}) {
    DcmDataset dataset;
    start(dataset);
    dataset.putAndInsertString(DCM_AcquisitionDateTime, before);
    apply_profile(dataset, with({ProfileOption::modified_dates}), surrogates());
    EXPECT_EQ(text(dataset, DCM_AcquisitionDateTime), after) << before;
  }
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DCM_InstanceNumber, "Doe 7");
  dataset.putAndInsertString(DCM_KVP, "120");
  dataset.putAndInsertString(DCM_SliceThickness, "2.5 Jane");
  dataset.putAndInsertString(DCM_StudyTime, "101500 Doe");
  dataset.putAndInsertString(DCM_ConvolutionKernel, "B30\xff\xfe");
  dataset.putAndInsertString(DCM_PatientAge, "93Y");
  apply_profile(dataset, with({ProfileOption::modified_dates, ProfileOption::patient_characteristics}), surrogates());
  for (const DcmTagKey& key : {DCM_InstanceNumber, DCM_SliceThickness, DCM_StudyTime, DCM_PatientAge}) EXPECT_EQ(text(dataset, key), "");
  EXPECT_EQ(text(dataset, DCM_KVP), "120");
  EXPECT_EQ(text(dataset, DCM_ConvolutionKernel), "REMOVED");
}

// Date of Gain Calibration stands in no row of the table.
TEST(AnnexE, DatesThatTheTableDoesNotListFollowTheOthers) {
  for (const auto& [options, after] : {std::pair{std::set<ProfileOption>{ProfileOption::modified_dates}, "20210225"},
                                       {std::set<ProfileOption>{ProfileOption::full_dates}, "20210304"},
                                       {std::set<ProfileOption>{}, "19000101"}}) {
    DcmDataset dataset;
    start(dataset);
    dataset.putAndInsertString(DCM_DateOfGainCalibration, "20210304");
    apply_profile(dataset, with(options), surrogates());
    EXPECT_EQ(text(dataset, DCM_DateOfGainCalibration), after);
  }
}

// Retain Device Identity keeps the date of a calibration; beside moved dates it would give the shift away.
TEST(AnnexE, NoTrueDateStaysBesideMovedOnes) {
  for (const bool moved : {true, false}) {
    DcmDataset dataset;
    start(dataset);
    dataset.putAndInsertString(DCM_DateOfLastDetectorCalibration, "20210304");
    apply_profile(dataset,
                  moved ? with({ProfileOption::device, ProfileOption::modified_dates})
                        : with({ProfileOption::device, ProfileOption::modified_dates, ProfileOption::full_dates}),
                  surrogates());
    EXPECT_EQ(text(dataset, DCM_DateOfLastDetectorCalibration), moved ? "20210225" : "20210304");
  }
}

TEST(AnnexE, WhatNobodyCanJudgeGoes) {
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DcmTag(0x0008, 0x9999, EVR_LO), "unknown to the dictionary");
  dataset.putAndInsertUint8Array(DcmTag(DCM_Manufacturer, EVR_OB), reinterpret_cast<const Uint8*>("Qzmarker"), 8);
  dataset.putAndInsertString(DCM_CodingSchemeUID, "2.16.840.1.113883.6.96");
  dataset.putAndInsertString(DCM_ContextUID, "1.2.840.10008.Doe");
  apply_profile(dataset, {}, surrogates());
  EXPECT_FALSE(dataset.tagExists(DcmTagKey(0x0008, 0x9999)));
  EXPECT_FALSE(dataset.tagExists(DCM_Manufacturer));
  EXPECT_EQ(text(dataset, DCM_CodingSchemeUID), "2.16.840.1.113883.6.96");
  EXPECT_TRUE(starts_with(text(dataset, DCM_ContextUID), "2.25."));
}

TEST(AnnexE, ContentTreesLoseTheirTextsAndKeepTheirCodes) {
  DcmDataset dataset;
  start(dataset, "1.2.840.10008.5.1.4.1.1.88.33");
  DcmItem *item = nullptr, *concept_name = nullptr;
  dataset.findOrCreateSequenceItem(DCM_ContentSequence, item, 0);
  item->putAndInsertString(DCM_TextValue, "nodule in the left lung");
  item->putAndInsertString(DCM_ValueType, "TEXT");
  item->findOrCreateSequenceItem(DCM_ConceptNameCodeSequence, concept_name, 0);
  concept_name->putAndInsertString(DCM_CodeValue, "121071");
  concept_name->putAndInsertString(DCM_CodingSchemeDesignator, "DCM");
  concept_name->putAndInsertString(DCM_CodeMeaning, "Finding");
  apply_profile(dataset, with({ProfileOption::clean_descriptors}), surrogates());
  DcmItem& left = *items(dataset, DCM_ContentSequence).at(0);
  EXPECT_EQ(text(left, DCM_TextValue), "REMOVED");
  EXPECT_EQ(text(left, DCM_ValueType), "TEXT");
  EXPECT_EQ(text(*items(left, DCM_ConceptNameCodeSequence).at(0), DCM_CodeMeaning), "Finding");
}

TEST(AnnexE, AgesAreCappedWherePatientsAreDescribed) {
  for (const auto& [before, after] : {std::pair{"093Y", "090Y"}, {"089Y", "089Y"}, {"003M", "003M"}}) {
    DcmDataset dataset;
    start(dataset);
    dataset.putAndInsertString(DCM_PatientAge, before);
    apply_profile(dataset, with({ProfileOption::patient_characteristics}), surrogates());
    EXPECT_EQ(text(dataset, DCM_PatientAge), after);
    apply_profile(dataset, {}, surrogates());
    EXPECT_FALSE(dataset.tagExists(DCM_PatientAge));
  }
}

TEST(AnnexE, DescriptorsAreCleanedOrGo) {
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DCM_SeriesDescription, "chest");
  dataset.putAndInsertString(DCM_StudyDescription, marker);
  apply_profile(dataset, with({ProfileOption::clean_descriptors}), surrogates());
  EXPECT_EQ(text(dataset, DCM_SeriesDescription), "chest");
  EXPECT_EQ(text(dataset, DCM_StudyDescription), "cleaned");
  apply_profile(dataset, {}, surrogates());
  EXPECT_FALSE(dataset.tagExists(DCM_SeriesDescription));
}

TEST(AnnexE, InstitutionAndDeviceStayWhenAsked) {
  for (const bool kept : {true, false}) {
    DcmDataset dataset;
    start(dataset);
    dataset.putAndInsertString(DCM_InstitutionName, "Clinic");
    dataset.putAndInsertString(DCM_DeviceSerialNumber, "4711");
    apply_profile(dataset, kept ? with({ProfileOption::institution, ProfileOption::device}) : Profile{}, surrogates());
    EXPECT_EQ(text(dataset, DCM_InstitutionName), kept ? "Clinic" : "");
    EXPECT_EQ(text(dataset, DCM_DeviceSerialNumber), kept ? "4711" : "");
  }
}

TEST(AnnexE, PrivateAttributesGoButForSafeNumbers) {
  for (const bool kept : {true, false}) {
    DcmDataset dataset;
    start(dataset);
    set(dataset, 0x0019, 0x0010, "SIEMENS MR HEADER");
    dataset.putAndInsertString(DcmTag(0x0019, 0x100c, EVR_IS), "1000");
    dataset.putAndInsertString(DcmTag(0x0019, 0x1099, EVR_LO), marker);
    dataset.putAndInsertString(DcmTag(0x0029, 0x0010, EVR_LO), "SIEMENS CSA HEADER");
    dataset.putAndInsertString(DcmTag(0x0029, 0x1010, EVR_UN), marker);
    apply_profile(dataset, kept ? with({ProfileOption::safe_private}) : Profile{}, surrogates());
    EXPECT_EQ(dataset.tagExists(DcmTagKey(0x0019, 0x100c)), kept);
    EXPECT_EQ(dataset.tagExists(DcmTagKey(0x0019, 0x0010)), kept);
    for (const DcmTagKey& gone : {DcmTagKey(0x0019, 0x1099), DcmTagKey(0x0029, 0x1010), DcmTagKey(0x0029, 0x0010)})
      EXPECT_FALSE(dataset.tagExists(gone));
  }
}

TEST(AnnexE, WhatTheTableDoesNotListIsNoWayOut) {
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DcmTag(0x6000, 0x0022, EVR_LO), marker);
  dataset.putAndInsertString(DcmTag(0x5000, 0x2500, EVR_LO), marker);
  dataset.putAndInsertString(DCM_DetectorDescription, marker);
  dataset.putAndInsertString(DCM_ConvolutionKernel, marker);
  DcmItem* item = nullptr;
  dataset.findOrCreateSequenceItem(DCM_ProcedureCodeSequence, item, 0);
  item->putAndInsertString(DCM_CodingSchemeDesignator, "99LOCAL");
  item->putAndInsertString(DCM_CodeMeaning, marker);
  apply_profile(dataset, with({ProfileOption::clean_descriptors}), surrogates());
  EXPECT_FALSE(dataset.tagExists(DcmTagKey(0x6000, 0x0022)));
  EXPECT_FALSE(dataset.tagExists(DcmTagKey(0x5000, 0x2500)));
  EXPECT_EQ(text(dataset, DCM_DetectorDescription), "cleaned");
  EXPECT_EQ(text(dataset, DCM_ConvolutionKernel), "REMOVED");
  EXPECT_EQ(text(*items(dataset, DCM_ProcedureCodeSequence).at(0), DCM_CodeMeaning), "cleaned");
}

TEST(AnnexE, ReferencesKeepTheirClassesAndGetTheNewUids) {
  DcmDataset dataset;
  start(dataset);
  dataset.putAndInsertString(DCM_SOPInstanceUID, "1.2.3");
  DcmItem* item = nullptr;
  dataset.findOrCreateSequenceItem(DCM_ReferencedImageSequence, item, 0);
  item->putAndInsertString(DCM_ReferencedSOPClassUID, ct);
  item->putAndInsertString(DCM_ReferencedSOPInstanceUID, "1.2.3");
  apply_profile(dataset, {}, surrogates());
  DcmItem& reference = *items(dataset, DCM_ReferencedImageSequence).at(0);
  EXPECT_EQ(text(reference, DCM_ReferencedSOPClassUID), ct);
  EXPECT_EQ(text(reference, DCM_ReferencedSOPInstanceUID), text(dataset, DCM_SOPInstanceUID));
  EXPECT_EQ(text(dataset, DCM_SOPClassUID), ct);
}

TEST(AnnexE, TheMethodIsCoded) {
  DcmDataset dataset;
  start(dataset);
  apply_profile(dataset, with({ProfileOption::modified_dates, ProfileOption::patient_characteristics}), surrogates());
  EXPECT_EQ(text(dataset, DCM_PatientIdentityRemoved), "YES");
  std::vector<std::string> codes;
  for (DcmItem* item : items(dataset, DCM_DeidentificationMethodCodeSequence)) codes.push_back(text(*item, DCM_CodeValue));
  EXPECT_EQ(codes, (std::vector<std::string>{"113100", "113107", "113108"}));
}

TEST(AnnexE, AFileKeepsItsPixelsAndNothingAroundThem) {
  const Folder folder;
  const Phantom phantom;
  write_series(phantom, folder.path());
  const std::filesystem::path from = folder.path() / "slice_1.dcm", to = folder.path() / "new.dcm";
  std::string bytes = read_file(from);
  bytes.replace(0, 8, marker);
  write_file_atomic(from, bytes);
  EXPECT_FALSE(deidentify_file(from, to, {}, surrogates()).empty());
  EXPECT_EQ(read_file(to).substr(0, 128), std::string(128, '\0'));
  DcmFileFormat before, after;
  ASSERT_TRUE(before.loadFile(from.c_str()).good() && after.loadFile(to.c_str()).good());
  const Uint16 *a = nullptr, *b = nullptr;
  unsigned long length = 0, other = 0;
  ASSERT_TRUE(before.getDataset()->findAndGetUint16Array(DCM_PixelData, a, &length).good());
  ASSERT_TRUE(after.getDataset()->findAndGetUint16Array(DCM_PixelData, b, &other).good());
  ASSERT_EQ(length, other);
  EXPECT_EQ(std::memcmp(a, b, 2 * length), 0);
  EXPECT_EQ(text(*after.getMetaInfo(), DCM_MediaStorageSOPInstanceUID), text(*after.getDataset(), DCM_SOPInstanceUID));
}

}  // namespace
}  // namespace chiasm::dicom::test
