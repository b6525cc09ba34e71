// Arrays and zip archives byte by byte, as numpy.lib.format and PKWARE's APPNOTE describe them.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace chiasm::test {

inline std::string raw_little(uint64_t value, size_t width) {
  std::string bytes(width, '\0');
  for (size_t n = 0; n < width; ++n) bytes[n] = static_cast<char>(value >> (8 * n));
  return bytes;
}

template <class Item>
std::string raw_bytes(const std::vector<Item>& items) {
  return std::string(reinterpret_cast<const char*>(items.data()), items.size() * sizeof(Item));
}

inline std::string raw_npy_of(const std::string& dictionary, const std::string& data, int major = 1) {
  return "\x93NUMPY" + std::string{static_cast<char>(major), '\0'} + raw_little(dictionary.size(), major == 1 ? 2 : 4) + dictionary + data;
}

inline std::string raw_npy(const std::string& type, const std::string& shape, const std::string& data, bool fortran = false) {
  const std::string order = fortran ? "True" : "False";
  return raw_npy_of("{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }   \n", data);
}

// A raw deflate stream.
inline std::string raw_deflated(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct RawEntry {
  std::string name, content;
  bool deflated = false;
  // What the directory says where it lies.
  int64_t size = -1, checksum = -1, method = -1, flags = 0, offset = -1;
};

inline std::string raw_zip(const std::vector<RawEntry>& entries) {
  std::string files, directory;
  for (const RawEntry& entry : entries) {
    const std::string packed = entry.deflated ? raw_deflated(entry.content) : entry.content;
    const auto or_true = [](int64_t said, uint64_t truth) { return said >= 0 ? static_cast<uint64_t>(said) : truth; };
    const uint64_t true_sum = crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), entry.content.size());
    const std::string common = raw_little(20, 2) + raw_little(static_cast<uint64_t>(entry.flags), 2) +
                               raw_little(or_true(entry.method, entry.deflated ? 8 : 0), 2) + raw_little(0, 4) +
                               raw_little(or_true(entry.checksum, true_sum), 4) + raw_little(packed.size(), 4) +
                               raw_little(or_true(entry.size, entry.content.size()), 4) + raw_little(entry.name.size(), 2) +
                               raw_little(0, 2);
    directory += "PK\x01\x02" + raw_little(20, 2) + common + raw_little(0, 2) + raw_little(0, 2) + raw_little(0, 2) + raw_little(0, 4) +
                 raw_little(or_true(entry.offset, files.size()), 4) + entry.name;
    files += "PK\x03\x04" + common + entry.name + packed;
  }
  return files + directory + "PK\x05\x06" + raw_little(0, 4) + raw_little(entries.size(), 2) + raw_little(entries.size(), 2) +
         raw_little(directory.size(), 4) + raw_little(files.size(), 4) + raw_little(0, 2);
}

}  // namespace chiasm::test
