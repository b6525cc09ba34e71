// Source coordinates of a row of a deformed model grid.
#pragma once

#include "data/transform/elastic.h"

namespace chiasm::transform {

// Row by row: to_source * ((i, j, k) + move(i, j, k)) in single precision; without a deformation the affine points, bit for bit.
class PointRows {
 public:
  PointRows(const Affine& to_source, const Size3& size, const Elastic* elastic);
  const std::array<std::vector<float>, 3>& row(int64_t k, int64_t j);  // source i, j, k of size[2] points, until the next call

 private:
  Affine to_source_;
  Size3 size_;
  std::vector<ElasticRows> elastic_;  // none or one
  std::array<std::vector<float>, 3> moves_, points_;
};

}  // namespace chiasm::transform
