#include "core/train/checkpoint.h"

#include <algorithm>
#include <cstdio>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/weights/safetensors.h"

namespace chiasm {
namespace {

constexpr int format_version = 1;

std::string folder_name(int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step_%08lld", static_cast<long long>(step));
  return name;
}

// Complete checkpoint folders, oldest first.
std::vector<fs::path> folders(const fs::path& root) {
  std::vector<fs::path> out;
  if (!fs::is_directory(root)) return out;
  for (const auto& entry : fs::directory_iterator(root))
    if (entry.is_directory() && starts_with(entry.path().filename().string(), "step_")) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

// What a killed save left behind: a run has one writer, so nothing of it is in work.
void remove_unfinished(const fs::path& root) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(root))
    if (starts_with(entry.path().filename().string(), ".tmp-")) left.push_back(entry.path());
  for (const fs::path& path : left) fs::remove_all(path);
}

Json manifest_of(const fs::path& folder) {
  Json files = Json::object();
  for (const char* name : {"tensors.safetensors", "state.json"})
    files[name] = {{"bytes", fs::file_size(folder / name)}, {"sha256", sha256_file(folder / name)}};
  return {{"format", "chiasm.checkpoint"}, {"format_version", format_version}, {"files", files}};
}

}  // namespace

void save_checkpoint(const fs::path& run, const TrainState& state, int64_t keep) {
  const fs::path root = run / "checkpoints";
  const std::string name = folder_name(state.facts.at("step").get<int64_t>());
  if (!fs::exists(root / name)) {
    Staged staged(root / name, Staged::Kind::folder);
    weights::write_safetensors(staged.temporary() / "tensors.safetensors", state.tensors, {{"format", "pt"}});
    Json facts = state.facts;
    facts["format_version"] = format_version;
    write_json(staged.temporary() / "state.json", facts);
    write_json(staged.temporary() / "MANIFEST.json", manifest_of(staged.temporary()));
    staged.commit();
  }
  write_file_atomic(root / "LATEST", name + "\n");
  const std::vector<fs::path> all = folders(root);
  for (size_t i = 0; i + static_cast<size_t>(keep) < all.size(); ++i) fs::remove_all(all[i]);
  remove_unfinished(root);
}

TrainState load_checkpoint(const fs::path& folder) {
  const Json manifest = read_json(folder / "MANIFEST.json");
  check_format(manifest, folder / "MANIFEST.json", "chiasm.checkpoint", format_version);
  for (const char* name : {"tensors.safetensors", "state.json"}) {
    const Json known = manifest.value(Json::json_pointer(std::string("/files/") + name + "/sha256"), Json());
    if (!fs::exists(folder / name)) throw InputError((folder / name).string() + ": missing; MANIFEST.json names it");
    if (known != sha256_file(folder / name))
      throw InputError((folder / name).string() + ": damaged: its SHA-256 differs from MANIFEST.json");
  }
  TrainState state;
  state.tensors = weights::read_safetensors(folder / "tensors.safetensors").tensors;
  state.facts = read_json(folder / "state.json");
  return state;
}

std::optional<TrainState> load_latest(const fs::path& run) {
  std::vector<fs::path> all = folders(run / "checkpoints");
  std::reverse(all.begin(), all.end());
  for (const fs::path& folder : all) {
    try {
      return load_checkpoint(folder);
    } catch (const InputError& error) {
      if (folder == all.back())
        throw InputError(std::string(error.what()) + "; no intact checkpoint is left in " + (run / "checkpoints").string() +
                         ". Remove that folder to train from the start");
      log::warn(std::string(error.what()) + "; trying the checkpoint before it");
    }
  }
  return std::nullopt;
}

}  // namespace chiasm
