// A picture sheet of every augmentation, to be looked at.   usage: bench_transform_sheet OUT.png
// A phantom of three slices' depth (ellipses, a grid of fine lines, a bright corner that marks the patient's right); each tile is the
// middle slice after one change, in the order of the list that is printed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "data/image.h"
#include "data/transform/augment.h"
#include "data/transform/intensity.h"

namespace {

using namespace chiasm;
using namespace chiasm::transform;

constexpr int64_t side = 128, depth = 9, columns = 6;

double phantom(double x, double y, double z) {
  const auto ellipse = [&](double cx, double cy, double a, double b) { return std::hypot((x - cx) / a, (y - cy) / b) < 1; };
  if (std::abs(x - 0.8) < 0.06 && std::abs(y + 0.8) < 0.06) return 1000;  // right, posterior
  if (!ellipse(0, 0, 0.7, 0.85)) return 0;
  if (ellipse(-0.3, 0.2, 0.2, 0.3) || ellipse(0.3, 0.2, 0.15, 0.25)) return 150;
  if (ellipse(0.1, -0.4, 0.18, 0.12)) return 900 - 100 * z;
  const bool line = std::fmod(std::abs(x) * 64, 8) < 1 || std::fmod(std::abs(y) * 64, 8) < 1;
  return line ? 700 : 500;
}

Volume phantom_volume() {
  Volume out;
  out.modality = "mr";
  out.size = {depth, side, side};
  out.affine[3] = out.affine[7] = -(side - 1) / 2.0;
  std::vector<int16_t> voxels;
  const auto place = [](int64_t n, int64_t length) { return 2 * static_cast<double>(n) / static_cast<double>(length - 1) - 1; };
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < side; ++j)
      for (int64_t i = 0; i < side; ++i) voxels.push_back(static_cast<int16_t>(phantom(place(i, side), place(j, side), place(k, depth))));
  out.voxels = std::move(voxels);
  return out;
}

// One of each kind, fixed, then whole draws of each strength.
std::vector<Changes> tiles(const Preparation& preparation) {
  const Affine moved{1, 0.04, 0, 1, -0.04, 1, 0, 3, 0, 0, 1, 0};
  Change motion{"motion", {1, 0.6}};
  motion.parameters.insert(motion.parameters.end(), moved.begin(), moved.end());
  std::vector<Changes> out{{},
                           {{"geometry", {0.05, 0.05, 0, 0, 0, 0.3, 1.15, 0}}},
                           {{"geometry", {0, 0, 0, 0, 0, 0, 1, 1}}},
                           {{"elastic", {2, 5, 5, 6, 6, 0.3}, 7}},
                           {{"contrast", {1.4, 0.2}}},
                           {{"stretch", {0.5}}},
                           {{"gamma", {2}}},
                           {{"gamma_keeping", {2, 1}}},
                           {{"noise", {0.3}, 3}},
                           {{"blur", {2}}},
                           {{"bias_field", {0.6, -0.3, 0, 0.2, -0.3, 0, 0.1, 0, 0}}},
                           {{"low_resolution", {1, 0.3, 0.3}}},
                           {{"ghosting", {1, 4, 0.7, 0.04}}},
                           {motion},
                           {{"cut_out", {0.5, 0.6, 0.4, 1, 0.25, 0.25}}}};
  for (const std::string name : {"light", "strong", "full", "nnunet"})
    for (uint64_t key = 0; key < 3; ++key) {
      AugmentConfig config;
      config.intensity = name;
      config.geometry = name == "full" ? "elastic" : name;
      Random random(key + 11);
      out.push_back(draw_changes(config, preparation, false, false, random));
    }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: bench_transform_sheet OUT.png\n", stderr), 2;
  const Volume volume = phantom_volume();
  Preparation preparation;
  preparation.modality = "mr";
  preparation.view.size = {depth, side, side};
  preparation.view.spacing_mm = {1, 1, 1};
  const std::vector<Changes> list = tiles(preparation);
  const int64_t rows = (static_cast<int64_t>(list.size()) + columns - 1) / columns, width = columns * side;
  std::vector<uint8_t> sheet(static_cast<size_t>(rows * side * width), 0);
  for (size_t n = 0; n < list.size(); ++n) {
    const Prepared tile = prepare_changed(volume, preparation, nullptr, list[n]);
    const auto index = static_cast<int64_t>(n);
    std::printf("row %ld, column %ld: %s\n", static_cast<long>(index / columns + 1), static_cast<long>(index % columns + 1),
                list[n].empty() ? "unchanged" : describe(list[n]).substr(0, 150).c_str());
    for (int64_t j = 0; j < side; ++j)
      for (int64_t i = 0; i < side; ++i) {  // anterior at the top
        const float value = tile.values[static_cast<size_t>((depth / 2 * side + side - 1 - j) * side + i)];
        sheet[static_cast<size_t>((index / columns * side + j) * width + index % columns * side + i)] =
            static_cast<uint8_t>(std::clamp(127.5F + value * 60.0F, 0.0F, 255.0F));
      }
  }
  write_png(argv[1], width, rows * side, 1, sheet);
}
