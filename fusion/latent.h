// Latent queries (Jaegle et al., 2021) that start from summaries of the inputs, read all tokens, and talk among themselves.
#pragma once

#include "core/fusion.h"

namespace chiasm {

struct LatentConfig {
  int64_t queries = 16;  // Q of the fused tokens
  int64_t layers = 2;    // each reads the tokens once and mixes the latents once
  int64_t heads = 4;
  double mlp_ratio = 2.0, dropout = 0.0;
  bool checkpoint = false;
};
void fields(config::Visitor& v, LatentConfig& c);
std::shared_ptr<Fusion> build(const LatentConfig& c, const FusionContext& context);

}  // namespace chiasm
