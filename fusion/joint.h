// One transformer over a summary token and the tokens of all inputs. Exact but quadratic in the number of tokens.
#pragma once

#include "core/fusion.h"

namespace chiasm {

struct JointConfig {
  int64_t layers = 2, heads = 4;
  double mlp_ratio = 2.0, dropout = 0.0;
  bool checkpoint = false;
};
void fields(config::Visitor& v, JointConfig& c);
// Fused tokens: the summary token first, always valid, then the tokens of each input in the order of their names.
std::shared_ptr<Fusion> build(const JointConfig& c, const FusionContext& context);

}  // namespace chiasm
