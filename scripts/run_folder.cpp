#include "scripts/run_folder.h"

#include <algorithm>
#include <ctime>
#include <set>
#include <thread>

#include <torch/version.h>
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/weights/safetensors.h"

#include "scripts/assemble.h"

namespace chiasm {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (starts_with(line, "model name")) return trim(line.substr(line.find(':') + 1));
  return "unknown";
}

}  // namespace

std::string default_run_path(const std::string& name) {
  const std::time_t now = std::time(nullptr);
  char date[16];
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  const std::string base = std::string("runs/") + date + "-" + name;
  std::string path = base;
  for (int i = 2; fs::exists(path); ++i) path = base + "-" + std::to_string(i);
  return path;
}

RunFolder::RunFolder(fs::path path, bool resume, const RunConfig& config) : path_(std::move(path)) {
  const std::string resolved = config::write_yaml(config);
  const bool there = fs::exists(path_ / "config.yaml");
  if (there && !resume) throw UsageError("'" + path_.string() + "' holds a run already; go on with --resume, or choose another --out");
  if (!there && fs::exists(path_) && !fs::is_empty(path_))
    throw UsageError("'" + path_.string() + "' exists and is not a run; choose another --out");
  fs::create_directories(path_);
  if (there && read_file(path_ / "config.yaml") != resolved)
    throw UsageError("--resume: the configuration differs from " + (path_ / "config.yaml").string() +
                     "; resume with the same file and --set");
  if (!there) write_file_atomic(path_ / "config.yaml", resolved);
  board_ = std::make_unique<TensorBoard>(path_);
}

void RunFolder::write_facts(const RunConfig& config, const RunData& data, const Preprocess& preprocess, const std::string& precision,
                            int ranks) {
  std::set<std::string> patients;
  for (int64_t i = 0; i < data.store->size(); ++i) {
    const StudyEntry& entry = data.store->entry(i);
    if (std::binary_search(data.train.begin(), data.train.end(), entry.study)) patients.insert(patient_digest(entry.patient));
  }
  if (!config.from.empty())
    for (const std::string& digest : seen_patients(config.from)) patients.insert(digest);
  Json facts = {{"format", "chiasm.run"},
                {"format_version", 1},
                {"started", utc_now()},
                {"libtorch", TORCH_VERSION},
                {"data_sha256", data.store->data_sha256()},
                {"split_sha256", data.split.sha256},
                {"seed", config.train.seed},
                {"ranks", ranks},
                {"precision", precision},
                {"cpu", cpu_name()},
                {"cores", static_cast<int>(std::thread::hardware_concurrency())},
                {"seen_patients", patients}};
  write_json(path_ / "run.json", facts);
  write_json(path_ / "preprocess.json", to_json(preprocess));
  if (data.tokenizer) write_file_atomic(path_ / "tokenizer.model", data.tokenizer->model_bytes());
}

void RunFolder::append(const Json& line) {
  std::ofstream file(path_ / "log.jsonl", std::ios::app);
  file << line.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  if (!file) throw Error((path_ / "log.jsonl").string() + ": cannot be written; is the disk full?");
}

void RunFolder::log_step(const StepReport& report, double samples_per_second, double wait) {
  const double loss = report.loss.item<double>();
  Json line = {{"step", report.step}, {"epoch", report.epoch}, {"samples", report.samples}, {"loss", loss}, {"lr", report.lr}};
  line["parts"] = Json::object();
  for (const auto& [name, value] : report.parts) {
    line["parts"][name] = value.item<double>();
    board_->scalar("loss/" + name, value.item<double>(), report.step);
  }
  line["gradient_norm"] = report.gradient_norm.item<double>();
  line["samples_per_s"] = samples_per_second;
  line["data_wait"] = wait;
  line["time"] = utc_now();
  if (report.skipped) line["skipped"] = true;
  append(line);
  board_->scalar("loss", loss, report.step);
  board_->scalar("lr", report.lr, report.step);
  board_->flush();
}

void RunFolder::log_validation(int64_t step, const std::map<std::string, double>& figures) {
  Json line = {{"step", step}, {"validation", figures}, {"time", utc_now()}};
  append(line);
  for (const auto& [name, value] : figures) board_->scalar("validation/" + name, value, step);
  board_->flush();
}

void RunFolder::save_model(const Model& model, const std::string& file) {
  weights::write_safetensors(path_ / file, weights_of(model), {{"format", "pt"}});
}

std::string patient_digest(const std::string& patient) { return sha256_hex("chiasm patient\n" + patient).substr(0, 16); }

std::vector<std::string> seen_patients(const std::string& run_folder) {
  const fs::path file = fs::path(run_folder) / "run.json";
  if (!fs::exists(file)) return {};
  return read_json(file).value("seen_patients", std::vector<std::string>{});
}

}  // namespace chiasm
