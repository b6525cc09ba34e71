#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/frames.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/attributes.h"
#include "data/dicom/mosaic.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr int64_t most_frames = 100'000;

// Values 1 to 3 of Image Type; of MR value 4 too, where vendors write water or fat, magnitude or phase.
std::string image_type(const std::vector<std::string>& values, const std::string& modality) {
  const size_t count = std::min<size_t>(values.size(), modality == "MR" ? 4 : 3);
  return join({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)}, "\\");
}

// Numbers are compared as numbers: "80" and "80.0" are one echo time.
std::string canonical(const std::string& value) {
  const auto number = parse_number(value);
  return number ? format_number(*number) : value;
}

std::string text_of(DcmItem* item, const DcmTagKey& key) { return item == nullptr ? std::string() : canonical(text(*item, key)); }

Frame classic_frame(const Attributes& attributes, const Header& header) {
  const auto word = [&](const DcmTagKey& key) { return canonical(attributes.text(key)); };
  Frame frame;
  frame.position = attributes.numbers(DCM_ImagePositionPatient, 3);
  frame.orientation = attributes.numbers(DCM_ImageOrientationPatient, 6);
  frame.spacing = attributes.numbers(DCM_PixelSpacing, 2);
  frame.kind = join({image_type(header.image_type, header.modality), word(DCM_EchoTime), word(DCM_EchoNumbers), word(DCM_DiffusionBValue),
                     header.kernel, word(DCM_StackID)},
                    "|");
  frame.phases = {word(DCM_TemporalPositionIdentifier),   word(DCM_AcquisitionNumber), word(DCM_TriggerTime),
                  word(DCM_DiffusionGradientOrientation), word(DCM_AcquisitionTime),   word(DCM_ContentTime)};
  frame.instance = attributes.integer(DCM_InstanceNumber).value_or(0);
  frame.times = attributes.integer(DCM_NumberOfTemporalPositions).value_or(0);
  return frame;
}

int64_t frame_count(const Attributes& attributes) {
  const int64_t count = attributes.integer(DCM_NumberOfFrames).value_or(1);
  if (count < 1 || count > most_frames) throw Refused("TOO_LARGE", "the number of frames must be 1 to " + std::to_string(most_frames));
  return count;
}

Frame enhanced_frame(const FunctionalGroups& groups, const Header& header) {
  Frame frame;
  if (DcmItem* item = groups.macro(DCM_PlanePositionSequence)) frame.position = numbers(*item, DCM_ImagePositionPatient, 3);
  if (DcmItem* item = groups.macro(DCM_PlaneOrientationSequence)) frame.orientation = numbers(*item, DCM_ImageOrientationPatient, 6);
  if (DcmItem* item = groups.macro(DCM_PixelMeasuresSequence)) frame.spacing = numbers(*item, DCM_PixelSpacing, 2);
  DcmItem* type = groups.macro(header.modality == "MR" ? DCM_MRImageFrameTypeSequence : DCM_CTImageFrameTypeSequence);
  DcmItem* diffusion = groups.macro(DCM_MRDiffusionSequence);
  DcmItem* content = groups.macro(DCM_FrameContentSequence);
  frame.kind = join({type == nullptr ? std::string() : image_type(texts(*type, DCM_FrameType), header.modality),
                     text_of(groups.macro(DCM_MREchoSequence), DCM_EffectiveEchoTime), text_of(diffusion, DCM_DiffusionBValue),
                     text_of(groups.macro(DCM_CTReconstructionSequence), DCM_ConvolutionKernel), text_of(content, DCM_StackID)},
                    "|");
  DcmItem* direction = diffusion == nullptr ? nullptr : first_item(*diffusion, DCM_DiffusionGradientDirectionSequence);
  frame.phases = {text_of(content, DCM_TemporalPositionIndex),
                  text_of(content, DCM_FrameAcquisitionNumber),
                  text_of(groups.macro(DCM_CardiacSynchronizationSequence), DCM_NominalCardiacTriggerDelayTime),
                  text_of(direction, DCM_DiffusionGradientOrientation),
                  text_of(content, DCM_FrameAcquisitionDateTime),
                  text_of(content, DCM_FrameReferenceDateTime)};
  return frame;
}

}  // namespace

void read_classic_frames(const Attributes& attributes, Header& header) {
  header.frames.assign(static_cast<size_t>(frame_count(attributes)), classic_frame(attributes, header));
}

void read_frames(DcmItem& dataset, Header& header) {
  const LibraryAttributes attributes(dataset);
  const int64_t count = frame_count(attributes);
  header.enhanced =
      first_item(dataset, DCM_SharedFunctionalGroupsSequence) != nullptr || has_value(dataset, DCM_PerFrameFunctionalGroupsSequence);
  if (!header.enhanced) {
    read_classic_frames(attributes, header);
    if (is_mosaic(header)) place_tiles(dataset, header);
    return;
  }
  const std::vector<FunctionalGroups> groups = functional_groups(dataset, count);
  if (static_cast<int64_t>(groups.size()) != count)
    throw Refused("INCONSISTENT_PIXELS", "the number of frames differs from the number of per-frame functional groups");
  for (const FunctionalGroups& group : groups) header.frames.push_back(enhanced_frame(group, header));
}

}  // namespace chiasm::dicom
