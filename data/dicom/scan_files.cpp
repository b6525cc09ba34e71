#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/dicom/header.h"
#include "data/dicom/isolated.h"

namespace chiasm::dicom {

ScannedFile scan_in_process(const std::filesystem::path& path) {
  ScannedFile result;
  result.path = path;
  try {
    result.header = library_header(path);
  } catch (const Refused& refused) {
    result.code = refused.code;
    result.detail = refused.detail;
  }
  return result;
}

ScannedFile scan_file(const std::filesystem::path& path) {
  try {
    if (std::optional<Header> header = canonical_header(path)) return {std::move(header), path, "", ""};
  } catch (const Refused& refused) {
    return {std::nullopt, path, refused.code, refused.detail};
  }
  return scan_isolated(path);
}

std::vector<ScannedFile> scan_tree(const std::filesystem::path& root, int threads) {
  const std::vector<fs::path> files = list_files(root);
  std::vector<ScannedFile> scanned(files.size());
  parallel_for(static_cast<int64_t>(files.size()), threads,
               [&](int64_t n) { scanned[static_cast<size_t>(n)] = scan_file(files[static_cast<size_t>(n)]); });
  return scanned;
}

}  // namespace chiasm::dicom
