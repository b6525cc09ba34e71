// The written files, read back by DCMTK and zlib rather than by our own readers.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "dcmtk/dcmdata/dctk.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/volume.h"
#include "tests/synthetic/cohort_folder.h"

namespace chiasm::synthetic::testing {
namespace {

std::vector<fs::path> series_folders() {
  std::set<fs::path> folders;
  for (const fs::path& path : list_files(small_cohort() / "dicom")) folders.insert(path.parent_path());
  return {folders.begin(), folders.end()};
}

struct Slice {
  std::array<double, 3> position{};
  std::array<double, 6> cosines{};
  std::array<double, 2> spacing{};
  std::vector<double> hu;
};

double number(DcmDataset& data, const DcmTagKey& tag, unsigned long index) {
  Float64 value = std::nan("");
  EXPECT_TRUE(data.findAndGetFloat64(tag, value, index).good());
  return value;
}

Slice read_slice(const fs::path& path) {
  DcmFileFormat file;
  EXPECT_TRUE(file.loadFile(path.c_str()).good());
  DcmDataset& data = *file.getDataset();
  Slice slice;
  for (unsigned i = 0; i < 3; ++i) slice.position[i] = number(data, DCM_ImagePositionPatient, i);
  for (unsigned i = 0; i < 6; ++i) slice.cosines[i] = number(data, DCM_ImageOrientationPatient, i);
  for (unsigned i = 0; i < 2; ++i) slice.spacing[i] = number(data, DCM_PixelSpacing, i);
  Uint16 is_signed = 0;
  EXPECT_TRUE(data.findAndGetUint16(DCM_PixelRepresentation, is_signed).good());
  const Uint16* pixels = nullptr;
  unsigned long count = 0;
  EXPECT_TRUE(data.findAndGetUint16Array(DCM_PixelData, pixels, &count).good());
  const double intercept = data.tagExists(DCM_RescaleIntercept) ? number(data, DCM_RescaleIntercept, 0) : 0;  // MR has none
  for (unsigned long i = 0; i < count; ++i)
    slice.hu.push_back((is_signed ? static_cast<double>(static_cast<int16_t>(pixels[i])) : pixels[i]) + intercept);
  return slice;
}

std::string gunzipped(const fs::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string bytes(1 << 22, '\0');
  const int count = gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  bytes.resize(static_cast<size_t>(std::max(count, 0)));
  return bytes;
}

template <class T>
T at(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, &bytes[offset], sizeof value);
  return value;
}

// The same grid on both sides: every voxel of the mask, brought to the scanner by the NIfTI affine, meets a DICOM pixel at the position
// that the DICOM file gives. Returns the mean of the series' pixels in class 1.
double mean_in_class_one(const std::string& accession, const std::string& series, const fs::path& mask) {
  const std::string nifti = gunzipped(mask);
  EXPECT_EQ(at<int32_t>(nifti, 0), 348);
  EXPECT_EQ(nifti.substr(344, 3), "n+1");
  EXPECT_EQ(at<int16_t>(nifti, 254), 1) << "sform";
  const int width = at<int16_t>(nifti, 42), height = at<int16_t>(nifti, 44), depth = at<int16_t>(nifti, 46);
  EXPECT_EQ(nifti.size(), 352u + static_cast<size_t>(width * height * depth));
  Affine affine{};
  for (size_t i = 0; i < 12; ++i) affine[i] = at<float>(nifti, 280 + 4 * i);
  const Affine to_voxel = inverse(affine);
  double sum = 0, count = 0, apart = 0;
  for (const fs::path& path : list_files(small_cohort() / "dicom")) {
    if (path.string().find(accession) == std::string::npos || path.parent_path().filename() != series) continue;
    const Slice slice = read_slice(path);
    for (int j = 0; j < height; ++j)
      for (int i = 0; i < width; ++i) {
        std::array<double, 3> mm{};
        for (size_t a = 0; a < 3; ++a)
          mm[a] = (a < 2 ? -1 : 1) *
                  (slice.position[a] + i * slice.spacing[1] * slice.cosines[a] + j * slice.spacing[0] * slice.cosines[3 + a]);
        const auto voxel = chiasm::apply(to_voxel, mm);
        const auto k = static_cast<int>(std::lround(voxel[2]));
        apart = std::max({apart, std::abs(voxel[0] - i), std::abs(voxel[1] - j), std::abs(voxel[2] - k)});
        if (nifti[352 + static_cast<size_t>((k * height + j) * width + i)] != 1) continue;
        sum += slice.hu[static_cast<size_t>(j * width + i)];
        ++count;
      }
  }
  EXPECT_LT(apart, 1e-3) << mask;
  return sum / count;
}

TEST(Files, MaskAndDicomShareTheirGeometry) {
  int organs = 0, marrow = 0;
  for (const auto& row : read_csv(small_cohort() / "masks.csv").rows) {
    if (!row[1].empty()) {
      EXPECT_NEAR(mean_in_class_one(row[0], "1_CT", small_cohort() / row[1]), -800, 60);
      ++organs;
    }
    if (row[2].empty()) continue;
    const std::string t2 = row[1].empty() ? "2_MR" : "3_MR";
    const double lesion = mean_in_class_one(row[0], t2, small_cohort() / row[2]);
    if (!std::isnan(lesion)) ++marrow;  // no vertebra is ill: no voxel to average
  }
  EXPECT_GE(organs, 3);
  EXPECT_GE(marrow, 1);
}

TEST(Files, InstancesOfAStudyAgree) {
  std::map<std::string, std::set<std::string>> studies, accessions;
  std::set<std::string> instances;
  size_t files = 0;
  for (const fs::path& path : list_files(small_cohort() / "dicom")) {
    DcmFileFormat file;
    ASSERT_TRUE(file.loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData).good());
    OFString study, accession, instance, transfer;
    file.getDataset()->findAndGetOFString(DCM_StudyInstanceUID, study);
    file.getDataset()->findAndGetOFString(DCM_AccessionNumber, accession);
    file.getDataset()->findAndGetOFString(DCM_SOPInstanceUID, instance);
    file.getMetaInfo()->findAndGetOFString(DCM_TransferSyntaxUID, transfer);
    EXPECT_EQ(transfer, UID_LittleEndianExplicitTransferSyntax);
    accessions[study.c_str()].insert(accession.c_str());
    studies[accession.c_str()].insert(study.c_str());
    instances.insert(instance.c_str());
    ++files;
  }
  EXPECT_EQ(instances.size(), files);
  for (const auto& [study, of] : accessions) EXPECT_EQ(of.size(), 1u) << study;
  for (const auto& [accession, of] : studies) EXPECT_EQ(of.size(), 1u) << accession;
}

// The validator of dicom3tools (Debian) on one file of every series.
TEST(Files, ValidatorFindsNoError) {
  if (std::system("command -v dciodvfy > /dev/null 2>&1") != 0) GTEST_SKIP() << "dciodvfy is not installed (Debian package dicom3tools)";
  std::set<std::string> kinds;
  for (const fs::path& folder : series_folders()) {
    const fs::path file = list_files(folder).front();
    FILE* pipe = ::popen(("dciodvfy '" + file.string() + "' 2>&1").c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string said;
    char line[4096];
    while (std::fgets(line, sizeof line, pipe)) said += line;
    ::pclose(pipe);
    EXPECT_EQ(said.find("Error"), std::string::npos) << said;
    for (const char* kind : {"CTImage", "MRImage", "CRImage"})
      if (said.find(kind) != std::string::npos) kinds.insert(kind);
  }
  EXPECT_EQ(kinds.size(), 3u);
}

}  // namespace
}  // namespace chiasm::synthetic::testing
