#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/plain.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "data/dicom/fast_attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr size_t page = 4096, huge_page = 2 << 20;

bool is_read_in_place(const PixelFormat& format) {
  return format.samples == 1 && format.frames == 1 && (format.bits_allocated == 16 || (format.bits_allocated == 8 && !format.is_signed));
}

// Throws NotCanonical or Refused where the library has to judge.
std::optional<PlainSlice> slice_of(const Header& header, const FastHeader& fast) {
  const FastAttributes from(fast);
  const std::optional<FastHeader::Span> pixels = fast.plain_pixels();
  if (!pixels || from.exists(DCM_ModalityLUTSequence) || from.text(DCM_SOPInstanceUID) != header.sop_uid) return std::nullopt;
  PlainSlice slice;
  slice.path = header.path;
  slice.offset = pixels->offset;
  slice.format = read_format(from);
  const PixelFormat& format = slice.format;
  const auto expected = static_cast<uint64_t>(format.frame_bytes());
  if (!is_read_in_place(format) || format.rows != header.rows || format.columns != header.columns ||
      pixels->length != expected + expected % 2)
    return std::nullopt;
  slice.rescale = read_slope(from);
  slice.padding = read_padding(from, format);
  return slice;
}

std::optional<PlainSlice> plain_slice(const Header& header) {
  if (header.enhanced || header.truncated || header.tiles > 0 || header.frames.size() != 1) return std::nullopt;
  const std::optional<FastHeader> fast = FastHeader::read(header.path);
  if (!fast) return std::nullopt;
  try {
    return slice_of(header, *fast);
  } catch (const NotCanonical&) {
    return std::nullopt;
  } catch (const Refused&) {
    return std::nullopt;
  }
}

std::vector<PlainSlice> plain_slices(const std::vector<const Header*>& headers, int threads) {
  std::vector<PlainSlice> slices(headers.size());
  std::atomic<bool> plain = true;
  parallel_for(static_cast<int64_t>(headers.size()), threads, [&](int64_t n) {
    if (!plain) return;
    std::optional<PlainSlice> slice = plain_slice(*headers[static_cast<size_t>(n)]);
    if (slice) slices[static_cast<size_t>(n)] = std::move(*slice);
    if (!slice) plain = false;
  });
  if (!plain) slices.clear();
  return slices;
}

bool alike(const PixelFormat& a, const PixelFormat& b) {
  return a.rows == b.rows && a.columns == b.columns && a.bits_allocated == b.bits_allocated && a.is_signed == b.is_signed;
}

bool read_bytes(const std::filesystem::path& path, uint64_t offset, uint8_t* into, size_t count) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(file, into + done, count - done, static_cast<off_t>(offset + done));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  ::close(file);
  return done == count;
}

// Reserved memory in large pages: small ones cost more than the reading.
void use_large_pages(void* memory, size_t bytes) {
  const size_t skip = (page - reinterpret_cast<uintptr_t>(memory) % page) % page;
  if (bytes > huge_page + skip) ::madvise(static_cast<uint8_t*>(memory) + skip, bytes - skip, MADV_HUGEPAGE);
}

// 1 = real content; empty when nothing is padding.
template <class Item>
std::vector<uint8_t> outside(const Item* items, size_t count, const Padding& padding) {
  const auto real = [&](Item item) { return item < padding.low || item > padding.high; };
  if (std::all_of(items, items + count, real)) return {};
  std::vector<uint8_t> valid(count);
  std::transform(items, items + count, valid.begin(), real);
  return valid;
}

std::vector<uint8_t> joined(const std::vector<std::vector<uint8_t>>& parts, size_t part_size) {
  const auto empty = [](const std::vector<uint8_t>& part) { return part.empty(); };
  if (std::all_of(parts.begin(), parts.end(), empty)) return {};
  std::vector<uint8_t> all(parts.size() * part_size, 1);
  for (size_t n = 0; n < parts.size(); ++n)
    std::copy(parts[n].begin(), parts[n].end(), all.begin() + static_cast<std::ptrdiff_t>(n * part_size));
  return all;
}

// False when a file has changed meanwhile.
template <class Item>
bool read_all(PlainStack& stack, int threads) {
  const auto size = static_cast<size_t>(stack.slices.front().format.frame_bytes()), count = size / sizeof(Item);
  std::vector<Item> voxels;
  voxels.reserve(count * stack.slices.size());
  use_large_pages(voxels.data(), size * stack.slices.size());
  Item* const first = voxels.data();  // stays: there is room for all
  std::mutex growing;
  std::vector<std::vector<uint8_t>> valid(stack.slices.size());
  std::atomic<bool> sound = true;
  parallel_for(static_cast<int64_t>(stack.slices.size()), threads, [&](int64_t n) {
    const PlainSlice& slice = stack.slices[static_cast<size_t>(n)];
    const size_t start = static_cast<size_t>(n) * count;
    {  // slice by slice, so that what is set to zero is still in the cache when the pixels come
      const std::lock_guard lock(growing);
      if (voxels.size() < start + count) voxels.resize(start + count);
    }
    Item* items = first + start;
    auto* bytes = reinterpret_cast<uint8_t*>(items);
    if (!read_bytes(slice.path, slice.offset, bytes, size)) sound = false;
    mask_values(bytes, size, slice.format);
    if (slice.padding) valid[static_cast<size_t>(n)] = outside(items, count, *slice.padding);
  });
  stack.valid = joined(valid, count);
  stack.stored = std::move(voxels);
  return sound;
}

template <class Item>
std::vector<float> rescaled(const std::vector<Item>& stored, const std::vector<PlainSlice>& slices, int threads) {
  const size_t count = stored.size() / slices.size();
  std::vector<float> values(stored.size());
  parallel_for(static_cast<int64_t>(slices.size()), threads, [&](int64_t n) {
    const Rescale& rescale = slices[static_cast<size_t>(n)].rescale;
    const size_t start = static_cast<size_t>(n) * count;
    for (size_t at = start; at < start + count; ++at) values[at] = static_cast<float>(stored[at] * rescale.slope + rescale.intercept);
  });
  return values;
}

}  // namespace

std::optional<PlainStack> read_plain_stack(const std::vector<const Header*>& headers, int threads) {
  PlainStack stack;
  stack.slices = plain_slices(headers, threads);
  if (stack.slices.empty()) return std::nullopt;
  const PixelFormat& format = stack.slices.front().format;
  const auto unlike = [&](const PlainSlice& slice) { return !alike(slice.format, format); };
  if (std::any_of(stack.slices.begin(), stack.slices.end(), unlike)) return std::nullopt;
  const bool sound = format.bits_allocated == 8 ? read_all<uint8_t>(stack, threads)
                     : format.is_signed         ? read_all<int16_t>(stack, threads)
                                                : read_all<uint16_t>(stack, threads);
  return sound ? std::optional(std::move(stack)) : std::nullopt;
}

void join_plain(PlainStack stack, int threads, Volume& volume) {
  const Rescale& first = stack.slices.front().rescale;
  const auto unlike = [&](const PlainSlice& s) { return s.rescale.slope != first.slope || s.rescale.intercept != first.intercept; };
  volume.valid = std::move(stack.valid);
  if (std::any_of(stack.slices.begin(), stack.slices.end(), unlike)) {
    volume.voxels = std::visit([&](const auto& stored) { return Voxels(rescaled(stored, stack.slices, threads)); }, stack.stored);
    return;
  }
  volume.slope = first.slope;
  volume.intercept = first.intercept;
  volume.voxels = std::move(stack.stored);
}

}  // namespace chiasm::dicom
