#include "data/zip.h"

#include <zlib.h>

#include <algorithm>

#include "core/base/error.h"

namespace chiasm {
namespace {

constexpr size_t end_bytes = 22, entry_bytes = 46, local_bytes = 30;  // without names, extra fields and comments
constexpr size_t longest_comment = 65535;
constexpr uint32_t in_zip64 = 0xFFFFFFFF;
constexpr uint16_t encrypted = 1, stored = 0, deflated = 8;
constexpr uint64_t most_expansion = 1032;  // of deflate (zlib, "Technical Details")
constexpr size_t chunk_bytes = size_t{1} << 20;

[[noreturn]] void damaged() { throw Refused("DAMAGED", "the structure of the zip archive is broken"); }

uint32_t little(std::string_view bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t n = 0; n < width; ++n) value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + n])) << (8 * n);
  return value;
}
uint16_t word(std::string_view bytes, size_t at) { return static_cast<uint16_t>(little(bytes, at, 2)); }
uint32_t quad(std::string_view bytes, size_t at) { return little(bytes, at, 4); }

// The record at `at` with its mark, at least `count` bytes long.
std::string_view record(std::string_view archive, uint64_t at, size_t count, std::string_view mark) {
  if (at > archive.size() || count > archive.size() - at || archive.substr(at, mark.size()) != mark) damaged();
  return archive.substr(at);
}

// The end record is the last thing in the file but for its own comment.
size_t end_record(std::string_view archive) {
  for (size_t comment = 0; comment <= longest_comment && comment + end_bytes <= archive.size(); ++comment) {
    const size_t at = archive.size() - end_bytes - comment;
    if (archive.substr(at, 4) == "PK\x05\x06" && word(archive, at + 20) == comment) return at;
  }
  throw Refused("TRUNCATED", "the zip archive has no end record");
}

// The bytes between the local header and the central directory that belong to one entry.
std::string_view packed_bytes(std::string_view before_directory, uint64_t offset, const std::string& name, uint64_t count) {
  const std::string_view local = record(before_directory, offset, local_bytes, "PK\x03\x04");
  const uint64_t start = local_bytes + uint64_t{word(local, 26)} + word(local, 28);
  if (start > local.size() || count > local.size() - start || local.substr(local_bytes, word(local, 26)) != name) damaged();
  return local.substr(start, count);
}

ZipMember member_of(std::string_view entry, std::string_view before_directory) {
  const uint32_t packed = quad(entry, 20), size = quad(entry, 24), offset = quad(entry, 42);
  if (packed == in_zip64 || size == in_zip64 || offset == in_zip64) throw Refused("TOO_LARGE", "a zip archive of 2 GiB or more");
  const uint16_t method = word(entry, 10);
  if ((word(entry, 8) & encrypted) != 0 || (method != stored && method != deflated))
    throw Refused("UNSUPPORTED_OBJECT", "an encrypted zip archive, or one packed by another method than deflate");
  ZipMember member{std::string(entry.substr(entry_bytes, word(entry, 28))), method == deflated, size, quad(entry, 16), {}};
  member.packed = packed_bytes(before_directory, offset, member.name, packed);
  // A size that the packed bytes cannot have is refused before memory is taken.
  if (member.deflated ? size / most_expansion > packed : size != packed) damaged();
  return member;
}

// An inflating stream of raw deflate data.
class Inflater {
 public:
  explicit Inflater(std::string_view packed) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw Error("zlib cannot start");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());  // below 4 GiB: 32 bits in the archive
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // How many of `count` bytes there were.
  size_t take(char* target, size_t count) {
    stream_.next_out = reinterpret_cast<Bytef*>(target);
    stream_.avail_out = static_cast<uInt>(count);
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      throw Refused("DAMAGED", "the compressed data of the zip archive are broken");
    ended_ = status == Z_STREAM_END;
    return count - stream_.avail_out;
  }
  bool ended() const { return ended_; }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

// The memory grows with the bytes that are really there.
std::string inflated(Inflater& inflater, uint64_t count) {
  std::string content;
  while (content.size() < count && !inflater.ended()) {
    const size_t start = content.size(), wanted = static_cast<size_t>(std::min<uint64_t>(chunk_bytes, count - start));
    content.resize(start + wanted);
    const size_t got = inflater.take(content.data() + start, wanted);
    content.resize(start + got);
    if (got == 0) break;
  }
  if (content.size() < count) throw Refused("DAMAGED", "a member of the zip archive is shorter than declared");
  return content;
}

}  // namespace

std::vector<ZipMember> zip_members(std::string_view archive) {
  const size_t end = end_record(archive);
  const uint64_t count = word(archive, end + 10), size = quad(archive, end + 12), start = quad(archive, end + 16);
  if (count == 0xFFFF || size == in_zip64 || start == in_zip64) throw Refused("TOO_LARGE", "a zip archive of 2 GiB or more");
  if (start + size != end) damaged();
  std::vector<ZipMember> members;
  uint64_t at = start;
  for (uint64_t n = 0; n < count; ++n) {
    const std::string_view entry = record(archive.substr(0, end), at, entry_bytes, "PK\x01\x02");
    const uint64_t length = entry_bytes + uint64_t{word(entry, 28)} + word(entry, 30) + word(entry, 32);
    if (length > entry.size()) damaged();
    members.push_back(member_of(entry, archive.substr(0, start)));
    at += length;
  }
  if (at != end) damaged();
  return members;
}

std::string zip_beginning(const ZipMember& member, uint64_t count) {
  const uint64_t wanted = std::min(count, member.size);
  if (!member.deflated) return std::string(member.packed.substr(0, wanted));
  Inflater inflater(member.packed);
  return inflated(inflater, wanted);
}

std::string zip_content(const ZipMember& member) {
  std::string content;
  if (member.deflated) {
    Inflater inflater(member.packed);
    content = inflated(inflater, member.size);
    char beyond = 0;
    if (!inflater.ended() && (inflater.take(&beyond, 1) != 0 || !inflater.ended()))
      throw Refused("DAMAGED", "a member of the zip archive is longer than declared");
  } else {
    content = member.packed;
  }
  if (::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()) != member.checksum)
    throw Refused("DAMAGED", "a checksum of the zip archive does not hold");
  return content;
}

}  // namespace chiasm
