// Weighted sums of rows of a grey volume of 16-bit numbers, read where they lie: the inner loop of resampling along rows and slices.
#pragma once

#include <cstdint>
#include <optional>

#include "data/transform/weights.h"
#include "data/volume.h"

namespace chiasm::transform {

class StoredRows {
 public:
  // Nothing unless `source` has one channel of int16 and `rows` takes two rows for each output.
  static std::optional<StoredRows> of(const Volume& source, const AxisWeights& rows, IndexRange columns);

  struct Slice {
    int64_t index = 0;
    float weight = 1;
  };
  // The rescaled values of output row `y`, `columns` of them, of one slice (its weight is 1) or two whose weights sum to 1.
  void sum(Slice slice, int64_t y, float* out) const;
  void sum(Slice first, Slice second, int64_t y, float* out) const;

 private:
  StoredRows(const Volume& source, const int16_t* voxels, const AxisWeights& rows, IndexRange columns);
  const int16_t* row(int64_t slice, int64_t y) const;
  void foresee(int64_t slice, int64_t y) const;

  const int16_t* voxels_;
  const AxisWeights& rows_;
  int64_t width_, stride_, area_;
  float slope_, intercept_;
};

}  // namespace chiasm::transform
