// The volumes of a large tree, in some hundred bytes a file until they are opened: the headers of a series differ in little.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/dicom/dicom.h"

namespace chiasm::dicom {

class ShelvedGroup {
 public:
  ShelvedGroup() = default;
  explicit ShelvedGroup(const Group& group);
  Group open() const;
  size_t bytes() const { return packed_.size(); }

 private:
  std::string packed_;
};

struct ShelvedTree {
  int64_t files = 0;
  std::vector<ShelvedGroup> groups;     // as group_files makes them; those of one series beside each other
  std::vector<Header> drawn;            // segmentations and structure sets
  std::vector<ScannedFile> not_images;  // refused, or (without a code) an object that holds no image
};

// Scans all files below `root`, or `root` itself. The memory it takes while it runs does not grow with the size of headers, and hardly with
// the number of files. Throws Error: no memory.
ShelvedTree shelve_tree(const std::filesystem::path& root, int threads);

// Bytes that repeat themselves, as fewer bytes (Blosc with LZ4); and back.
std::string squeeze(std::string_view plain);
std::string unsqueeze(std::string_view squeezed);

}  // namespace chiasm::dicom
