#include "data/synthetic/mask_file.h"

#include <zlib.h>

#include <cstring>
#include <fstream>
#include <string>

#include "core/base/check.h"
#include "core/base/error.h"

namespace chiasm::synthetic {

namespace {

constexpr size_t header_bytes = 352;  // header and the empty extension flag

template <class T>
void store(std::string& bytes, size_t offset, T value) {
  std::memcpy(&bytes[offset], &value, sizeof value);
}

std::string header(const Volume& mask) {
  std::string bytes(header_bytes, '\0');
  const Spacing3 spacing = spacing_mm(mask);
  store<int32_t>(bytes, 0, 348);
  const std::array<int16_t, 8> dims{
      3, static_cast<int16_t>(mask.size[2]), static_cast<int16_t>(mask.size[1]), static_cast<int16_t>(mask.size[0]), 1, 1, 1, 1};
  const std::array<float, 4> pixdim{1, static_cast<float>(spacing[2]), static_cast<float>(spacing[1]), static_cast<float>(spacing[0])};
  for (size_t i = 0; i < dims.size(); ++i) store(bytes, 40 + 2 * i, dims[i]);
  for (size_t i = 0; i < pixdim.size(); ++i) store(bytes, 76 + 4 * i, pixdim[i]);
  store<int16_t>(bytes, 70, 2);  // datatype: uint8
  store<int16_t>(bytes, 72, 8);  // bits
  store<float>(bytes, 108, static_cast<float>(header_bytes));
  store<float>(bytes, 112, 1);    // slope
  bytes[123] = 2;                 // millimetres
  store<int16_t>(bytes, 254, 1);  // sform: scanner coordinates
  for (size_t i = 0; i < 12; ++i) store(bytes, 280 + 4 * i, static_cast<float>(mask.affine[i]));
  std::memcpy(&bytes[344], "n+1", 4);
  return bytes;
}

// A gzip member without name and time, so that equal masks give equal files.
std::string gzip(const std::string& bytes) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16, memory = 8, level = 4;
  check(deflateInit2(&stream, level, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) == Z_OK, "zlib starts");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  check(status == Z_STREAM_END, "zlib ends in one call");
  return out;
}

}  // namespace

void write_mask(const std::filesystem::path& path, const Volume& mask) {
  const auto& voxels = std::get<std::vector<uint8_t>>(mask.voxels);
  std::string bytes = header(mask);
  bytes.append(voxels.begin(), voxels.end());
  std::ofstream file(path, std::ios::binary);
  const std::string packed = gzip(bytes);
  file.write(packed.data(), static_cast<std::streamsize>(packed.size()));
  file.close();
  if (!file) throw Error("cannot write a mask of the cohort: the disk is full or the folder cannot be written");
}

}  // namespace chiasm::synthetic
