// A head of ellipsoids, known in closed form: brain, skull and scalp around it, face, nose, chin and neck. Its pose and the grid on which
// it is stored are free.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/deface/point.h"
#include "data/mask_grid.h"
#include "data/volume.h"

namespace chiasm::test {

struct HeadSpec {
  bool ct = true;
  double pitch = 0, yaw = 0;               // degrees: nose up; nose to the patient's left
  std::array<double, 3> centre{3, -5, 7};  // of the brain, RAS mm
  double brain = 1;                        // scale of the brain's and the skull's half axes
  bool skull = true, face = true;          // skull and scalp; all below them
};

class HeadPhantom {
 public:
  explicit HeadPhantom(const HeadSpec& spec) : spec_(spec) {
    const double p = spec.pitch * M_PI / 180, y = spec.yaw * M_PI / 180;
    right = {std::cos(y), std::sin(y), 0};
    const face::Point level{-std::sin(y), std::cos(y), 0};
    anterior = face::plus(face::scaled(level, std::cos(p)), {0, 0, 1}, std::sin(p));
    superior = face::cross(right, anterior);
    const double rise = 12 * M_PI / 180;  // of the brain's long axis to the front
    long_ = face::plus(face::scaled(anterior, std::cos(rise)), superior, std::sin(rise));
    short_ = face::cross(right, long_);
  }

  face::Point right{}, anterior{}, superior{};

  // 1 on the surface of the brain's ellipsoid with `wall` mm around it, less within.
  double depth(const face::Point& ras, double wall = 0) const {
    const face::Point at = face::minus(ras, spec_.centre);
    const double a = face::dot(at, right) / (spec_.brain * kHalf[0] + wall), b = face::dot(at, long_) / (spec_.brain * kHalf[1] + wall),
                 c = face::dot(at, short_) / (spec_.brain * kHalf[2] + wall);
    return std::sqrt(a * a + b * b + c * c);
  }

  // How far the brain reaches from its centre in a direction: the support function of an ellipsoid.
  double reach(const face::Point& direction) const {
    const double a = spec_.brain * kHalf[0] * face::dot(direction, right), b = spec_.brain * kHalf[1] * face::dot(direction, long_),
                 c = spec_.brain * kHalf[2] * face::dot(direction, short_);
    return std::sqrt(a * a + b * b + c * c);
  }

  // mm beyond the nearest border of what should go (data/deface/README.md, step 4); below 0 outside of it.
  double removal(const face::Point& ras) const {
    const face::Point at = face::minus(ras, spec_.centre);
    double beyond = -1e9;
    for (double angle = 30; angle <= 75; angle += 5) {
      const double r = angle * M_PI / 180;
      const face::Point normal = face::plus(face::scaled(anterior, std::cos(r)), superior, -std::sin(r));
      beyond = std::max(beyond, face::dot(normal, at) - reach(normal) - 8);
    }
    return std::min({beyond, face::dot(anterior, at), 220 - face::length(at)});
  }

  double volume_ml() const { return 4 * M_PI / 3 * kHalf[0] * kHalf[1] * kHalf[2] * std::pow(spec_.brain, 3) / 1000; }

  // HU, or the numbers of a T1-weighted MR.
  double value(const face::Point& ras) const {
    const bool ct = spec_.ct;
    if (depth(ras) < 1) return ct ? 35 : 100;
    if (spec_.skull && depth(ras, 7) < 1) return ct ? 900 : 12;
    if ((spec_.skull && depth(ras, 14) < 1) || (spec_.face && in_face(ras))) return ct ? 45 : 140;
    return ct ? -1000 : 3;
  }

 private:
  static constexpr std::array<double, 3> kHalf{68, 85, 64};

  bool in_face(const face::Point& ras) const {
    const face::Point d = face::minus(ras, spec_.centre);
    const face::Point at{face::dot(d, right), face::dot(d, anterior), face::dot(d, superior)};
    const auto ball = [&](const face::Point& middle, const face::Point& half) {
      double sum = 0;
      for (size_t n = 0; n < 3; ++n) sum += (at[n] - middle[n]) * (at[n] - middle[n]) / (half[n] * half[n]);
      return sum < 1;
    };
    const bool neck = at[0] * at[0] + (at[1] + 15) * (at[1] + 15) < 50 * 50 && at[2] < -40;
    return ball({0, 42, -70}, {58, 48, 62}) || ball({0, 92, -62}, {13, 20, 16}) || ball({0, 78, -118}, {22, 16, 14}) || neck;
  }

  HeadSpec spec_;
  face::Point long_{}, short_{};
};

// The box that holds the head and its neck, with the voxel nearest to `low` at the low corner in RAS.
struct GridSpec {
  std::array<double, 3> step{3, 3, 3};  // mm to the right, to the front, upward
  std::array<double, 3> low{-110, -130, -140}, high{115, 130, 100};
};

// Stored in the order right, anterior, superior. CT: uint16 with an intercept of -1024; MR: int16.
inline Volume phantom_volume(const HeadSpec& spec, const GridSpec& grid = {}) {
  const HeadPhantom head(spec);
  Volume volume;
  volume.modality = spec.ct ? "ct" : "mr";
  for (size_t n = 0; n < 3; ++n) {
    volume.size[2 - n] = static_cast<int64_t>(std::lround((grid.high[n] - grid.low[n]) / grid.step[n])) + 1;
    volume.affine[4 * n + n] = grid.step[n];
    volume.affine[4 * n + 3] = grid.low[n];
  }
  std::vector<int16_t> stored;
  for (int64_t k = 0; k < volume.size[0]; ++k)
    for (int64_t j = 0; j < volume.size[1]; ++j)
      for (int64_t i = 0; i < volume.size[2]; ++i) {
        const face::Point at = chiasm::apply(volume.affine, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        // Noise of three steps, fixed by the place.
        stored.push_back(static_cast<int16_t>(head.value(at) + static_cast<double>((i * 7 + j * 13 + k * 29) % 3)));
      }
  if (!spec.ct) {
    volume.voxels = std::move(stored);
    return volume;
  }
  volume.intercept = -1024;
  std::vector<uint16_t> shifted;
  for (const int16_t value : stored) shifted.push_back(static_cast<uint16_t>(value + 1024));
  volume.voxels = std::move(shifted);
  return volume;
}

// Stored from the patient's right to the left and from the front to the back, as scanners do.
inline Volume in_dicom_order(const Volume& volume) {
  Volume result = volume;
  for (size_t n = 0; n < 2; ++n) {
    result.affine[4 * n + n] *= -1;
    result.affine[4 * n + 3] += volume.affine[4 * n + n] * static_cast<double>(volume.size[2 - n] - 1);
  }
  return on_grid(volume, result);
}

inline face::Point place_of(const Volume& volume, int64_t voxel) {
  const auto [depth, height, width] = volume.size;
  return chiasm::apply(volume.affine, {static_cast<double>(voxel % width), static_cast<double>(voxel / width % height),
                                       static_cast<double>(voxel / (width * height))});
}

}  // namespace chiasm::test
