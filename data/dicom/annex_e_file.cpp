#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/annex_e.h"
#include "data/dicom/annex_e_face.h"
#include "data/dicom/annex_e_values.h"
#include "data/dicom/attributes.h"
#include "data/dicom/load.h"
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

// A full disk ends the run; pixels that cannot be written as they are coded are one file's own trouble.
[[noreturn]] void refuse_or_fail(const OFCondition& status, const std::filesystem::path& to) {
  constexpr unsigned short system_call = 18;  // of DCMTK's output stream
  if (status == EC_InvalidStream || status == EC_EndOfStream || (status.module() == OFM_dcmdata && status.code() == system_call))
    throw Error(to.parent_path().string() + ": a file cannot be written there: " + status.text());
  throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "the pixel data cannot be written as it is coded");
}

}  // namespace

void deidentify_file(const std::filesystem::path& from, const std::filesystem::path& to, const Profile& profile,
                     const Surrogates& surrogates,
                     const std::function<void(const std::filesystem::path&, const std::vector<WrittenText>&)>& check,
                     const FaceRemoval* face) {
  DcmFileFormat source;
  load(source, from);
  const E_TransferSyntax syntax = source.getDataset()->getOriginalXfer();
  const std::string stated = text(*source.getMetaInfo(), DCM_TransferSyntaxUID);
  if (DcmXfer(syntax).getXfer() == EXS_Unknown || (!stated.empty() && stated != DcmXfer(syntax).getXferID()))
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "the transfer syntax cannot be written");
  apply_profile(*source.getDataset(), profile, surrogates);
  if (face != nullptr) remove_face(*source.getDataset(), *face);
  DcmFileFormat result(source.getDataset());  // a new preamble and file meta information
  std::filesystem::create_directories(to.parent_path());
  Staged staged(to, Staged::Kind::file);
  const OFCondition status =
      result.saveFile(staged.temporary().c_str(), syntax, EET_ExplicitLength, EGL_recalcGL, EPD_withoutPadding, 0, 0, EWM_createNewMeta);
  if (status.bad()) refuse_or_fail(status, to);
  check(staged.temporary(), texts_of(staged.temporary()));
  staged.commit();
}

}  // namespace chiasm::dicom
