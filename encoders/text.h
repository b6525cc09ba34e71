// Transformer over the pieces of a text, attending in both directions.
#pragma once

#include "core/encoder.h"

namespace chiasm {

struct TextConfig {
  int64_t width = 128, depth = 2, heads = 4;
  double mlp_ratio = 4.0, dropout = 0.0;
  std::string tokens = "pieces";  // what leaves: "pieces" all, "first" the first piece's, "mean" the mean of all
  bool checkpoint = false;
};
void fields(config::Visitor& v, TextConfig& c);
std::shared_ptr<Encoder> build(const TextConfig& c, const InputSpec& input);

}  // namespace chiasm
