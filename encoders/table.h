// Clinical tables: every known column becomes a token, value * direction + name (Gorishniy et al., 2021); unknown columns are no tokens.
#pragma once

#include "core/encoder.h"

namespace chiasm {

struct TableConfig {
  int64_t width = 64, depth = 1, heads = 4;
  double mlp_ratio = 2.0, dropout = 0.0;
};
void fields(config::Visitor& v, TableConfig& c);
std::shared_ptr<Encoder> build(const TableConfig& c, const InputSpec& input);

}  // namespace chiasm
