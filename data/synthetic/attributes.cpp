#include "data/synthetic/attributes.h"

namespace chiasm::synthetic {

namespace {

std::string two_digits(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

std::string clock(const VisitIdentity& identity, int minutes) { return two_digits(identity.hour) + two_digits(minutes) + "00"; }

std::string age_text(const Patient& patient, const Visit& visit) {
  const std::string years = std::to_string(years_between(patient.birth_day, visit.day));
  return std::string(3 - years.size(), '0') + years + "Y";
}

Attributes patient_attributes(const Patient& patient, const Visit& visit, const PatientIdentity& person) {
  const std::string born = date_text(patient.birth_day, DateStyle::dicom), relative = person.relative.given + " " + person.relative.family;
  Attributes out;
  out.elements = {
      {"PatientName", person.person.dicom()},
      {"PatientID", person.patient_id},
      {"PatientBirthDate", born},
      {"PatientSex", patient.female ? "F" : "M"},
      {"OtherPatientIDsSequence", "", {{{"PatientID", person.other_id}, {"TypeOfPatientID", "TEXT"}}}},
      {"PatientAge", age_text(patient, visit)},
      {"PatientAddress", person.address},
      {"PatientMotherBirthName", person.mother_family},
      {"PatientTelephoneNumbers", person.phone},
      {"AdditionalPatientHistory", "Lives with " + person.relation + " " + relative},
      {"PatientComments", "Prefers to be called by " + relative},
      {"(0011,0010)LO", "CHIASM COHORT"},
      {"(0011,1001)LO", "Bed of " + person.person.family},
      {"(0011,1002)SQ", "", {{{"PatientName", person.person.dicom()}, {"PatientTelephoneNumbers", person.phone}}}},
  };
  out.planted = {person.person.family, person.person.given,  person.patient_id,      person.other_id,       born,         person.address,
                 person.phone,         person.mother_family, person.relative.family, person.relative.given, person.folder};
  return out;
}

Attributes study_attributes(const Visit& visit, const VisitIdentity& identity) {
  const Site& site = *identity.site;
  const std::string date = date_text(visit.day, DateStyle::dicom), uid = uid_of(identity.study_stem, 0);
  Attributes out;
  out.elements = {
      {"IssuerOfPatientID", site.institution},
      {"StudyInstanceUID", uid},
      {"StudyDate", date},
      {"StudyTime", clock(identity, 0)},
      {"AccessionNumber", identity.accession},
      {"StudyID", identity.request_id},
      {"StudyDescription", "THORAX WITH SPINE"},
      {"ReferringPhysicianName", identity.referring.dicom()},
      {"ReferringPhysicianTelephoneNumbers", site.ward_phone},
      {"PhysiciansOfRecord", identity.performing.dicom()},
      {"NameOfPhysiciansReadingStudy", identity.performing.dicom()},
      {"RequestingPhysician", identity.referring.dicom()},
      {"AdmissionID", identity.admission_id},
      {"InstitutionName", site.institution},
      {"InstitutionAddress", site.address},
      {"InstitutionalDepartmentName", "Radiology"},
      {"PerformingPhysicianName", identity.performing.dicom()},
      {"OperatorsName", identity.operating.dicom()},
  };
  out.planted = {uid,          date,           identity.accession, identity.request_id, identity.admission_id, site.institution,
                 site.address, site.ward_phone};
  for (const Person* physician : {&identity.referring, &identity.performing, &identity.operating})
    out.planted.insert(out.planted.end(), {physician->family, physician->given});
  return out;
}

}  // namespace

Attributes identity_attributes(const Patient& patient, size_t index, const PatientIdentity& person, const VisitIdentity& identity) {
  const Visit& visit = patient.visits[index];
  Attributes out = patient_attributes(patient, visit, person);
  const Attributes study = study_attributes(visit, identity);
  out.elements.insert(out.elements.begin(), {"SpecificCharacterSet", "ISO_IR 192"});
  out.elements.insert(out.elements.end(), study.elements.begin(), study.elements.end());
  out.planted.insert(out.planted.end(), study.planted.begin(), study.planted.end());
  return out;
}

Attributes series_attributes(const Patient& patient, size_t index, const PatientIdentity& person, const VisitIdentity& identity,
                             const ImageSeries& series, int number, const std::string& stem) {
  const Scanner& scanner = identity.site->scanners.at(series.modality);
  const std::string date = date_text(patient.visits[index].day, DateStyle::dicom), time = clock(identity, 5 * number);
  Attributes out;
  out.elements = {
      {"Modality", series.modality},
      {"SeriesInstanceUID", uid_of(stem, 0)},
      {"SeriesNumber", std::to_string(number)},
      {"SeriesDescription", series.description},
      {"SeriesDate", date},
      {"SeriesTime", time},
      {"AcquisitionDate", date},
      {"AcquisitionTime", time},
      {"ContentDate", date},
      {"ContentTime", time},
      {"AcquisitionNumber", "1"},
      {"ProtocolName", series.description},
      {"Manufacturer", scanner.manufacturer},
      {"ManufacturerModelName", scanner.model},
      {"StationName", scanner.station},
      {"DeviceSerialNumber", scanner.serial},
      {"SoftwareVersions", "3.1"},
      {"ImageComments", "Images of " + person.person.given + " " + person.person.family},
      {"RequestAttributesSequence",
       "",
       {{{"RequestedProcedureID", identity.request_id},
         {"ScheduledProcedureStepID", identity.request_id},
         {"ScheduledProcedureStepDescription", "Requested by Dr. " + identity.referring.family}}}},
  };
  out.planted = {scanner.station, scanner.serial, "2.25." + stem};
  const auto frame = identity.frame_stems.find(series.modality);
  if (frame != identity.frame_stems.end()) {
    out.elements.push_back({"FrameOfReferenceUID", uid_of(frame->second, 0)});
    out.elements.push_back({"PositionReferenceIndicator", ""});
    out.planted.push_back(uid_of(frame->second, 0));
  }
  out.elements.insert(out.elements.end(), series.attributes.begin(), series.attributes.end());
  return out;
}

}  // namespace chiasm::synthetic
