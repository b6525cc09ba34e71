// The folder of a run: config.yaml, run.json, preprocess.json, tokenizer.model, log.jsonl, TensorBoard events, checkpoints,
// model.safetensors.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/train/tensorboard.h"
#include "core/train/trainer.h"
#include "scripts/data_setup.h"

namespace chiasm {

// What decides the bits of a run beside its configuration and data, and which weights it starts from.
struct RunFacts {
  std::string precision;
  int ranks = 1, threads = 1;
  Json weights;  // mode, names of loaded, new and left-out weights, number of trained scalars
};

class RunFolder {
 public:
  // Throws UsageError when `path` cannot take the run: it holds another one, or something else.
  static void check(const std::filesystem::path& path, bool resume, const RunConfig& config);
  // Creates it, or with `resume` opens an existing one whose config.yaml must be the same. A folder that exists is never overwritten.
  RunFolder(std::filesystem::path path, bool resume, const RunConfig& config);
  const std::filesystem::path& path() const { return path_; }
  // A resumed run keeps its beginning; what differs from it (ranks, threads, hardware, build) is said, other data are refused.
  void write_facts(const RunConfig& config, const RunData& data, const Preprocess& preprocess, const RunFacts& how);
  // Drops what was logged after `step`: a killed run repeats the steps after its newest checkpoint.
  void rewind(int64_t step);
  // One line of log.jsonl and the TensorBoard scalars. `wait`: share of the step spent waiting for data.
  void log_step(const StepReport& report, double samples_per_second, double wait);
  void log_validation(int64_t step, const std::map<std::string, double>& figures);
  void save_model(const Model& model, const std::string& file = "model.safetensors");

 private:
  void append(const Json& line);
  std::filesystem::path path_;
  std::unique_ptr<TensorBoard> board_;
};

// "runs/2026-11-24-pretrain", made unique by a number.
std::string default_run_path(const std::string& name);

inline constexpr int kRunFormat = 1;
// run.json of a run folder. Throws InputError when it is damaged or newer than this program.
Json read_run_facts(const std::filesystem::path& run_folder);

// Digests of the patients that shaped a run or bundle and all runs it came from; empty when the folder names none.
std::vector<std::string> seen_patients(const std::string& folder);
// Those that shaped what the run starts from: the run named by `from:` and the tokenizer.
std::set<std::string> earlier_patients(const RunConfig& config);
std::string patient_digest(const std::string& patient);

}  // namespace chiasm
