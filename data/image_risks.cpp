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

}  // namespace

bool may_show_face(const std::string& modality, const Volume& volume, const dicom::Group* group) {
  if (modality != "ct" && modality != "mr") return false;
  const auto part = volume.facts.find("body_part");
  if (part != volume.facts.end() && names_head(part->second)) return true;
  if (group == nullptr || group->headers.empty()) return false;
  const dicom::Header& header = group->headers.front();
  return names_head(header.series_description) || names_head(header.protocol) || names_head(header.study_description);
}

bool may_hold_text(const dicom::Group& group) {
  return std::any_of(group.headers.begin(), group.headers.end(), [](const dicom::Header& header) {
    if (header.burned_in == "YES") return true;
    const bool secondary = std::find(header.image_type.begin(), header.image_type.end(), "SECONDARY") != header.image_type.end();
    return header.burned_in != "NO" && (secondary || header.modality == "OT" || header.modality == "SC");
  });
}

}  // namespace chiasm
