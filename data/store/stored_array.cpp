#include "data/store/stored_array.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace chiasm::store {

namespace {

// Chunks written one after the other lie side by side: they are read with one call.
constexpr uint64_t kMostAtOnce = uint64_t{1} << 19, kGap = 4096;

struct Wanted {
  ChunkPlace place;
  std::vector<int64_t> offset;
};

// Calls visit(row-major index in the chunk grid, offset) for the chunks that the region touches.
template <class Visit>
void for_each_touched(const ArrayForm& form, const Region& region, const Visit& visit) {
  const size_t axes = form.size.size();
  std::vector<int64_t> low(axes), high(axes), grid(axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    grid[axis] = (form.size[axis] + form.chunk[axis] - 1) / form.chunk[axis];
    low[axis] = region.first[axis] / form.chunk[axis];
    high[axis] = (region.first[axis] + region.size[axis] - 1) / form.chunk[axis];
  }
  std::vector<int64_t> at = low, offset(axes);
  for (;;) {
    int64_t index = 0;
    for (size_t axis = 0; axis < axes; ++axis) {
      index = index * grid[axis] + at[axis];
      offset[axis] = at[axis] * form.chunk[axis];
    }
    visit(static_cast<size_t>(index), offset);
    size_t axis = axes;
    while (axis > 0 && at[axis - 1] == high[axis - 1]) --axis, at[axis] = low[axis];
    if (axis == 0) return;
    ++at[axis - 1];
  }
}

std::vector<Wanted> wanted_chunks(const StoredArray& array, const Region& region) {
  std::vector<Wanted> wanted;
  for_each_touched(array, region, [&](size_t index, const std::vector<int64_t>& offset) {
    wanted.push_back({array.places[index], offset});
  });
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.place.address < b.place.address; });
  return wanted;
}

}  // namespace

int64_t StoredArray::bytes() const {
  uint64_t total = 0;
  for (const ChunkPlace& place : places) total += place.bytes;
  return static_cast<int64_t>(total);
}

ShardFile::ShardFile(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const std::string reason = std::strerror(errno);
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Failure("cannot be opened: " + reason);
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

ShardFile::~ShardFile() { ::close(descriptor_); }

void ShardFile::read(uint64_t address, char* out, size_t bytes) const {
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, out, bytes, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw Failure(got == 0 ? "the file is cut short" : std::string("cannot be read: ") + std::strerror(errno));
    address += static_cast<uint64_t>(got), out += got, bytes -= static_cast<size_t>(got);
  }
}

void read_region(const ShardFile& file, const StoredArray& array, const Region& region, void* out) {
  if (element_count(region.size) == 0) return;
  const std::vector<Wanted> wanted = wanted_chunks(array, region);
  ChunkDecoder decoder(array, region, out);
  std::vector<char> buffer;
  for (size_t first = 0; first < wanted.size();) {
    const uint64_t start = wanted[first].place.address;
    uint64_t end = start + wanted[first].place.bytes;
    size_t last = first + 1;
    for (; last < wanted.size(); ++last) {
      const ChunkPlace& next = wanted[last].place;
      if (next.address < end || next.address > end + kGap || next.address + next.bytes - start > kMostAtOnce) break;
      end = next.address + next.bytes;
    }
    if (end > file.size()) throw Failure("a chunk lies beyond the end of the file");
    if (buffer.size() < end - start) buffer.resize(end - start);
    file.read(start, buffer.data(), end - start);
    for (; first < last; ++first)
      decoder.decode(wanted[first].offset, {buffer.data() + (wanted[first].place.address - start), wanted[first].place.bytes});
  }
}

}  // namespace chiasm::store
