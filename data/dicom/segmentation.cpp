#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/dicom.h"
#include "data/dicom/load.h"
#include "data/dicom/sanitise.h"
#include "data/dicom/stack.h"
#include "data/dicom/uid.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmfg/fgderimg.h"
#include "dcmtk/dcmfg/fgfracon.h"
#include "dcmtk/dcmfg/fgpixmsr.h"
#include "dcmtk/dcmfg/fgplanor.h"
#include "dcmtk/dcmfg/fgplanpo.h"
#include "dcmtk/dcmiod/iodreferences.h"
#include "dcmtk/dcmseg/segdoc.h"
#include "dcmtk/dcmseg/segment.h"

namespace chiasm::dicom {
namespace {

constexpr const char* series_number = "9001";  // results stand behind the acquired series of a study
constexpr const char* warning = "AI result for research, not verified";
constexpr double grid_tolerance_mm = 0.1;

void must(const OFCondition& status, const char* what) {
  if (status.bad()) throw Error(std::string("cannot write the segmentation: ") + what + ": " + status.text());
}

// Decimal string of at most 16 characters, as exact as that allows.
std::string decimal(double value) {
  for (int digits = 16; digits > 1; --digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::string(text).size() <= 16) return text;
  }
  return "0";
}

// At most `length` characters of a value without backslashes: long names must not make the object invalid.
std::string limited(std::string value, size_t length) {
  value = replace_all(std::move(value), "\\", "/");
  while (value.size() > length || !is_utf8(value)) value.pop_back();
  return value;
}

struct SourceFrame {
  const Header* header = nullptr;
  size_t frame = 0;
  const Frame& geometry() const { return header->frames[frame]; }
};

// The frame of the source on which slice k lies. Throws Refused GRID_MISMATCH.
SourceFrame find_frame(const std::vector<Header>& source, const Volume& classes, int64_t k) {
  const std::array<double, 3> ras = apply(classes.affine, {0, 0, static_cast<double>(k)});
  for (const Header& header : source) {
    for (size_t n = 0; n < header.frames.size(); ++n) {
      const std::vector<double>& position = header.frames[n].position;
      if (position.empty()) throw Refused("NO_POSITION", "a slice has no position or orientation");
      const double distance = std::hypot(position[0] + ras[0], position[1] + ras[1], position[2] - ras[2]);
      if (distance < grid_tolerance_mm) return {&header, n};
    }
  }
  throw Refused("GRID_MISMATCH", "slice " + std::to_string(k + 1) + " of the classes lies on no slice of the source");
}

std::vector<SourceFrame> match_grid(const std::vector<Header>& source, const Volume& classes) {
  check(!source.empty(), "a segmentation needs its source");
  std::vector<SourceFrame> frames;
  for (int64_t k = 0; k < classes.size[0]; ++k) {
    frames.push_back(find_frame(source, classes, k));
    if (frames.back().header->rows != classes.size[1] || frames.back().header->columns != classes.size[2])
      throw Refused("GRID_MISMATCH", "rows or columns of the classes differ from the source");
    check_plane(frames.back().geometry());
  }
  return frames;
}

// Segmented property codes (SNOMED CT) of names that say exactly one structure; anything else is tissue, told apart by its label.
CodeSequenceMacro property_of(const std::string& name) {
  struct Known {
    const char *name, *code, *meaning;
  };
  static constexpr Known known[] = {
      {"liver", "10200004", "Liver"},       {"spleen", "78961009", "Spleen"}, {"kidney", "64033007", "Kidney"},
      {"lung", "39607008", "Lung"},         {"heart", "80891009", "Heart"},   {"brain", "12738006", "Brain"},
      {"pancreas", "15776009", "Pancreas"}, {"lesion", "52988006", "Lesion"}, {"nodule", "27925004", "Nodule"}};
  for (const Known& entry : known)
    if (lower(name) == entry.name) return {entry.code, "SCT", entry.meaning};
  return {"85756007", "SCT", "Tissue"};
}

CodeSequenceMacro category_of(const std::string& name) {
  const std::string plain = lower(name);
  if (plain == "lesion" || plain == "nodule") return {"49755003", "SCT", "Morphologically Altered Structure"};
  OFString code;
  static_cast<void>(property_of(name).getCodeValue(code));
  return code == "85756007" ? CodeSequenceMacro("85756007", "SCT", "Tissue")
                            : CodeSequenceMacro("123037004", "SCT", "Anatomical Structure");
}

class Writer {
 public:
  Writer(const std::vector<SourceFrame>& frames, const Volume& classes, const SegmentationInfo& info)
      : frames_(frames), classes_(classes), info_(info), seed_(seed()) {
    const IODGeneralEquipmentModule::EquipmentInfo equipment = equipment_info();
    ContentIdentificationMacro content("1", "SEGMENTATION", warning, "Chiasm^");
    DcmSegmentation* made = nullptr;
    must(DcmSegmentation::createBinarySegmentation(made, static_cast<Uint16>(classes.size[1]), static_cast<Uint16>(classes.size[2]),
                                                   equipment, content),
         "create");
    segmentation_.reset(made);
  }

