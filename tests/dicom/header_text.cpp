#include "tests/dicom/header_text.h"

#include "core/base/text.h"

namespace chiasm::dicom::test {
namespace {

std::string joined(const std::vector<double>& numbers) {
  std::string out;
  for (const double number : numbers) out += format_number(number) + " ";
  return out;
}

std::string written(const Frame& frame) {
  return joined(frame.position) + "|" + joined(frame.orientation) + "|" + joined(frame.spacing) + "|" + frame.kind + "|" +
         join(frame.phases, "|") + "|" + std::to_string(frame.instance) + "|" + std::to_string(frame.times);
}

}  // namespace

std::string written(const Header& h) {
  std::string out = join({h.path.string(),
                          h.sop_class,
                          h.sop_uid,
                          h.study_uid,
                          h.series_uid,
                          h.frame_uid,
                          h.transfer_syntax,
                          h.modality,
                          h.accession,
                          h.study_date,
                          h.study_time,
                          h.series_date,
                          h.series_description,
                          h.study_description,
                          h.body_part,
                          h.view_position,
                          h.kernel,
                          h.protocol,
                          h.manufacturer,
                          h.scanner,
                          h.contrast,
                          h.sequence,
                          h.laterality,
                          h.burned_in,
                          h.patient_id,
                          h.issuer,
                          h.patient_name,
                          h.birth_date,
                          h.sex,
                          h.age,
                          h.photometric,
                          join(h.image_type, "\\"),
                          std::to_string(h.image),
                          std::to_string(h.truncated),
                          std::to_string(h.rows),
                          std::to_string(h.columns),
                          std::to_string(h.samples),
                          std::to_string(h.enhanced)},
                         "\n");
  for (const auto& [keyword, value] : h.identity) out += "\n" + keyword + "=" + value;
  for (const Frame& frame : h.frames) out += "\n" + written(frame);
  return out;
}

}  // namespace chiasm::dicom::test
