// Positions of tokens on a 3-D grid.
#pragma once

#include <torch/nn/module.h>

#include "core/nn/conv_blocks.h"

namespace chiasm::nn {

// Sines and cosines of D, H and W, NE in raster order (Vaswani et al., 2017; He et al., 2022). Axes of one token take no channels; channels
// that do not divide stay zero.
at::Tensor sin_cos_positions(Size3 grid, int64_t width);

class GridPositions : public torch::nn::Module {
 public:
  // A table for `grid` that starts as sines and cosines; `learned` ones train.
  GridPositions(Size3 grid, int64_t width, bool learned);
  // NE. The table is interpolated when the grid is another one.
  at::Tensor forward(Size3 grid);
  // RME: of the kept tokens of each row (keep RM).
  at::Tensor forward(Size3 grid, const at::Tensor& keep);

 private:
  Size3 grid_;
  at::Tensor table_;
};

}  // namespace chiasm::nn
