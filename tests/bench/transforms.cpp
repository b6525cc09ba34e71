// Resampling and augmentation, timed inside. tests/bench/transforms.py runs it beside its peers.
//   bench_transforms linear|averaged|cubic SOURCE THREADS REPEATS [OUT]   SOURCE: int16 of 300 x 512 x 512, 1.0 x 0.7 x 0.7 mm -> 1.5 mm
//   bench_transforms limit SOURCE THREADS REPEATS                         reads the source and writes as much as the result, no arithmetic
//   bench_transforms augment SOURCE THREADS SAMPLES                       SOURCE: float32 of 160^3, then uint8 of 160^3; nnU-Net's default
//   bench_transforms turn SOURCE 1 REPEATS OUT                            a fixed rotation of the same, 128^3 float32 then uint8
// Prints seconds (augment: per sample), least first.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <numeric>
#include <string>

#include "core/base/threads.h"
#include "data/transform/augment.h"
#include "data/transform/geometry.h"
#include "data/transform/grid.h"
#include "data/transform/large.h"
#include "data/transform/separable.h"
#include "data/transform/spline.h"

namespace {

using namespace chiasm;
using namespace chiasm::transform;

constexpr Size3 stored{300, 512, 512}, wanted{200, 239, 239};

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class T>
std::vector<T> read(std::ifstream& file, size_t count) {
  std::vector<T> out(count);
  file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) throw std::runtime_error("the source is too short");
  return out;
}

template <class Vector>
void write(std::ofstream& file, const Vector& values) {
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(values[0])));
}

std::array<AxisWeights, 3> axes(Interpolation interpolation, bool averaged) {
  const double steps[3] = {1.5, 1.5 / 0.7, 1.5 / 0.7};
  std::array<AxisWeights, 3> out;
  for (size_t a = 0; a < 3; ++a)
    out[a] =
        axis_weights(wanted[a], 0, steps[a], averaged && steps[a] > largest_plain_step ? steps[a] : 0, {0, stored[a] - 1}, interpolation);
  return out;
}

Floats resampled(const std::string& way, const Volume& source, int threads) {
  if (way == "cubic") {
    return spline_block(source, axes(Interpolation::cubic, false), {{{0, stored[0] - 1}, {0, stored[1] - 1}, {0, stored[2] - 1}}}, threads);
  }
  return weighted_block(source, Plane::values, axes(Interpolation::linear, way == "averaged"), threads);
}

// What memory alone costs: every source voxel once, every result once.
Floats touched(const Volume& source, int threads) {
  const auto& voxels = std::get<std::vector<int16_t>>(source.voxels);
  Floats out(static_cast<size_t>(wanted[0] * wanted[1] * wanted[2]));
  std::atomic<int64_t> kept{0};
  parallel_for(threads, threads, [&](int64_t t) {
    const size_t first = voxels.size() / static_cast<size_t>(threads) * static_cast<size_t>(t);
    int64_t sum = 0;
    const auto* words = reinterpret_cast<const int64_t*>(voxels.data() + first);
    for (size_t n = 0; n < voxels.size() / static_cast<size_t>(threads) / 4; ++n) sum ^= words[n];
    kept += sum;
    const auto part = [&](int64_t n) { return out.begin() + static_cast<int64_t>(out.size()) * n / threads; };
    std::fill(part(t), part(t + 1), 0.0F);
  });
  out[0] = static_cast<float>(kept.load() & 1);
  return out;
}

void report(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  for (const double time : times) std::printf("%.6f ", time);
  std::printf("\n");
}

int resample(const std::string& way, const std::string& path, int threads, int repeats, const char* out_path) {
  std::ifstream file(path, std::ios::binary);
  Volume source;
  source.size = stored;
  source.voxels = read<int16_t>(file, static_cast<size_t>(stored[0] * stored[1] * stored[2]));
  std::vector<double> times;
  Floats out;
  for (int n = 0; n < repeats; ++n) {
    out = {};
    const double start = seconds();
    out = way == "limit" ? touched(source, threads) : resampled(way, source, threads);
    times.push_back(seconds() - start);
  }
  if (out_path) {
    std::ofstream result(out_path, std::ios::binary);
    write(result, out);
  }
  report(times);
  return 0;
}

int augment(const std::string& way, const std::string& path, int threads, int count, const char* out_path) {
  std::ifstream file(path, std::ios::binary);
  Volume image, label;
  image.modality = "pet";
  image.size = label.size = {160, 160, 160};
  image.voxels = read<float>(file, 160 * 160 * 160);
  label.voxels = read<uint8_t>(file, 160 * 160 * 160);
  Preparation preparation;
  preparation.modality = "pet";
  preparation.view.sample = "crop";
  preparation.view.size = {128, 128, 128};
  preparation.view.spacing_mm = {1, 1, 1};
  AugmentConfig config;
  config.intensity = config.geometry = "nnunet";
  std::vector<double> times(static_cast<size_t>(count));
  const double start = seconds();
  parallel_for(count, threads, [&](int64_t n) {
    Random random(static_cast<uint64_t>(n));
    Changes changes = draw_changes(config, preparation, false, false, random);
    if (way == "turn") changes = {{"geometry", {0, 0, 0, 0.2, -0.1, 0.3, 1.1, 0}}};
    const double begun = seconds();
    const Prepared sample = prepare_changed(image, preparation, nullptr, changes);
    const std::vector<uint8_t> mask = prepare_mask(label, sample);
    times[static_cast<size_t>(n)] = seconds() - begun;
    if (!out_path || n > 0) return;
    std::ofstream result(out_path, std::ios::binary);
    write(result, sample.values);
    write(result, mask);
    write(result, std::vector<double>(sample.affine.begin(), sample.affine.end()));
  });
  if (way == "augment")
    std::printf("%.6f\n", (seconds() - start) / count);
  else
    report(times);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const std::string way = argv[1];
  const char* out = argc > 5 ? argv[5] : nullptr;
  if (way == "augment" || way == "turn") return augment(way, argv[2], std::atoi(argv[3]), std::atoi(argv[4]), out);
  return resample(way, argv[2], std::atoi(argv[3]), std::atoi(argv[4]), out);
}
