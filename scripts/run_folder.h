// The folder of a run: config.yaml, run.json, preprocess.json, tokenizer.model, log.jsonl, TensorBoard events, checkpoints,
// model.safetensors.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/train/tensorboard.h"
#include "core/train/trainer.h"
#include "scripts/data_setup.h"

namespace chiasm {

class RunFolder {
 public:
  // Creates it, or with `resume` opens an existing one whose config.yaml must be the same. A folder that exists is never overwritten.
  RunFolder(std::filesystem::path path, bool resume, const RunConfig& config);
  const std::filesystem::path& path() const { return path_; }
  void write_facts(const RunConfig& config, const RunData& data, const Preprocess& preprocess, const std::string& precision, int ranks);
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

// Keyed digests of the patients that shaped a run and all runs it came from. Throws UsageError when `test_patients` overlap them.
std::vector<std::string> seen_patients(const std::string& run_folder);
std::string patient_digest(const std::string& patient);

}  // namespace chiasm
