// One study for a bundle from DICOM folders, image files, texts and a clinical table.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/csv.h"
#include "data/dicom/dicom.h"
#include "data/study.h"
#include "scripts/trained.h"

namespace chiasm {

struct GatheredStudy {
  StudyRecord record;                                        // study = name of the result folder
  std::map<std::string, std::vector<dicom::Header>> source;  // by image input from DICOM: headers in slice order
  std::vector<std::string> notes;                            // refused series by code
};

// From `path` (a DICOM file or folder). Throws Refused: TWO_PATIENTS, SEVERAL_STUDIES, OUTSIDE_CONTRACT, or the code of a series that was
// chosen and cannot be read.
GatheredStudy gather_dicom(const std::string& path, const Trained& bundle, const Json& contract);

// NAME=PATH images.
void add_images(GatheredStudy& study, const std::vector<std::string>& images, const Trained& bundle, const Json& contract);
// NAME=TEXT or NAME=@FILE.
void add_texts(GatheredStudy& study, const std::vector<std::string>& texts, const Trained& bundle);
// The row of `table` whose `study` column equals `path`; other columns are columns of table inputs, or text inputs by name.
void add_clinical(GatheredStudy& study, const Csv& table, const std::string& path, const Trained& bundle);

}  // namespace chiasm
