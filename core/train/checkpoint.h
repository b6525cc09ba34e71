// Checkpoints of a run: RUN/checkpoints/step_00000200/{tensors.safetensors, state.json, MANIFEST.json}, then RUN/checkpoints/LATEST.
// A folder is staged, fsynced and renamed, MANIFEST.json (sizes and SHA-256) last; a damaged one is refused by name and the one before it
// used.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/train/trainer.h"

namespace chiasm {

// Writes and removes all but the newest `keep`. Throws Error on a full disk; nothing half-written stays.
void save_checkpoint(const std::filesystem::path& run, const TrainState& state, int64_t keep);

// The newest intact checkpoint; nothing when none was ever written. Damaged ones are reported as warnings; throws InputError when no
// intact one is left, since a run must not start anew unasked.
std::optional<TrainState> load_latest(const std::filesystem::path& run);

// One checkpoint folder. Throws InputError naming the damaged file.
TrainState load_checkpoint(const std::filesystem::path& folder);

}  // namespace chiasm