  void fill() {
    add_segments();
    add_shared_groups();
    add_dimensions();
    for (size_t segment = 1; segment <= info_.names.size(); ++segment)
      for (size_t k = 0; k < frames_.size(); ++k) add_frame(segment, k);
    import_source();
    add_references();
  }

  std::string save(const std::filesystem::path& path) {
    DcmFileFormat file;
    must(segmentation_->writeDataset(*file.getDataset()), "data set");
    mark(*file.getDataset());
    Staged staged(path, Staged::Kind::file);
    must(file.saveFile(staged.temporary().c_str(), EXS_LittleEndianExplicit), "file");
    staged.commit(true);
    return uid("instance");
  }

 private:
  // One input, one model and one result give one identity, so that a repeated run makes no second object; two masks of one model are two.
  std::string seed() const {
    const auto& indices = std::get<std::vector<uint8_t>>(classes_.voxels);
    std::string all = info_.model_digest + "\n" + info_.algorithm + "\n" + info_.version;
    all += "\n" + join(info_.names, "\n") + "\n" + sha256_hex({reinterpret_cast<const char*>(indices.data()), indices.size()});
    for (const SourceFrame& frame : frames_) all += "\n" + frame.header->sop_uid + "#" + std::to_string(frame.frame);
    return hex(sha256(all));
  }
  std::string uid(const std::string& role) const { return uid_of("segmentation\n" + role + "\n" + seed_); }

  IODGeneralEquipmentModule::EquipmentInfo equipment_info() const {
    const std::string digest = info_.model_digest.substr(0, 16);
    return {"Chiasm", limited(info_.algorithm, 64), digest.empty() ? "none" : digest,
            limited(info_.version.empty() ? "unknown" : info_.version, 64)};
  }

  void add_segments() {
    for (const std::string& name : info_.names) {
      DcmSegment* segment = nullptr;
      must(DcmSegment::create(segment, limited(name, 64), category_of(name), property_of(name), DcmSegTypes::SAT_AUTOMATIC,
                              limited(info_.algorithm, 64)),
           "segment");
      must(segment->setSegmentDescription(warning), "segment description");
      Uint16 number = 0;
      must(segmentation_->addSegment(segment, number), "segment");
    }
  }

