#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/annex_e.h"
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
    if (key == DCM_DeidentificationMethod || key == DCM_DeidentificationMethodCodeSequence) continue;  // our own words
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

}  // namespace

void deidentify_file(const std::filesystem::path& from, const std::filesystem::path& to, const Profile& profile,
                     const Surrogates& surrogates,
                     const std::function<void(const std::filesystem::path&, const std::vector<WrittenText>&)>& check) {
  DcmFileFormat source;
  load(source, from);
  const E_TransferSyntax syntax = source.getDataset()->getOriginalXfer();
  if (DcmXfer(syntax).getXfer() == EXS_Unknown) throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "the transfer syntax cannot be written");
  apply_profile(*source.getDataset(), profile, surrogates);
  DcmFileFormat result(source.getDataset());  // a new preamble and file meta information
  std::filesystem::create_directories(to.parent_path());
  Staged staged(to, Staged::Kind::file);
  const OFCondition status =
      result.saveFile(staged.temporary().c_str(), syntax, EET_ExplicitLength, EGL_recalcGL, EPD_withoutPadding, 0, 0, EWM_createNewMeta);
  if (status.bad()) throw Error(to.parent_path().string() + ": a file cannot be written there: " + status.text());
  check(staged.temporary(), texts_of(staged.temporary()));
  staged.commit();
}

}  // namespace chiasm::dicom
