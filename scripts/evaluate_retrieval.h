// Retrieval figures and embeddings of tasks that embed the two sides of a study.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/json.h"
#include "core/evaluate/bootstrap.h"
#include "scripts/findings.h"

namespace chiasm {

// Under "tasks" for all inputs, and under "subsets" where several subsets leave both sides. `pool`: "study", or "patient" for one study
// each.
void add_retrieval(Json& metrics, const Findings& findings, const std::string& pool, const evaluate::BootstrapOptions& options);

// TASK.embeddings.safetensors: "first" and "second" [studies, width] of all inputs; metadata: the names of the sides, studies and patients
// (JSON lists).
void write_embeddings(const std::filesystem::path& folder, const Findings& findings);

}  // namespace chiasm
