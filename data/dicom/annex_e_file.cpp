#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <fstream>
#include <memory>
#include <set>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/annex_e.h"
#include "data/dicom/annex_e_face.h"
#include "data/dicom/annex_e_values.h"
#include "data/dicom/attributes.h"
#include "data/dicom/htj2k.h"
#include "data/dicom/load.h"
#include "data/dicom/object_pixels.h"
#include "dcmtk/dcmdata/dcpixel.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

void collect_texts(DcmItem& item, std::vector<WrittenText>& texts) {
  for (unsigned long n = 0; n < item.card(); ++n) {
    DcmElement& element = *item.getElement(n);
    const DcmTagKey key = element.getTag();
    if (key == DCM_DeidentificationMethod || key == DCM_DeidentificationMethodCodeSequence || key == DCM_ImplementationVersionName)
      continue;  // our own words
    if (auto* sequence = dynamic_cast<DcmSequenceOfItems*>(&element); sequence != nullptr && element.ident() == EVR_SQ) {
      for (unsigned long k = 0; k < sequence->card(); ++k) collect_texts(*sequence->getItem(k), texts);
    } else if (is_text(element) || is_uid(element)) {
      if (std::string value = raw_text(element); !value.empty() && !(is_uid(element) && starts_with(value, "1.2.840.10008.")))
        texts.push_back({element.getTag().toString().c_str(), std::move(value)});
    }
  }
}

// Every text of a file that was just written: what an independent look at it starts from.
std::vector<WrittenText> texts_of(const std::filesystem::path& path) {
  DcmFileFormat file;
  load(file, path);
  std::vector<WrittenText> texts;
  collect_texts(*file.getDataset(), texts);
  collect_texts(*file.getMetaInfo(), texts);
  return texts;
}

// A full disk ends the run; pixels that cannot be written as they are coded are one file's own trouble. The library names both alike, so
// the disk is asked again.
[[noreturn]] void refuse_or_fail(const std::filesystem::path& to) {
  std::ofstream more(to, std::ios::binary | std::ios::app);
  more << std::string(size_t{1} << 16, '\0') << std::flush;
  if (!more) throw Error(to.parent_path().string() + ": a file cannot be written there; is the disk full?");
  throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "the pixel data cannot be written as it is coded");
}

OFCondition save(DcmFileFormat& file, const std::filesystem::path& to, E_TransferSyntax syntax, E_FileWriteMode mode) {
  return file.saveFile(to.c_str(), syntax, EET_ExplicitLength, EGL_recalcGL, EPD_withoutPadding, 0, 0, mode);
}

// A syntax of the library's for those that it does not know: all that have their pixels in fragments are explicit little endian (PS3.5
// A.4).
constexpr E_TransferSyntax stand_in = EXS_JPEG2000;

bool is_younger_than_library(const std::string& syntax) {
  static const std::set<std::string> deflated_frames_and_jpeg_xl{"1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.4.110",
                                                                 "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"};
  return is_htj2k(syntax) || deflated_frames_and_jpeg_xl.count(syntax) > 0;
}

// The library read the fragments as if their syntax were a native one; it writes them under the name of another.
void take_fragments(DcmDataset& dataset) {
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad()) return;
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  DcmPixelSequence* fragments = nullptr;
  if (pixels != nullptr) pixels->getOriginalRepresentationKey(syntax, parameter);
  if (pixels == nullptr || pixels->getEncapsulatedRepresentation(syntax, parameter, fragments).bad() || fragments == nullptr)
    throw Refused("DAMAGED", "the pixel data hold no fragments");
  auto copies = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));  // a sequence does not change its syntax
  for (DcmObject* item = fragments->nextInContainer(nullptr); item != nullptr; item = fragments->nextInContainer(item))
    if (auto* fragment = dynamic_cast<DcmPixelItem*>(item); fragment != nullptr) copies->insert(new DcmPixelItem(*fragment));
  auto renamed = std::make_unique<DcmPixelData>(DCM_PixelData);
  renamed->putOriginalRepresentation(stand_in, nullptr, copies.release());
  if (dataset.insert(renamed.get(), OFTrue).good()) static_cast<void>(renamed.release());
}

OFCondition save_renamed(DcmFileFormat& file, const std::filesystem::path& to, const std::string& syntax) {
  take_fragments(*file.getDataset());
  DcmMetaInfo& meta = *file.getMetaInfo();
  OFCondition status = file.validateMetaInfo(stand_in, EWM_createNewMeta);
  if (status.good()) status = meta.putAndInsertString(DCM_TransferSyntaxUID, syntax.c_str());
  if (status.good()) status = meta.computeGroupLengthAndPadding(EGL_recalcGL, EPD_noChange, EXS_LittleEndianExplicit, EET_ExplicitLength);
  return status.good() ? save(file, to, stand_in, EWM_dontUpdateMeta) : status;
}

}  // namespace

std::vector<WrittenText> deidentify_file(const std::filesystem::path& from, const std::filesystem::path& to, const Profile& profile,
                                         const Surrogates& surrogates, const PixelChanges& changes) {
  DcmFileFormat source;
  load(source, from);
  E_TransferSyntax syntax = source.getDataset()->getOriginalXfer();
  const std::string stated = text(*source.getMetaInfo(), DCM_TransferSyntaxUID);
  const bool known = DcmXfer(syntax).getXfer() != EXS_Unknown && (stated.empty() || stated == DcmXfer(syntax).getXferID());
  const bool renamed = !known && is_younger_than_library(stated);
  if (!known && !renamed) throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "the transfer syntax cannot be written");
  apply_profile(*source.getDataset(), profile, surrogates);
  if (changes.cleaned != nullptr) {
    replace_pixels(*source.getDataset(), *changes.cleaned);
    add_method_code(*source.getDataset(), "113101", "Clean Pixel Data Option");
    syntax = EXS_LittleEndianExplicit;
  }
  if (changes.face != nullptr && renamed) throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "a face is removed from uncompressed pixels only");
  if (changes.face != nullptr) remove_face(*source.getDataset(), *changes.face);
  DcmFileFormat result(source.getDataset());  // a new preamble and file meta information
  const OFCondition status =
      renamed && changes.cleaned == nullptr ? save_renamed(result, to, stated) : save(result, to, syntax, EWM_createNewMeta);
  if (status.bad()) refuse_or_fail(to);
  return texts_of(to);
}

}  // namespace chiasm::dicom
