#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <mutex>

#include "core/base/error.h"
#include "data/dicom/load.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpls/djdecode.h"

namespace chiasm::dicom {

void prepare_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Library messages may quote values of a patient; every failure reaches the user as one of our own codes.
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    if (!dcmDataDict.isDictionaryLoaded())
      throw Error(
          "the DICOM data dictionary was not found: without it attributes of implicit VR files cannot be told apart; install the package "
          "libdcmtk17"
          " or set DCMDICTPATH to the file dicom.dic");
    dcmEnableUnknownVRConversion.set(OFTrue);  // a known attribute that a relay wrote as UN is read as what it is
    DcmRLEDecoderRegistration::registerCodecs();
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
  });
}

}  // namespace chiasm::dicom
