// The bundle: everything that runs a model elsewhere, in one folder. Files: docs in architecture order: model.safetensors, model.onnx,
// decode.onnx, model.pt, config.json, preprocess.json, postprocess.json, io_contract.json, tokenizer.model, golden/, card.md, metrics.json,
// provenance.json, LICENSES, SHA256SUMS (written last).
#pragma once

#include <string>

#include "scripts/trained.h"

namespace chiasm {

inline constexpr int kBundleFormat = 1;

// Exports a run. Throws when an export does not agree with the model; then nothing stays under `out`.
Json write_bundle(const std::string& run, const std::string& out);

// The golden cases through the model on this machine (1e-4); the digests were checked when it was loaded. Throws InputError naming what
// differs.
void verify_bundle(Trained& bundle);

}  // namespace chiasm