  void add_shared_groups() {
    const Frame& first = frames_.front().geometry();
    const std::array<double, 3> step{classes_.affine[2], classes_.affine[6], classes_.affine[10]};
    const std::array<double, 3> lps{-step[0], -step[1], step[2]};
    const double distance = along_normal({lps[0], lps[1], lps[2]}, first.orientation);
    FGPixelMeasures measures;
    must(measures.setPixelSpacing((decimal(first.spacing[0]) + "\\" + decimal(first.spacing[1])).c_str()), "spacing");
    must(measures.setSliceThickness(decimal(distance).c_str()), "thickness");
    must(measures.setSpacingBetweenSlices(decimal(distance).c_str()), "slice distance");
    must(segmentation_->addForAllFrames(measures), "spacing");
    std::vector<OFString> o;
    for (const double value : first.orientation) o.emplace_back(decimal(value).c_str());
    const std::unique_ptr<FGPlaneOrientationPatient> plane(FGPlaneOrientationPatient::createMinimal(o[0], o[1], o[2], o[3], o[4], o[5]));
    must(segmentation_->addForAllFrames(*plane), "orientation");
  }

  void add_dimensions() {
    IODMultiframeDimensionModule& dimensions = segmentation_->getDimensions();
    const OFString organisation = uid("dimensions").c_str();
    must(dimensions.addDimensionIndex(DCM_ReferencedSegmentNumber, organisation, DCM_SegmentIdentificationSequence, "Segment"),
         "dimension");
    must(dimensions.addDimensionIndex(DCM_ImagePositionPatient, organisation, DCM_PlanePositionSequence, "Position"), "dimension");
  }

  void add_frame(size_t segment, size_t k) {
    const auto& voxels = std::get<std::vector<uint8_t>>(classes_.voxels);
    const auto plane = static_cast<size_t>(classes_.size[1] * classes_.size[2]);
    std::vector<Uint8> mask(plane);
    for (size_t n = 0; n < plane; ++n) mask[n] = voxels[k * plane + n] == segment;
    const std::vector<double>& p = frames_[k].geometry().position;
    const std::unique_ptr<FGPlanePosPatient> position(
        FGPlanePosPatient::createMinimal(decimal(p[0]).c_str(), decimal(p[1]).c_str(), decimal(p[2]).c_str()));
    FGFrameContent content;
    must(content.setDimensionIndexValues(static_cast<Uint32>(segment), 0), "dimension index");
    must(content.setDimensionIndexValues(static_cast<Uint32>(k + 1), 1), "dimension index");
    const std::unique_ptr<FGDerivationImage> derivation = derived_from(frames_[k]);
    OFVector<FGBase*> groups;
    groups.push_back(position.get());
    groups.push_back(&content);
    groups.push_back(derivation.get());
    must(segmentation_->addFrame(mask.data(), static_cast<Uint16>(segment), groups), "frame");
  }

  static std::unique_ptr<FGDerivationImage> derived_from(const SourceFrame& frame) {
    ImageSOPInstanceReferenceMacro reference;
    must(reference.setReferencedSOPClassUID(frame.header->sop_class.c_str()), "reference");
    must(reference.setReferencedSOPInstanceUID(frame.header->sop_uid.c_str()), "reference");
    if (frame.header->frames.size() > 1 && frame.header->tiles == 0)
      must(reference.addReferencedFrameNumber(static_cast<Uint16>(frame.frame + 1)), "reference");
    OFVector<ImageSOPInstanceReferenceMacro> references;
    references.push_back(reference);
    const CodeSequenceMacro derivation("113076", "DCM", "Segmentation"),
        purpose("121322", "DCM", "Source image for image processing operation");
    std::unique_ptr<FGDerivationImage> made(FGDerivationImage::createMinimal(references, warning, derivation, purpose));
    if (!made) throw Error("cannot write the segmentation: derivation");
    return made;
  }

  // Patient, study and frame of reference, as far as their values are valid.
  void import_source() {
    DcmFileFormat file;
    load(file, frames_.front().header->path);
    DcmDataset& dataset = *file.getDataset();
    sanitise(dataset);
    if (frames_.front().header->frame_uid.empty())
      must(dataset.putAndInsertString(DCM_FrameOfReferenceUID, uid("frame").c_str()), "frame of reference");
    must(segmentation_->importHierarchy(dataset, OFTrue, OFTrue, OFTrue, OFFalse), "patient and study");
    must(segmentation_->setEquipmentInfo(equipment_info()), "equipment");
    must(segmentation_->getSeries().setSeriesInstanceUID(uid("series").c_str()), "series");
    must(segmentation_->getSeries().setSeriesNumber(series_number), "series");
    must(segmentation_->getSeries().setSeriesDescription(warning), "series");
    must(segmentation_->getSOPCommon().setSOPInstanceUID(uid("instance").c_str()), "instance");
  }

