#include "data/gzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/base/threads.h"

namespace chiasm {

namespace {

constexpr size_t member_bytes = size_t{4} << 20;
constexpr int level = 1;  // the noise of a CT leaves higher levels 1 % to gain

std::vector<uint8_t> member_of(std::span<const uint8_t> bytes) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(libdeflate_alloc_compressor(level),
                                                                                            libdeflate_free_compressor);
  if (!compressor) throw Error("no memory to compress");
  std::vector<uint8_t> out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  if (out.empty()) throw Error("the data could not be compressed");
  return out;
}

}  // namespace

void append_gzip(std::ostream& out, std::span<const uint8_t> bytes, int threads) {
  const size_t members = (bytes.size() + member_bytes - 1) / member_bytes;
  // A few at a time: memory stays bounded.
  const size_t at_once = static_cast<size_t>(std::max(threads, 1)) * 2;
  for (size_t first = 0; first < members; first += at_once) {
    std::vector<std::vector<uint8_t>> packed(std::min(at_once, members - first));
    parallel_for(static_cast<int64_t>(packed.size()), threads, [&](int64_t i) {
      const size_t start = (first + static_cast<size_t>(i)) * member_bytes;
      packed[static_cast<size_t>(i)] = member_of(bytes.subspan(start, std::min(member_bytes, bytes.size() - start)));
    });
    for (const std::vector<uint8_t>& member : packed)
      out.write(reinterpret_cast<const char*>(member.data()), static_cast<std::streamsize>(member.size()));
  }
  if (!out) throw Error("the compressed data cannot be written; is the disk full?");
}

}  // namespace chiasm
