#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <utility>

#include "core/base/error.h"
#include "data/dicom/annotation.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "data/dicom/dicom.h"
#include "data/dicom/fast_attributes.h"
#include "data/dicom/frames.h"
#include "data/dicom/header.h"
#include "data/dicom/load.h"
#include "data/dicom/mosaic.h"
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
      {"CurrentPatientLocation", DCM_CurrentPatientLocation},
      {"PatientInstitutionResidence", DCM_PatientInstitutionResidence},
      {"ResponsibleOrganization", DCM_ResponsibleOrganization},
      {"RequestingService", DCM_RequestingService},
      {"NamesOfIntendedRecipientsOfResults", DCM_NamesOfIntendedRecipientsOfResults},
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

void fill_identity(const Attributes& from, Header& header) {
  header.patient_id = from.text(DCM_PatientID);
  header.issuer = from.text(DCM_IssuerOfPatientID);
  header.patient_name = from.text(DCM_PatientName);
  header.birth_date = from.text(DCM_PatientBirthDate);
  header.sex = from.text(DCM_PatientSex);
  header.age = from.text(DCM_PatientAge);
  for (const auto& [keyword, key] : identifying()) {
    std::string value = from.text(key);
    if (!value.empty()) header.identity[keyword] = std::move(value);
  }
}

void fill_series(const Attributes& from, Header& header) {
  header.modality = from.text(DCM_Modality);
  header.accession = from.text(DCM_AccessionNumber);
  header.study_date = from.text(DCM_StudyDate);
  header.study_time = from.text(DCM_StudyTime);
  header.series_date = from.text(DCM_SeriesDate);
  header.series_description = from.text(DCM_SeriesDescription);
  header.study_description = from.text(DCM_StudyDescription);
  header.body_part = from.text(DCM_BodyPartExamined);
  header.view_position = from.text(DCM_ViewPosition);
  header.kernel = from.text(DCM_ConvolutionKernel);
  header.protocol = from.text(DCM_ProtocolName);
  header.manufacturer = from.text(DCM_Manufacturer);
  header.scanner = from.text(DCM_ManufacturerModelName);
  header.contrast = from.text(DCM_ContrastBolusAgent);
  header.sequence = from.text(DCM_ScanningSequence);
  header.burned_in = from.text(DCM_BurnedInAnnotation);
  header.laterality = from.text(DCM_ImageLaterality);
  if (header.laterality.empty()) header.laterality = from.text(DCM_Laterality);
  header.image_type = from.texts(DCM_ImageType);
}

// `library`: the data set as the library parsed it; null for a canonical file.
void fill_pixels(const Attributes& from, DcmItem* library, Header& header) {
  const bool described = from.exists(DCM_Rows) && from.exists(DCM_BitsAllocated);
  header.image = (header.truncated && described) || from.exists(DCM_PixelData) || from.exists(DCM_FloatPixelData) ||
                 from.exists(DCM_DoubleFloatPixelData);
  if (!header.image) return;
  header.rows = from.integer(DCM_Rows).value_or(0);
  header.columns = from.integer(DCM_Columns).value_or(0);
  header.samples = from.integer(DCM_SamplesPerPixel).value_or(1);
  header.photometric = from.text(DCM_PhotometricInterpretation);
  if (library != nullptr) return read_frames(*library, header);
  if (is_mosaic(header)) throw NotCanonical{};  // its places are private attributes
  read_classic_frames(from, header);
}

void fill_references(DcmItem* library, Header& header) {
  if (library == nullptr) throw NotCanonical{};  // they stand in sequences
  header.drawn_on = series_drawn_on(*library, header.sop_class);
  if (header.frame_uid.empty()) header.frame_uid = frame_of_contours(*library);
}

void fill(const Attributes& from, DcmItem* library, Header& header) {
  header.sop_class = from.text(DCM_SOPClassUID);
  if (header.sop_class.empty() && library == nullptr) throw NotCanonical{};
  header.sop_uid = from.text(DCM_SOPInstanceUID);
  header.study_uid = from.text(DCM_StudyInstanceUID);
  header.series_uid = from.text(DCM_SeriesInstanceUID);
  header.frame_uid = from.text(DCM_FrameOfReferenceUID);
  fill_series(from, header);
  fill_identity(from, header);
  if (is_annotation(header)) fill_references(library, header);
  fill_pixels(from, library, header);
}

}  // namespace

std::optional<Header> canonical_header(const std::filesystem::path& path) {
  const std::optional<FastHeader> fast = FastHeader::read(path);
  if (!fast) return std::nullopt;
  Header header;
  header.path = path;
  header.transfer_syntax = fast->transfer_syntax();
  header.canonical = true;
  try {
    fill(FastAttributes(*fast), nullptr, header);
  } catch (const NotCanonical&) {
    return std::nullopt;
  } catch (const Refused&) {
    return std::nullopt;  // the library's way says why
  }
  return header;
}

// A file that ends inside its pixels still has a header: its series is then refused as a whole, instead of read without this slice.
Header library_header(const std::filesystem::path& path) {
  DcmFileFormat whole, beginning;
  Header header;
  header.path = path;
  try {
    load(whole, path);
  } catch (const Refused& refused) {
    if (refused.code != "TRUNCATED") throw;
    load_header(beginning, path);
    header.truncated = true;
  }
  DcmFileFormat& file = header.truncated ? beginning : whole;
  DcmDataset& dataset = *file.getDataset();
  header.transfer_syntax = text(*file.getMetaInfo(), DCM_TransferSyntaxUID);
  if (header.transfer_syntax.empty()) header.transfer_syntax = DcmXfer(dataset.getOriginalXfer()).getXferID();
  fill(LibraryAttributes(dataset), &dataset, header);
  if (header.sop_class.empty()) header.sop_class = text(*file.getMetaInfo(), DCM_MediaStorageSOPClassUID);  // of a DICOMDIR
  if (header.truncated && !header.image) throw Refused("TRUNCATED", "the file ends before its data does");
  return header;
}

}  // namespace chiasm::dicom
