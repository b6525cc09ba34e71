// Objects with their pixels decoded, and the slices of a group decoded from them on several threads.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dicom/attributes.h"
#include "data/dicom/dicom.h"
#include "data/dicom/pixels.h"
#include "data/dicom/suv.h"
#include "data/dicom/values.h"

class DcmDataset;
class DcmFileFormat;

namespace chiasm::dicom {

struct Decoded {
  Decoded();
  ~Decoded();
  DcmDataset& dataset() const;

  std::filesystem::path path;
  std::unique_ptr<DcmFileFormat> file;
  StoredFrames stored;
  std::vector<FunctionalGroups> groups;  // of an enhanced object: one a frame
  const FunctionalGroups* groups_of(size_t frame) const { return groups.empty() ? nullptr : &groups[frame]; }
};

// Code streams of one object (JPEG 2000, HTJ2K) are decoded by up to `threads` threads. Throws Refused.
std::shared_ptr<Decoded> decode_object(const Header& header, int threads);

std::string_view frame_bytes(const StoredFrames& stored, size_t frame);

// Keeps the last object: what is asked of one object follows each other.
class Decoder {
 public:
  explicit Decoder(int threads) : threads_(threads) {}
  Decoded& open(const Header& header);
  // Nothing when the last object is another one.
  std::shared_ptr<Decoded> held(const Header& header) const { return last_ && last_->path == header.path ? last_ : nullptr; }

 private:
  std::shared_ptr<Decoded> last_;
  int threads_;
};

struct DecodedSlices {
  std::vector<SliceValues> values;  // in slice order, as all below
  std::vector<SuvScale> scales;     // of PET only
  std::optional<Voi> voi;           // of the middle slice
  std::string sha256;               // of the stored values, slice after slice; empty where the options want none
};

// Objects are decoded in parallel, and the frames of one object; results do not depend on their number, and of several failures that of the
// first object is thrown (Refused). Takes the memory of one decoded object a thread. `complement`: see slice_values().
DecodedSlices decode_slices(const Group& group, bool complement, bool pet, const Decoder& decoder, const ReadOptions& options);

}  // namespace chiasm::dicom
