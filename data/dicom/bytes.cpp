#include "data/dicom/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>

#include "core/base/error.h"

namespace chiasm::dicom {
namespace {

constexpr size_t window_size = 4096;

}  // namespace

const uint8_t* Bytes::at(uint64_t position, size_t count) {
  if (position > size_ || count > size_ - position || count > window_size) return nullptr;
  return fetch(position, count);
}

FileBytes::FileBytes(const std::filesystem::path& path) : Bytes(0), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) throw Refused("UNREADABLE", "the file cannot be opened");
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw Refused("UNREADABLE", "not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

FileBytes::~FileBytes() { ::close(descriptor_); }

const uint8_t* FileBytes::fetch(uint64_t position, size_t count) {
  if (position < start_ || position + count > start_ + window_.size()) {
    window_.resize(window_size);
    const ssize_t got = ::pread(descriptor_, window_.data(), window_size, static_cast<off_t>(position));
    start_ = position;
    window_.resize(got < 0 ? 0 : static_cast<size_t>(got));
    if (window_.size() < count) return nullptr;
  }
  return window_.data() + (position - start_);
}

std::string inflate_bytes(Bytes& source, uint64_t start, uint64_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error("zlib cannot start");
  std::string result;
  std::vector<uint8_t> chunk(1 << 16);
  int status = Z_OK;
  while (status == Z_OK && start < source.size() && result.size() <= limit) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(window_size, source.size() - start));
    const uint8_t* bytes = source.at(start, count);
    if (bytes == nullptr) break;
    start += count;
    stream.next_in = const_cast<uint8_t*>(bytes);
    stream.avail_in = static_cast<uInt>(count);
    do {
      stream.next_out = chunk.data();
      stream.avail_out = static_cast<uInt>(chunk.size());
      status = ::inflate(&stream, Z_NO_FLUSH);
      result.append(reinterpret_cast<const char*>(chunk.data()), chunk.size() - stream.avail_out);
    } while (status == Z_OK && stream.avail_out == 0 && result.size() <= limit);
    if (status == Z_BUF_ERROR) status = Z_OK;  // wants more input
  }
  inflateEnd(&stream);
  if (result.size() > limit) throw Refused("TOO_LARGE", "the deflated data set expands beyond the limit");
  if (status == Z_OK) throw Refused("TRUNCATED", "the deflated data set ends early");
  if (status != Z_STREAM_END) throw Refused("DAMAGED", "the deflated data set cannot be expanded");
  return result;
}

}  // namespace chiasm::dicom
