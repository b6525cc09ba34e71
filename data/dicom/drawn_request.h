// What a reading process is asked about a drawn object (SEG, RTSTRUCT), and answers.
#pragma once

#include <string>
#include <vector>

#include "data/dicom/annotation.h"
#include "data/dicom/packed_types.h"

namespace chiasm::dicom {

struct DrawnRegion {
  std::string name;
  int64_t number = 0;
  std::string bits;  // one a voxel, the lowest bit of a byte first
};

struct DrawnTask {
  Volume like;  // its place only
  std::vector<DrawnRegion> wanted;
  OtherGrid other = OtherGrid::refused;
};

struct DrawnAnswer {
  std::string code, detail;  // of a refusal
  std::vector<DrawnRegion> regions;
};

template <class P>
void pack(P& p, DrawnRegion& r) {
  p(r.name), p(r.number), p(r.bits);
}

template <class P>
void pack(P& p, DrawnTask& t) {
  p(t.like), p(t.wanted), p(t.other);
}

template <class P>
void pack(P& p, DrawnAnswer& a) {
  p(a.code), p(a.detail), p(a.regions);
}

inline std::string bits_of(const std::vector<uint8_t>& inside) {
  std::string bits((inside.size() + 7) / 8, '\0');
  for (size_t n = 0; n < inside.size(); ++n) bits[n / 8] = static_cast<char>(bits[n / 8] | (inside[n] != 0 ? 1 : 0) << n % 8);
  return bits;
}

// Throws std::runtime_error when there are fewer bits than voxels.
inline std::vector<uint8_t> bytes_of(const std::string& bits, size_t voxels) {
  std::vector<uint8_t> inside(voxels);
  for (size_t n = 0; n < voxels; ++n) inside[n] = static_cast<uint8_t>(static_cast<unsigned char>(bits.at(n / 8)) >> n % 8 & 1);
  return inside;
}

}  // namespace chiasm::dicom
