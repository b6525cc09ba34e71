// Small sources for tests of scan and ingest: DICOM series, volumes, tables, a key, a data set file.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"
#include "data/dataset_file.h"
#include "data/dicom/dicom.h"
#include "data/nifti.h"
#include "data/synthetic/dicom_writer.h"
#include "data/synthetic/names.h"
#include "tests/support/scratch.h"

namespace chiasm::test {

struct SeriesSpec {
  std::string folder, accession = "A1", patient = "PT1001", name = "Kestaburgen^Briana", date = "20230314";
  std::string modality = "CT", description = "THORAX", image_type = "ORIGINAL\\PRIMARY\\AXIAL", body_part = "CHEST", kernel = "B30f",
              burned_in = "";
  int64_t slices = 4;
  double spacing_mm = 2;
};

// A series whose stem, and so every UID, follows from its folder.
inline void write_ct(const std::filesystem::path& root, const SeriesSpec& spec) {
  Random random(hash_key(1, spec.folder)), study(hash_key(2, spec.accession.empty() ? spec.folder : spec.accession));
  const std::string stem = synthetic::draw_uid_stem(random), study_stem = synthetic::draw_uid_stem(study);
  synthetic::ImageSeries series;
  series.modality = spec.modality;
  series.description = spec.description;
  series.size = {spec.slices, 4, 5};
  series.affine = {-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, spec.spacing_mm, -30};
  series.thickness_mm = spec.spacing_mm;
  for (int64_t i = 0; i < spec.slices * 20; ++i) series.stored.push_back(static_cast<uint16_t>(i * 7 % 1000));
  std::vector<synthetic::Element> elements{{"PatientName", spec.name},
                                           {"PatientID", spec.patient},
                                           {"PatientSex", "F"},
                                           {"PatientAge", "093Y"},
                                           {"PatientBirthDate", "19300101"},
                                           {"StudyInstanceUID", synthetic::uid_of(study_stem, 0)},
                                           {"StudyDate", spec.date},
                                           {"StudyTime", "101500"},
                                           {"AccessionNumber", spec.accession},
                                           {"ReferringPhysicianName", "Grunomesko^Halvander"},
                                           {"InstitutionName", "Varnahavn Clinic"},
                                           {"Modality", spec.modality},
                                           {"SeriesInstanceUID", synthetic::uid_of(stem, 0)},
                                           {"FrameOfReferenceUID", synthetic::uid_of(stem, 999)},
                                           {"SeriesDescription", spec.description},
                                           {"ImageType", spec.image_type},
                                           {"BodyPartExamined", spec.body_part},
                                           {"ConvolutionKernel", spec.kernel},
                                           {"Manufacturer", "Aurelis"},
                                           {"ManufacturerModelName", "CT 2"},
                                           {"RescaleSlope", "1"},
                                           {"RescaleIntercept", "-1000"}};
  if (!spec.burned_in.empty()) elements.push_back({"BurnedInAnnotation", spec.burned_in});
  std::vector<std::string> names;
  for (int64_t k = 0; k < spec.slices; ++k) names.push_back("IM" + std::to_string(k) + ".dcm");
  synthetic::write_series(root / spec.folder, series, elements, stem, names);
}

inline void write_key(const std::filesystem::path& path, char filling = 'k') {
  write_file_atomic(path, std::string(32, filling));
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// The mask of a series of write_ct: its slices counted from 0, all voxels of slice 1 of class 1.
inline Volume slab_mask(int64_t slices = 4, double spacing_mm = 2) {
  Volume mask;
  mask.modality = "mask";
  mask.size = {slices, 4, 5};
  mask.affine = {-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, spacing_mm, -30};
  std::vector<uint8_t> voxels(static_cast<size_t>(slices * 20));
  for (size_t i = 20; i < 40; ++i) voxels[i] = 1;
  mask.voxels = voxels;
  return mask;
}

inline DatasetFile dataset(const Scratch& scratch, const std::string& yaml) {
  write_file_atomic(scratch / "dataset.yaml", yaml);
  return load_dataset(scratch / "dataset.yaml");
}

inline std::string mistakes(const Scratch& scratch, const std::string& yaml) {
  try {
    dataset(scratch, yaml);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace chiasm::test
