// The DICOM attributes of patient, study, series and equipment, with identities at the top level, in nested and in private sequences.
#pragma once

#include <string>
#include <vector>

#include "data/synthetic/identity.h"
#include "data/synthetic/series.h"

namespace chiasm::synthetic {

struct Attributes {
  std::vector<Element> elements;
  std::vector<std::string> planted;  // identifying strings among the values
};

Attributes identity_attributes(const Patient& patient, size_t visit, const PatientIdentity& person, const VisitIdentity& identity);
// `number` is the series number; UIDs of the series begin with `stem`.
Attributes series_attributes(const Patient& patient, size_t visit, const PatientIdentity& person, const VisitIdentity& identity,
                             const ImageSeries& series, int number, const std::string& stem);

}  // namespace chiasm::synthetic
