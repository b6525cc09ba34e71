// Rows and studies: an input's rows belong to studies of the batch (Input::rows). Shape letters as in core/batch.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/batch.h"

namespace chiasm {

// S when every study has exactly S rows in order (the fixed form that is traced for export), else 0.
int64_t rows_per_study(const std::vector<int64_t>& rows, int64_t studies);

// R bool: rows with any real content.
at::Tensor real_rows(const Input& input);

// RN... -> B(S*N)... with S = most rows of a study; slots without a row are zero (false).
at::Tensor rows_to_studies(const at::Tensor& rows_first, const std::vector<int64_t>& rows, int64_t studies);

// RE -> BE: the largest over the rows of a study, counting only rows where `real` (R bool); zero where a study has none.
at::Tensor max_over_rows(const at::Tensor& values, const at::Tensor& real, const std::vector<int64_t>& rows, int64_t studies);

// R bool -> B bool: studies with any such row.
at::Tensor any_over_rows(const at::Tensor& flags, const std::vector<int64_t>& rows, int64_t studies);

}  // namespace chiasm
