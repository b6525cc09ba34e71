// A phantom of a head as a DICOM series.
#pragma once

#include <filesystem>
#include <string>

#include "tests/data/data_fixture.h"
#include "tests/data/head_phantom.h"

namespace chiasm::test {

// CT of accession and folder `name`; its UIDs follow from the name.
inline void write_head_series(const std::filesystem::path& root, const std::string& name, const std::string& body_part,
                              const Volume& phantom) {
  const Volume head = in_dicom_order(phantom);
  const Spacing3 spacing = spacing_mm(head);
  synthetic::ImageSeries series;
  series.modality = "CT";
  series.size = head.size;
  series.affine = head.affine;
  series.pixel_mm = {spacing[1], spacing[2]};
  series.thickness_mm = spacing[0];
  for (const float value : values(head)) series.stored.push_back(static_cast<uint16_t>(value + 1024));
  Random random(hash_key(1, name));
  const std::string stem = synthetic::draw_uid_stem(random);
  std::vector<std::string> names;
  for (int64_t k = 0; k < head.size[0]; ++k) names.push_back("IM" + std::to_string(k) + ".dcm");
  synthetic::write_series(root / name, series,
                          {{"PatientName", "Kestaburgen^Briana"},
                           {"PatientID", "PT1001"},
                           {"StudyInstanceUID", synthetic::uid_of(stem, 900)},
                           {"SeriesInstanceUID", synthetic::uid_of(stem, 901)},
                           {"FrameOfReferenceUID", synthetic::uid_of(stem, 902)},
                           {"StudyDate", "20230314"},
                           {"AccessionNumber", name},
                           {"Modality", "CT"},
                           {"ImageType", "ORIGINAL\\PRIMARY\\AXIAL"},
                           {"BodyPartExamined", body_part},
                           {"RescaleSlope", "1"},
                           {"RescaleIntercept", "-1024"}},
                          stem, names);
}

}  // namespace chiasm::test
