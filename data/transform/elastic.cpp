#include "data/transform/elastic.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

double span_voxels(int64_t spans, int64_t size) { return size > 1 ? static_cast<double>(size - 1) / static_cast<double>(spans) : 1; }

CHIASM_CLONES void spread(const float* __restrict line, const int32_t* __restrict first, const float* __restrict weights, int64_t count,
                          float* __restrict out) {
  for (int64_t n = 0; n < count; ++n) {
    const float* p = line + first[n];
    const float* w = weights + 4 * n;
    out[n] = (p[0] * w[0] + p[1] * w[1]) + (p[2] * w[2] + p[3] * w[3]);
  }
}

}  // namespace

bool Elastic::none() const {
  return std::all_of(moves.begin(), moves.end(),
                     [](const auto& m) { return std::all_of(m.begin(), m.end(), [](float move) { return move == 0; }); });
}

double Elastic::largest(size_t axis) const {
  double out = 0;
  for (const float move : moves[axis]) out = std::max(out, std::abs(static_cast<double>(move)));
  return out;
}

Elastic draw_elastic(const Size3& spans, const std::array<double, 3>& largest, const Size3& size, Random& random) {
  Elastic out;
  out.spans = spans;
  const int64_t points = (spans[0] + 3) * (spans[1] + 3) * (spans[2] + 3);
  for (size_t axis = 0; axis < 3; ++axis) {
    check(largest[axis] <= largest_elastic_share * span_voxels(spans[2 - axis], size[2 - axis]) + 1e-9,
          "an elastic deformation this large would fold");
    for (int64_t n = 0; n < points; ++n)
      out.moves[axis].push_back(largest[axis] > 0 ? static_cast<float>(random.uniform(-largest[axis], largest[axis])) : 0.0F);
  }
  return out;
}

ElasticRows::Axis ElasticRows::axis_of(int64_t spans, int64_t size) {
  Axis out;
  for (int64_t n = 0; n < size; ++n) {
    const double at = static_cast<double>(n) / span_voxels(spans, size);
    const auto first = std::min(static_cast<int64_t>(at), spans - 1);
    const double t = at - static_cast<double>(first), r = 1 - t;
    out.first.push_back(static_cast<int32_t>(first));
    out.weights.push_back({static_cast<float>(r * r * r / 6), static_cast<float>((4 - 6 * t * t + 3 * t * t * t) / 6),
                           static_cast<float>((4 - 6 * r * r + 3 * r * r * r) / 6), static_cast<float>(t * t * t / 6)});
  }
  return out;
}

ElasticRows::ElasticRows(const Elastic& elastic, const Size3& size) : elastic_(elastic) {
  for (size_t a = 0; a < 3; ++a) axes_[a] = axis_of(elastic.spans[a], size[a]);
  for (const auto& moves : elastic.moves)
    check(static_cast<int64_t>(moves.size()) == (elastic.spans[0] + 3) * (elastic.spans[1] + 3) * (elastic.spans[2] + 3),
          "an elastic deformation has spans + 3 control points along each axis");
}

void ElasticRows::row(int64_t k, int64_t j, std::array<std::vector<float>, 3>& out) const {
  const int64_t rows = elastic_.spans[1] + 3, columns = elastic_.spans[2] + 3;
  const int64_t count = static_cast<int64_t>(axes_[2].first.size()), slice = axes_[0].first[static_cast<size_t>(k)],
                row = axes_[1].first[static_cast<size_t>(j)];
  std::vector<float> line(static_cast<size_t>(columns));
  for (size_t component = 0; component < 3; ++component) {
    std::fill(line.begin(), line.end(), 0.0F);
    for (int64_t a = 0; a < 4; ++a)
      for (int64_t b = 0; b < 4; ++b) {
        const float weight = axes_[0].weights[static_cast<size_t>(k)][static_cast<size_t>(a)] *
                             axes_[1].weights[static_cast<size_t>(j)][static_cast<size_t>(b)];
        const float* points = elastic_.moves[component].data() + ((slice + a) * rows + row + b) * columns;
        for (int64_t c = 0; c < columns; ++c) line[static_cast<size_t>(c)] += weight * points[c];
      }
    out[component].resize(static_cast<size_t>(count));
    spread(line.data(), axes_[2].first.data(), axes_[2].weights.data()->data(), count, out[component].data());
  }
}

}  // namespace chiasm::transform
