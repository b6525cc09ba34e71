#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/decoded.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/threads.h"
#include "data/dicom/load.h"
#include "data/dicom/mosaic.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

// Each thread of a reading process takes address space (stack and heap), which is limited there.
constexpr int most_threads = 16;

// Frames as they come from several threads, added to a digest in slice order. What waits is kept until its turn.
class OrderedDigest {
 public:
  explicit OrderedDigest(size_t slices) : waiting_(slices) {}

  void put(size_t slice, std::shared_ptr<const Decoded> decoded, size_t frame) {
    const std::lock_guard lock(mutex_);
    waiting_[slice] = {std::move(decoded), frame};
    for (; next_ < waiting_.size() && waiting_[next_].decoded; ++next_) {
      digest_.add(frame_bytes(waiting_[next_].decoded->stored, waiting_[next_].frame));
      waiting_[next_].decoded.reset();
    }
  }
  std::string finish() { return hex(digest_.finish()); }

 private:
  struct Waiting {
    std::shared_ptr<const Decoded> decoded;
    size_t frame = 0;
  };
  std::mutex mutex_;
  std::vector<Waiting> waiting_;
  size_t next_ = 0;
  Sha256 digest_;
};

// The slices of each object, objects in order of their first slice.
std::vector<std::vector<size_t>> slices_of_objects(const Group& group) {
  std::vector<std::vector<size_t>> objects;
  std::map<size_t, size_t> place;
  for (size_t n = 0; n < group.slices.size(); ++n) {
    const auto [at, added] = place.emplace(group.slices[n].header, objects.size());
    if (added) objects.emplace_back();
    objects[at->second].push_back(n);
  }
  return objects;
}

}  // namespace

Decoded::Decoded() : file(std::make_unique<DcmFileFormat>()) {}
Decoded::~Decoded() = default;
DcmDataset& Decoded::dataset() const { return *file->getDataset(); }

std::shared_ptr<Decoded> decode_object(const Header& header, int threads) {
  auto next = std::make_shared<Decoded>();
  next->path = header.path;
  load(*next->file, header.path);
  if (header.enhanced) next->groups = functional_groups(next->dataset(), static_cast<int64_t>(header.frames.size()));
  next->stored = decode_pixels(*next->file, threads);
  if (header.tiles > 0) untile(next->stored, header.tiles);
  const PixelFormat& format = next->stored.format;
  if (format.rows != header.rows || format.columns != header.columns || format.frames != static_cast<int64_t>(header.frames.size()))
    throw Refused("INCONSISTENT_PIXELS", "the file changed after it was scanned");
  return next;
}

std::string_view frame_bytes(const StoredFrames& stored, size_t frame) {
  const auto size = static_cast<size_t>(stored.format.frame_bytes());
  return {reinterpret_cast<const char*>(stored.bytes.data()) + frame * size, size};
}

Decoded& Decoder::open(const Header& header) {
  if (!held(header)) {
    last_.reset();
    last_ = decode_object(header, threads_);
  }
  return *last_;
}

DecodedSlices decode_slices(const Group& group, bool complement, bool pet, const Decoder& decoder, const ReadOptions& options) {
  const int threads = std::clamp(options.threads, 1, most_threads);
  const std::vector<std::vector<size_t>> objects = slices_of_objects(group);
  const int inside = std::max(1, threads / static_cast<int>(std::min<size_t>(objects.size(), most_threads)));
  DecodedSlices result;
  result.values.resize(group.slices.size());
  if (pet) result.scales.resize(group.slices.size());
  OrderedDigest digest(group.slices.size());
  parallel_for(static_cast<int64_t>(objects.size()), threads, [&](int64_t object) {
    const std::vector<size_t>& slices = objects[static_cast<size_t>(object)];
    const Header& header = group.headers[group.slices[slices.front()].header];
    std::shared_ptr<Decoded> decoded = decoder.held(header);
    if (!decoded) decoded = decode_object(header, inside);
    DcmDataset& dataset = decoded->dataset();
    const std::optional<Padding> padding = read_padding(LibraryAttributes(dataset), decoded->stored.format);
    for (const size_t n : slices) {
      const size_t frame = group.slices[n].frame;
      const FunctionalGroups* groups = decoded->groups_of(frame);
      const Rescale rescale = read_rescale(dataset, groups);
      if (n == group.slices.size() / 2) result.voi = read_voi(dataset, groups, rescale, decoded->stored.format, complement);
      result.values[n] = slice_values(decoded->stored, static_cast<int64_t>(frame), rescale, padding, complement);
      if (pet) result.scales[n] = suv_scale(dataset);
      if (options.digest) digest.put(n, decoded, frame);
    }
  });
  if (options.digest) result.sha256 = digest.finish();
  return result;
}

}  // namespace chiasm::dicom
