#include "data/gunzip.h"

#include <zlib.h>

#include <algorithm>

#include "core/base/error.h"

namespace chiasm {
namespace {

constexpr uint64_t chunk_bytes = uint64_t{1} << 20;

class Inflater {
 public:
  explicit Inflater(std::string_view packed) : rest_(packed) {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw Error("zlib cannot start");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Up to `wanted` further bytes; fewer only where the last member ends.
  std::string next(uint64_t wanted) {
    std::string out(wanted, '\0');
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(wanted);
    while (stream_.avail_out > 0 && !ended_) step();
    out.resize(wanted - stream_.avail_out);
    return out;
  }

 private:
  void step() {
    if (stream_.avail_in == 0) {
      const std::string_view part = rest_.substr(0, chunk_bytes);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      stream_.avail_in = static_cast<uInt>(part.size());
      rest_.remove_prefix(part.size());
    }
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      ended_ = stream_.avail_in == 0 && rest_.empty();
      if (!ended_) inflateReset(&stream_);
    } else if (status == Z_BUF_ERROR || (status == Z_OK && stream_.avail_in == 0 && rest_.empty() && stream_.avail_out > 0)) {
      throw Refused("TRUNCATED", "the compressed data end too early");
    } else if (status != Z_OK) {
      throw Refused("DAMAGED", "the compressed data are broken");
    }
  }

  std::string_view rest_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

std::string gunzip(std::string_view packed, uint64_t count) {
  Inflater inflater(packed);
  std::string content;
  while (content.size() < count) {
    const std::string part = inflater.next(std::min(chunk_bytes, count - content.size()));
    if (part.empty()) throw Refused("TRUNCATED", "the compressed data are shorter than the header says");
    content += part;
  }
  // Checksum and length stand behind the last byte.
  if (!inflater.next(1).empty()) throw Refused("DAMAGED", "the compressed data are longer than the header says");
  return content;
}

}  // namespace chiasm
