// Small synthetic volumes for the tests of views and transforms.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "data/view.h"
#include "data/volume.h"

namespace chiasm::test {

inline Affine diagonal(double i, double j, double k, std::array<double, 3> origin = {0, 0, 0}) {
  return {i, 0, 0, origin[0], 0, j, 0, origin[1], 0, 0, k, origin[2]};
}

// Turned about all three axes; spacing i, j, k.
inline Affine oblique(double i, double j, double k, std::array<double, 3> origin = {3, -5, 7}) {
  const double a = 0.3, b = -0.2, ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b);
  const Affine about_k{ca, -sa, 0, origin[0], sa, ca, 0, origin[1], 0, 0, 1, origin[2]}, about_i{1, 0, 0, 0, 0, cb, -sb, 0, 0, sb, cb, 0};
  return compose(compose(about_k, about_i), diagonal(i, j, k));
}

// Voxel values by index (i, j, k).
template <class T>
Volume volume_of(const Size3& size, const Affine& affine, const std::function<double(double, double, double)>& value,
                 const std::string& modality = "ct") {
  Volume out;
  out.modality = modality;
  out.size = size;
  out.affine = affine;
  std::vector<T> voxels;
  for (int64_t k = 0; k < size[0]; ++k)
    for (int64_t j = 0; j < size[1]; ++j)
      for (int64_t i = 0; i < size[2]; ++i)
        voxels.push_back(static_cast<T>(value(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))));
  out.voxels = std::move(voxels);
  return out;
}

inline Volume random_volume(const Size3& size, const Affine& affine, uint64_t seed = 1) {
  Random random(seed);
  return volume_of<int16_t>(size, affine, [&](double, double, double) { return std::round(random.uniform(-900, 900)); });
}

// A few classes in blobs.
inline Volume random_mask(const Size3& size, const Affine& affine, uint64_t seed = 2) {
  Random random(seed);
  Volume out = volume_of<uint8_t>(
      size, affine, [&](double, double, double) { return static_cast<double>(random.integer(4)); }, "mask");
  return out;
}

inline Preparation preparation_of(const std::string& modality, const Size3& size, const Spacing3& spacing,
                                  const std::string& sample = "whole") {
  Preparation out;
  out.modality = modality;
  out.view.sample = sample;
  out.view.size = size;
  out.view.spacing_mm = spacing;
  return out;
}

inline transform::Floats floats_of(const Volume& volume) {
  const std::vector<float> stored = values(volume);
  return {stored.begin(), stored.end()};
}

inline size_t at(const Size3& size, int64_t d, int64_t h, int64_t w) { return static_cast<size_t>((d * size[1] + h) * size[2] + w); }

}  // namespace chiasm::test
