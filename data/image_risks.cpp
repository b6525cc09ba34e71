#include "data/image_risks.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"

namespace chiasm {

namespace {

bool names_head(const std::string& text) {
  static const std::vector<std::string> words{"HEAD",   "BRAIN", "SKULL",  "FACE",   "FACIAL", "ORBIT",  "SINUS", "CRANI",
                                              "CEREBR", "SELLA", "PITUIT", "MANDIB", "MAXILL", "DENTAL", "NEURO"};
  const std::string capitals = upper(text);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return capitals.find(word) != std::string::npos; });
}

// Modalities (PS3.3 C.7.3.1.1.1) whose devices write onto the picture, or whose pictures are photographs, video or paper.
const std::vector<std::string> kDrawnOn{"US", "IVUS", "BMUS", "ES", "XC",   "GM",  "DMS", "OP", "OPT", "OCT", "IVOCT",
                                        "SC", "OT",   "DOC",  "HC", "BDUS", "ECG", "HD",  "TG", "FID", "BMD", "DG"};

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// A picture of a screen, a film or a page: a Secondary Capture object (1.2.840.10008.5.1.4.1.1.7, .7.1 to .7.4), or by its image type.
bool is_capture(const dicom::Header& header) {
  const std::string secondary = "1.2.840.10008.5.1.4.1.1.7";
  if (header.sop_class == secondary || header.sop_class.starts_with(secondary + ".")) return true;
  return std::any_of(header.image_type.begin(), header.image_type.end(), [](const std::string& value) {
    const std::string type = upper(value);
    return type == "SECONDARY" || type.find("SCREEN") != std::string::npos || type.find("DOSE") != std::string::npos;
  });
}

}  // namespace

bool may_show_face(const std::string& modality, const Volume& volume, const dicom::Group* group) {
  if (modality != "ct" && modality != "mr") return false;
  const auto part = volume.facts.find("body_part");
  if (part != volume.facts.end() && names_head(part->second)) return true;
  if (group == nullptr || group->headers.empty()) return false;
  const dicom::Header& header = group->headers.front();
  return names_head(header.series_description) || names_head(header.protocol) || names_head(header.study_description);
}

bool body_part_unknown(const std::string& modality, const Volume& volume) {
  const auto part = volume.facts.find("body_part");
  return (modality == "ct" || modality == "mr") && (part == volume.facts.end() || trim(part->second).empty());
}

bool may_hold_text(const dicom::Header& header, const std::vector<std::string>& also) {
  if (header.burned_in == "YES") return true;
  if (header.burned_in == "NO") return false;
  return is_capture(header) || contains(kDrawnOn, header.modality) || contains(also, header.modality);
}

bool may_hold_text(const dicom::Group& group, const std::vector<std::string>& also) {
  return std::any_of(group.headers.begin(), group.headers.end(), [&](const dicom::Header& header) { return may_hold_text(header, also); });
}

}  // namespace chiasm
