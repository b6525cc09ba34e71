// blur of intensity.h.
#include <algorithm>
#include <cmath>

#include "data/transform/add_scaled.h"
#include "data/transform/intensity.h"

namespace chiasm::transform {
namespace {

// Weights of distance 0, 1, ... up to three deviations; the two-sided sum is 1.
std::vector<float> gaussian(double deviation) {
  const auto reach = static_cast<int64_t>(std::ceil(3 * deviation));
  std::vector<double> weights;
  double sum = 0;
  for (int64_t n = 0; n <= reach; ++n) {
    weights.push_back(std::exp(-0.5 * static_cast<double>(n * n) / (deviation * deviation)));
    sum += (n ? 2 : 1) * weights.back();
  }
  std::vector<float> out;
  for (const double weight : weights) out.push_back(static_cast<float>(weight / sum));
  return out;
}

// Lines of `length` runs of `run` neighbouring floats each: a run is blurred along the line as one.
void blur_axis(Floats& values, int64_t lines, int64_t length, int64_t run, const std::vector<float>& weights) {
  std::vector<float> line(static_cast<size_t>(length * run));
  const auto reach = static_cast<int64_t>(weights.size()) - 1;
  for (int64_t l = 0; l < lines; ++l) {
    float* start = values.data() + l * length * run;
    std::fill(line.begin(), line.end(), 0.0F);
    for (int64_t n = 0; n < length; ++n)
      for (int64_t d = -reach; d <= reach; ++d)
        add_scaled(start + std::clamp<int64_t>(n + d, 0, length - 1) * run, weights[static_cast<size_t>(std::abs(d))], run,
                   line.data() + n * run);
    std::copy(line.begin(), line.end(), start);
  }
}

// Along rows the runs are single floats: sums over a row with its borders repeated.
void blur_rows(Floats& values, int64_t width, const std::vector<float>& weights) {
  const auto reach = static_cast<int64_t>(weights.size()) - 1;
  std::vector<float> padded(static_cast<size_t>(width + 2 * reach));
  for (size_t row = 0; row < values.size(); row += static_cast<size_t>(width)) {
    float* start = values.data() + row;
    std::fill_n(padded.begin(), reach, start[0]);
    std::copy_n(start, width, padded.begin() + reach);
    std::fill_n(padded.begin() + reach + width, reach, start[width - 1]);
    std::fill_n(start, width, 0.0F);
    for (int64_t d = -reach; d <= reach; ++d)
      add_scaled(padded.data() + reach + d, weights[static_cast<size_t>(std::abs(d))], width, start);
  }
}

}  // namespace

void blur(Picture picture, double deviation) {
  const std::vector<float> weights = gaussian(deviation);
  const auto [depth, height, width] = picture.size;
  if (width > 1) blur_rows(picture.values, width, weights);
  if (height > 1) blur_axis(picture.values, depth, height, width, weights);
  if (depth > 1) blur_axis(picture.values, 1, depth, height * width, weights);
}

}  // namespace chiasm::transform
