// An encoder turns the rows of one input into tokens and, for images, maps. To write one: encoders/README.md.
#pragma once

#include <torch/nn/module.h>

#include "core/batch.h"
#include "core/registry.h"
#include "core/specs.h"

namespace chiasm {

struct Encoder : torch::nn::Module {
  virtual Shape shape() const = 0;
  // Rows without any real content give tokens with `valid` false (never NaN). Honours Input::keep where the encoder has patches:
  // tokens are then RME, in the order of `keep`, and `maps` is empty. Traceable: no shape may enter the graph as a constant but the
  // declared size.
  virtual Features encode(const Input& input) = 0;
  // The patch grid (D, H, W) that Input::keep indexes in raster order; {0, 0, 0} when the encoder has no patches.
  virtual std::array<int64_t, 3> grid() const { return {0, 0, 0}; }
};

using EncoderRegistry = Registry<Encoder, InputSpec>;

}  // namespace chiasm
