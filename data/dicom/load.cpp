#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/load.h"

#include "core/base/error.h"
#include "data/dicom/dicom.h"
#include "data/dicom/guard.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {

void load(DcmFileFormat& file, const std::filesystem::path& path) {
  prepare_library();
  guard(path);
  const OFCondition status = file.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect);
  if (status == EC_InvalidStream || status == EC_EndOfStream || status == EC_StreamNotifyClient)
    throw Refused("TRUNCATED", "the file ends before its data does");
  if (status == EC_UnsupportedEncoding || status == EC_UnknownTransferSyntax)
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "the transfer syntax is not known");
  if (status.bad()) throw Refused("DAMAGED", "the data set cannot be parsed");
  // On failure the bytes stay as they are; text() makes valid UTF-8 of them.
  static_cast<void>(file.getDataset()->convertToUTF8());
}

void load_header(DcmFileFormat& file, const std::filesystem::path& path) {
  const OFCondition status =
      file.loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData);
  if (status.bad()) throw Refused("TRUNCATED", "the file ends before its data does");
  static_cast<void>(file.getDataset()->convertToUTF8());
}

}  // namespace chiasm::dicom
