// Who the patients, physicians and institutions are: what de-identification has to remove.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "data/synthetic/hidden.h"
#include "data/synthetic/names.h"

namespace chiasm::synthetic {

struct Scanner {
  std::string manufacturer, model, station, serial;
};

struct Site {
  std::string institution, address, ward_phone;
  std::vector<Person> physicians;
  std::map<std::string, Scanner> scanners;   // by DICOM modality
  DateStyle date_style = DateStyle::dotted;  // in reports
};
std::vector<Site> draw_sites(uint64_t seed);

struct PatientIdentity {
  Person person, relative;
  std::string relation;  // "sister"
  std::string patient_id, other_id, phone, address, mother_family, folder;
};
PatientIdentity draw_patient_identity(const Patient& patient);

struct VisitIdentity {
  const Site* site = nullptr;
  Person referring, performing, operating;
  std::string accession, request_id, admission_id, study_stem;
  std::map<std::string, std::string> frame_stems;  // by DICOM modality; CR has none
  int hour = 8;
};
VisitIdentity draw_visit_identity(const Patient& patient, size_t visit, const std::vector<Site>& sites);

}  // namespace chiasm::synthetic
