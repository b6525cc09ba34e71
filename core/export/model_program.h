// The whole model as one traceable Program: encode, fuse and the predictions of all heads.
// Inputs, for each input NAME that a task reads: NAME, NAME_valid, NAME_where as in core/batch.h with B studies (image BCDHW; BSCDHW when
// a study may have S > 1 rows). An absent input is zeros with NAME_valid false. Outputs: TASK_PREDICTION of each head, and `embedding` BE.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/task.h"

namespace chiasm {

// Inputs that the tasks read, sorted.
std::vector<std::string> read_inputs(const Model& model);

Program model_program(Model& model);

// Random inputs for the program: `studies` studies; inputs named in `absent` are missing everywhere. The same seed gives the same values.
std::vector<at::Tensor> example_inputs(const Model& model, int64_t studies, uint64_t seed, const std::vector<std::string>& absent = {});

// A batch as the program's tensors: every study with its rows in the fixed form.
std::vector<at::Tensor> program_inputs(const Model& model, const Batch& batch);

}  // namespace chiasm
