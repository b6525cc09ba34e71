#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "tests/dicom/phantom.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <mutex>

#include "core/base/error.h"
#include "core/base/text.h"
#include "dcmtk/dcmdata/dcrleerg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djencode.h"
#include "dcmtk/dcmjpls/djencode.h"

namespace chiasm::dicom::test {
namespace {

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string list(const std::vector<double>& values) {
  std::vector<std::string> parts;
  for (const double value : values) parts.push_back(decimal(value));
  return join(parts, "\\");
}

Vector cross(const Vector& a, const Vector& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

DcmItem& sequence_item(DcmItem& item, const DcmTagKey& key) {
  DcmItem* made = nullptr;
  EXPECT_TRUE(item.findOrCreateSequenceItem(key, made, 0).good());
  return *made;
}

void put(DcmItem& item, const DcmTagKey& key, const std::string& value) {
  EXPECT_TRUE(item.putAndInsertString(key, value.c_str()).good()) << value;
}
void put(DcmItem& item, const DcmTagKey& key, Uint16 value) { EXPECT_TRUE(item.putAndInsertUint16(key, value).good()); }

void fill_pixel_description(const Phantom& p, DcmDataset& dataset) {
  put(dataset, DCM_SamplesPerPixel, Uint16{1});
  put(dataset, DCM_PhotometricInterpretation, p.photometric);
  put(dataset, DCM_Rows, static_cast<Uint16>(p.rows));
  put(dataset, DCM_Columns, static_cast<Uint16>(p.columns));
  put(dataset, DCM_BitsAllocated, static_cast<Uint16>(p.bits_allocated));
  put(dataset, DCM_BitsStored, static_cast<Uint16>(p.bits_stored));
  put(dataset, DCM_HighBit, static_cast<Uint16>(p.bits_stored - 1));
  put(dataset, DCM_PixelRepresentation, static_cast<Uint16>(p.is_signed));
}

void fill_patient_and_study(const Phantom& p, DcmDataset& dataset) {
  put(dataset, DCM_Modality, p.modality);
  put(dataset, DCM_PatientName, "Phantom^Test");
  put(dataset, DCM_PatientID, "P1");
  put(dataset, DCM_PatientBirthDate, "19600102");
  put(dataset, DCM_PatientSex, "O");
  put(dataset, DCM_StudyInstanceUID, "1.2.3");
  put(dataset, DCM_SeriesInstanceUID, p.series_uid);
  put(dataset, DCM_FrameOfReferenceUID, "1.2.3.9");
  put(dataset, DCM_PositionReferenceIndicator, "");
  put(dataset, DCM_StudyDate, "20200101");
  put(dataset, DCM_StudyTime, "101010");
  put(dataset, DCM_ReferringPhysicianName, "");
  put(dataset, DCM_StudyID, "S1");
  put(dataset, DCM_AccessionNumber, "A1");
  put(dataset, DCM_SeriesNumber, "2");
  put(dataset, DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
}

std::string sop_class(const std::string& modality) {
  if (modality == "CT") return UID_CTImageStorage;
  if (modality == "MR") return UID_MRImageStorage;
  if (modality == "PT") return UID_PositronEmissionTomographyImageStorage;
  return UID_DigitalXRayImageStorageForPresentation;
}

}  // namespace

Folder::Folder() {
  static int counter = 0;
  path_ = std::filesystem::temp_directory_path() / ("chiasm_dicom_" + std::to_string(::getpid()) + "_" + std::to_string(counter++));
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Vector Phantom::position(int k) const {
  const Vector normal = cross(row_direction, column_direction);
  Vector result = origin;
  for (size_t n = 0; n < 3; ++n) result[n] += k * (distance * normal[n] + shear[n]);
  return result;
}

Vector Phantom::point(int i, int j, int k) const {
  Vector result = position(k);
  for (size_t n = 0; n < 3; ++n) result[n] += i * column_spacing * row_direction[n] + j * row_spacing * column_direction[n];
  return result;
}

std::string Phantom::sop_uid(int k) const { return series_uid + "." + std::to_string(k + 1); }

std::vector<int> Phantom::stored(int k) const {
  std::vector<int> values;
  for (int j = 0; j < rows; ++j)
    for (int i = 0; i < columns; ++i) values.push_back(code(i, j, k));
  return values;
}

void Phantom::fill(DcmDataset& dataset, int k) const {
  fill_patient_and_study(*this, dataset);
  fill_pixel_description(*this, dataset);
  put(dataset, DCM_SOPClassUID, sop_class(modality));
  put(dataset, DCM_SOPInstanceUID, sop_uid(k));
  put(dataset, DCM_InstanceNumber, std::to_string(k + 1));
  const Vector at = position(k), &r = row_direction, &c = column_direction;
  put(dataset, DCM_ImagePositionPatient, list({at[0], at[1], at[2]}));
  put(dataset, DCM_ImageOrientationPatient, list({r[0], r[1], r[2], c[0], c[1], c[2]}));
  put(dataset, DCM_PixelSpacing, list({row_spacing, column_spacing}));
  if (!slope.empty()) put(dataset, DCM_RescaleSlope, slope);
  if (!intercept.empty()) put(dataset, DCM_RescaleIntercept, intercept);
  set_pixels(dataset, stored(k), bits_allocated);
}

void register_encoders() {
  static std::once_flag once;
  std::call_once(once, [] {
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
  });
}

void set(DcmItem& item, uint16_t group, uint16_t element, const std::string& value) {
  EXPECT_TRUE(item.putAndInsertString(DcmTag(group, element), value.c_str()).good());
}

void set_pixels(DcmDataset& dataset, const std::vector<int>& values, int bits_allocated) {
  if (bits_allocated == 8) {
    std::vector<Uint8> bytes(values.begin(), values.end());
    if (bytes.size() % 2 != 0) bytes.push_back(0);
    EXPECT_TRUE(dataset.putAndInsertUint8Array(DcmTag(DCM_PixelData, EVR_OB), bytes.data(), bytes.size()).good());
    return;
  }
  std::vector<Uint16> words;
  for (const int value : values) words.push_back(static_cast<Uint16>(value));
  EXPECT_TRUE(dataset.putAndInsertUint16Array(DcmTag(DCM_PixelData, EVR_OW), words.data(), words.size()).good());
}

void save(DcmDataset& dataset, const std::filesystem::path& path, const std::string& syntax) {
  const E_TransferSyntax xfer = DcmXfer(syntax.c_str()).getXfer();
  DcmFileFormat file(&dataset);
  if (!DcmXfer(xfer).isEncapsulated()) {
    ASSERT_TRUE(file.saveFile(path.c_str(), xfer).good()) << path;
    return;
  }
  // The encoders want a data set that came from a file.
  ASSERT_TRUE(file.saveFile(path.c_str(), EXS_LittleEndianExplicit).good()) << path;
  DcmFileFormat native;
  ASSERT_TRUE(native.loadFile(path.c_str()).good()) << path;
  const OFCondition status = native.getDataset()->chooseRepresentation(xfer, nullptr);
  ASSERT_TRUE(status.good()) << syntax << " " << status.text();
  native.loadAllDataIntoMemory();
  ASSERT_TRUE(native.saveFile(path.c_str(), xfer).good()) << path;
}

void write_series(const Phantom& phantom, const std::filesystem::path& folder, const Edit& edit) {
  start();
  std::filesystem::create_directories(folder);
  for (int k = 0; k < phantom.slices; ++k) {
    DcmDataset dataset;
    phantom.fill(dataset, k);
    if (edit) edit(dataset, k);
    save(dataset, folder / ("slice_" + std::to_string(k) + ".dcm"));
  }
}

void write_enhanced(const Phantom& p, const std::filesystem::path& path, const std::vector<int>& order, const std::vector<int>& times,
                    const std::function<void(DcmItem& frame, int n)>& edit) {
  start();
  DcmDataset dataset;
  fill_patient_and_study(p, dataset);
  fill_pixel_description(p, dataset);
  put(dataset, DCM_SOPClassUID, UID_EnhancedMRImageStorage);
  put(dataset, DCM_SOPInstanceUID, p.sop_uid(0));
  put(dataset, DCM_NumberOfFrames, std::to_string(order.size()));
  DcmItem& shared = sequence_item(dataset, DCM_SharedFunctionalGroupsSequence);
  const Vector &r = p.row_direction, &c = p.column_direction;
  put(sequence_item(shared, DCM_PixelMeasuresSequence), DCM_PixelSpacing, list({p.row_spacing, p.column_spacing}));
  put(sequence_item(shared, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient, list({r[0], r[1], r[2], c[0], c[1], c[2]}));
  std::vector<int> values;
  for (size_t n = 0; n < order.size(); ++n) {
    DcmItem* frame = nullptr;
    ASSERT_TRUE(dataset.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, static_cast<long>(n)).good());
    const Vector at = p.position(order[n]);
    put(sequence_item(*frame, DCM_PlanePositionSequence), DCM_ImagePositionPatient, list({at[0], at[1], at[2]}));
    DcmItem& transformation = sequence_item(*frame, DCM_PixelValueTransformationSequence);
    put(transformation, DCM_RescaleSlope, p.slope);
    put(transformation, DCM_RescaleIntercept, p.intercept);
    if (!times.empty())
      sequence_item(*frame, DCM_FrameContentSequence).putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(times[n]));
    if (edit) edit(*frame, static_cast<int>(n));
    const std::vector<int> slice = p.stored(order[n]);
    for (const int value : slice) values.push_back(times.empty() ? value : value + 4096 * times[n]);
  }
  set_pixels(dataset, values, p.bits_allocated);
  save(dataset, path);
}

std::vector<ReadResult> read_all(const std::filesystem::path& folder) {
  start();
  std::vector<ReadResult> results;
  for (const Group& group : group_files(scan_tree(folder, 2))) results.push_back(read_group(group));
  return results;
}

ReadResult read_one(const std::filesystem::path& folder) {
  std::vector<ReadResult> results = read_all(folder);
  EXPECT_EQ(results.size(), 1u);
  return results.empty() ? ReadResult{} : results.front();
}

double landmark_error(const Phantom& p, const Volume& volume) {
  const std::vector<float> voxels = values(volume);
  double worst = 0;
  size_t n = 0;
  for (int64_t k = 0; k < volume.size[0]; ++k)
    for (int64_t j = 0; j < volume.size[1]; ++j)
      for (int64_t i = 0; i < volume.size[2]; ++i) {
        const int code = static_cast<int>(voxels[n++]) - 1;
        if (code < 0 || code >= 4096) return std::numeric_limits<double>::infinity();
        const Vector expected = p.point(code % 16, code / 16 % 16, code / 256);
        const Vector ras = apply(volume.affine, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        worst = std::max(worst, std::hypot(ras[0] + expected[0], ras[1] + expected[1], ras[2] - expected[2]));
      }
  return worst;
}

}  // namespace chiasm::dicom::test
