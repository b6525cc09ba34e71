// The residual CNN behind volume_cnn and image_cnn: one convolution at the input's grid, then stages that halve the grid.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/encoder.h"
#include "core/nn/conv_blocks.h"
#include "core/nn/linear.h"
#include "core/nn/positions.h"

namespace chiasm {

struct CnnSettings {
  std::vector<int64_t> channels{16, 32, 64, 128};  // of the first convolution and of each stage
  int64_t blocks = 1;                              // residual blocks a stage
  bool fine = true;                                // the first convolution keeps the input's grid; else it halves it
  bool group_norm = false;                         // instance norm otherwise
  bool learned_positions = true;
  bool flat = false;  // 2-D: kernels of depth 1
};

// The fields that both kinds share.
void cnn_fields(config::Visitor& v, CnnSettings& c);

// The next stage's stride. A side is halved when it is even and at least 4, and when its voxels are not twice as large as the smallest, so
// that anisotropic volumes become isotropic first (Isensee et al., 2021).
nn::Size3 next_stride(nn::Size3 size, std::array<double, 3> spacing_mm);

class Cnn : public Encoder {
 public:
  // `kind` stands in error messages.
  Cnn(const CnnSettings& settings, const InputSpec& input, const std::string& kind);
  Shape shape() const override;
  Features encode(const Input& input) override;

 private:
  struct Stage : torch::nn::Module {
    std::vector<std::shared_ptr<nn::ResidualBlock>> blocks;
  };
  CnnSettings settings_;
  nn::Size3 grid_{};                // of the coarsest map for the declared size
  std::vector<nn::Size3> strides_;  // from the input to each map
  std::shared_ptr<nn::ConvUnit> stem_;
  std::vector<std::shared_ptr<Stage>> stages_;
  std::shared_ptr<nn::GridPositions> positions_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace chiasm
