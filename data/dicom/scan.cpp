#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <utility>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/dicom/attributes.h"
#include "data/dicom/dicom.h"
#include "data/dicom/frames.h"
#include "data/dicom/guard.h"
#include "data/dicom/load.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

using Attribute = std::pair<const char*, DcmTagKey>;

// Free text and numbers that name people, places or cases, beside the fields of Header.
const std::vector<Attribute>& identifying() {
  static const std::vector<Attribute> list{
      {"OtherPatientIDs", DCM_RETIRED_OtherPatientIDs},
      {"OtherPatientNames", DCM_OtherPatientNames},
      {"PatientBirthName", DCM_PatientBirthName},
      {"PatientMotherBirthName", DCM_PatientMotherBirthName},
      {"PatientAddress", DCM_PatientAddress},
      {"PatientTelephoneNumbers", DCM_PatientTelephoneNumbers},
      {"ResponsiblePerson", DCM_ResponsiblePerson},
      {"ReferringPhysicianName", DCM_ReferringPhysicianName},
      {"ReferringPhysicianAddress", DCM_ReferringPhysicianAddress},
      {"ReferringPhysicianTelephoneNumbers", DCM_ReferringPhysicianTelephoneNumbers},
      {"ConsultingPhysicianName", DCM_ConsultingPhysicianName},
      {"PhysiciansOfRecord", DCM_PhysiciansOfRecord},
      {"PerformingPhysicianName", DCM_PerformingPhysicianName},
      {"NameOfPhysiciansReadingStudy", DCM_NameOfPhysiciansReadingStudy},
      {"RequestingPhysician", DCM_RequestingPhysician},
      {"OperatorsName", DCM_OperatorsName},
      {"InstitutionName", DCM_InstitutionName},
      {"InstitutionAddress", DCM_InstitutionAddress},
      {"InstitutionalDepartmentName", DCM_InstitutionalDepartmentName},
      {"StationName", DCM_StationName},
      {"DeviceSerialNumber", DCM_DeviceSerialNumber},
      {"StudyID", DCM_StudyID},
      {"AdmissionID", DCM_AdmissionID},
      {"RequestedProcedureID", DCM_RequestedProcedureID},
      {"ScheduledProcedureStepID", DCM_ScheduledProcedureStepID},
      {"PerformedProcedureStepID", DCM_PerformedProcedureStepID},
      {"FillerOrderNumberImagingServiceRequest", DCM_FillerOrderNumberImagingServiceRequest},
      {"PlacerOrderNumberImagingServiceRequest", DCM_PlacerOrderNumberImagingServiceRequest},
  };
  return list;
}

void fill_identity(DcmItem& dataset, Header& header) {
  header.patient_id = text(dataset, DCM_PatientID);
  header.issuer = text(dataset, DCM_IssuerOfPatientID);
  header.patient_name = text(dataset, DCM_PatientName);
  header.birth_date = text(dataset, DCM_PatientBirthDate);
  header.sex = text(dataset, DCM_PatientSex);
  header.age = text(dataset, DCM_PatientAge);
  for (const auto& [keyword, key] : identifying()) {
    std::string value = text(dataset, key);
    if (!value.empty()) header.identity[keyword] = std::move(value);
  }
}

void fill_series(DcmItem& dataset, Header& header) {
  header.modality = text(dataset, DCM_Modality);
  header.accession = text(dataset, DCM_AccessionNumber);
  header.study_date = text(dataset, DCM_StudyDate);
  header.study_time = text(dataset, DCM_StudyTime);
  header.series_date = text(dataset, DCM_SeriesDate);
  header.series_description = text(dataset, DCM_SeriesDescription);
  header.study_description = text(dataset, DCM_StudyDescription);
  header.body_part = text(dataset, DCM_BodyPartExamined);
  header.view_position = text(dataset, DCM_ViewPosition);
  header.kernel = text(dataset, DCM_ConvolutionKernel);
  header.protocol = text(dataset, DCM_ProtocolName);
  header.manufacturer = text(dataset, DCM_Manufacturer);
  header.scanner = text(dataset, DCM_ManufacturerModelName);
  header.contrast = text(dataset, DCM_ContrastBolusAgent);
  header.sequence = text(dataset, DCM_ScanningSequence);
  header.laterality = text(dataset, DCM_ImageLaterality);
  if (header.laterality.empty()) header.laterality = text(dataset, DCM_Laterality);
  header.image_type = texts(dataset, DCM_ImageType);
}

void fill_pixels(DcmItem& dataset, Header& header) {
  const bool described = dataset.tagExists(DCM_Rows) && dataset.tagExists(DCM_BitsAllocated);
  header.image = (header.truncated && described) || dataset.tagExists(DCM_PixelData) || dataset.tagExists(DCM_FloatPixelData) ||
                 dataset.tagExists(DCM_DoubleFloatPixelData);
  if (!header.image) return;
  header.rows = integer(dataset, DCM_Rows).value_or(0);
  header.columns = integer(dataset, DCM_Columns).value_or(0);
  header.samples = integer(dataset, DCM_SamplesPerPixel).value_or(1);
  header.photometric = text(dataset, DCM_PhotometricInterpretation);
  read_frames(dataset, header);
}

// A file that ends inside its pixels still has a header: its series is then refused as a whole, instead of read without this slice.
Header read_header(const std::filesystem::path& path) {
  DcmFileFormat whole, beginning;
  bool truncated = false;
  try {
    load(whole, path);
  } catch (const Refused& refused) {
    if (refused.code != "TRUNCATED") throw;
    load_header(beginning, path);
    truncated = true;
  }
  DcmFileFormat& file = truncated ? beginning : whole;
  DcmDataset& dataset = *file.getDataset();
  Header header;
  header.path = path;
  header.truncated = truncated;
  header.sop_class = text(dataset, DCM_SOPClassUID);
  header.sop_uid = text(dataset, DCM_SOPInstanceUID);
  header.study_uid = text(dataset, DCM_StudyInstanceUID);
  header.series_uid = text(dataset, DCM_SeriesInstanceUID);
  header.frame_uid = text(dataset, DCM_FrameOfReferenceUID);
  header.transfer_syntax = text(*file.getMetaInfo(), DCM_TransferSyntaxUID);
  if (header.transfer_syntax.empty()) header.transfer_syntax = DcmXfer(dataset.getOriginalXfer()).getXferID();
  fill_series(dataset, header);
  fill_identity(dataset, header);
  fill_pixels(dataset, header);
  if (truncated && !header.image) throw Refused("TRUNCATED", "the file ends before its data does");
  return header;
}

}  // namespace

ScannedFile scan_file(const std::filesystem::path& path) {
  ScannedFile result;
  result.path = path;
  try {
    result.header = read_header(path);
  } catch (const Refused& refused) {
    result.code = refused.code;
    result.detail = refused.detail;
  }
  return result;
}

std::vector<ScannedFile> scan_tree(const std::filesystem::path& root, int threads) {
  const std::vector<fs::path> files = list_files(root);
  std::vector<ScannedFile> scanned(files.size());
  parallel_for(static_cast<int64_t>(files.size()), threads,
               [&](int64_t n) { scanned[static_cast<size_t>(n)] = scan_file(files[static_cast<size_t>(n)]); });
  return scanned;
}

}  // namespace chiasm::dicom