  void add_references() {
    IODReferences references;
    std::string last;
    for (const SourceFrame& frame : frames_) {
      const Header& h = *frame.header;
      if (h.sop_uid == last) continue;
      last = h.sop_uid;
      references.add(
          new IODImageReference(h.patient_id.c_str(), h.study_uid.c_str(), h.series_uid.c_str(), h.sop_uid.c_str(), h.sop_class.c_str()));
    }
    segmentation_->getCommonInstanceReference().addReferences(references, frames_.front().header->study_uid.c_str());
  }

  // What the library has no setter for.
  void mark(DcmDataset& dataset) const {
    const std::string now = utc_now();  // 2026-11-24T10:00:00Z
    const std::string date = now.substr(0, 4) + now.substr(5, 2) + now.substr(8, 2),
                      time = now.substr(11, 2) + now.substr(14, 2) + now.substr(17, 2);
    for (const DcmTagKey& key : {DCM_ContentDate, DCM_SeriesDate}) must(dataset.putAndInsertString(key, date.c_str()), "date");
    for (const DcmTagKey& key : {DCM_ContentTime, DCM_SeriesTime}) must(dataset.putAndInsertString(key, time.c_str()), "time");
    // The equipment is this program's own; the import takes over where the scanner stands.
    for (const DcmTagKey& key : {DCM_InstitutionName, DCM_InstitutionAddress, DCM_InstitutionalDepartmentName, DCM_StationName})
      dataset.findAndDeleteElement(key);
    DcmItem* tool = nullptr;
    must(dataset.findOrCreateSequenceItem(DCM_ContributingEquipmentSequence, tool, 0), "equipment");
    must(tool->putAndInsertString(DCM_Manufacturer, "Chiasm"), "equipment");
    must(tool->putAndInsertString(DCM_ManufacturerModelName, limited(info_.algorithm, 64).c_str()), "equipment");
    must(tool->putAndInsertString(DCM_SoftwareVersions, limited(info_.version, 64).c_str()), "equipment");
    must(tool->putAndInsertString(DCM_ContributionDescription, (std::string(warning) + "; model " + info_.model_digest).c_str()),
         "equipment");
    DcmItem* purpose = nullptr;
    must(tool->findOrCreateSequenceItem(DCM_PurposeOfReferenceCodeSequence, purpose, 0), "equipment");
    must(purpose->putAndInsertString(DCM_CodeValue, "109102"), "equipment");
    must(purpose->putAndInsertString(DCM_CodingSchemeDesignator, "DCM"), "equipment");
    must(purpose->putAndInsertString(DCM_CodeMeaning, "Processing Equipment"), "equipment");
  }

  const std::vector<SourceFrame>& frames_;
  const Volume& classes_;
  const SegmentationInfo& info_;
  std::string seed_;
  std::unique_ptr<DcmSegmentation> segmentation_;
};

}  // namespace

std::string write_segmentation(const std::filesystem::path& path, const std::vector<Header>& source, const Volume& classes,
                               const SegmentationInfo& info) {
  start();
  check(std::holds_alternative<std::vector<uint8_t>>(classes.voxels) && classes.channels == 1, "classes are 8-bit indices");
  check(!info.names.empty() && info.names.size() < 255, "a segmentation has 1 to 254 classes");
  const std::vector<SourceFrame> frames = match_grid(source, classes);
  Writer writer(frames, classes, info);
  writer.fill();
  return writer.save(path);
}

}  // namespace chiasm::dicom
