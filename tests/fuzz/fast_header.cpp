// DICOM headers: wherever the fast walk answers, the library answers the same.
#include <optional>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/dicom.h"
#include "data/dicom/header.h"
#include "data/dicom/load.h"
#include "tests/dicom/header_text.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/fuzz/truth.h"

using namespace chiasm;
using fuzz::truth;

namespace {

void check_header(const dicom::Header& fast, const std::filesystem::path& path) {
  const std::string text = dicom::test::written(fast);
  truth(is_utf8(text), "a header is UTF-8");
  truth(!fast.transfer_syntax.empty() && !fast.truncated, "a canonical file has a transfer syntax and is whole");
  std::string other;
  try {
    other = dicom::test::written(dicom::library_header(path));
  } catch (const Refused& refused) {
    other = "refused: " + refused.code;
  }
  if (text != other) std::fprintf(stderr, "fuzz: fast walk:\n%s\nfuzz: library:\n%s\n", text.c_str(), other.c_str());
  truth(text == other, "the library reads what the fast walk reads");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  dicom::prepare_library();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFile file("x.dcm");
  file.put(data, size);
  if (const std::optional<dicom::Header> fast = dicom::canonical_header(file.path())) check_header(*fast, file.path());
  return 0;
}
