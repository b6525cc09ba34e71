#include "scripts/run_folder.h"

#include <algorithm>
#include <ctime>
#include <set>
#include <thread>

#include <ATen/Version.h>
#include <torch/version.h>
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/weights/safetensors.h"

#include "scripts/assemble.h"

namespace chiasm {
namespace {

std::string cpu_fact(const std::string& name) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (const size_t colon = line.find(':'); colon != std::string::npos && trim(line.substr(0, colon)) == name)
      return trim(line.substr(colon + 1));
  return "unknown";
}

// CPUs of one type compute the same bits: maker, family and model choose the kernels of oneDNN and MKL, the capability those of ATen.
std::string cpu_type() {
  return cpu_fact("vendor_id") + "-" + cpu_fact("cpu family") + "-" + cpu_fact("model") + "-" +
         replace_all(at::get_cpu_capability(), " ", "");
}

// Digest of the program and its own libraries, as they are mapped: which build made a run.
std::string code_digest() {
  std::set<std::string> files{fs::read_symlink("/proc/self/exe").string()};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const size_t at = line.find('/'); at != std::string::npos && line.find("/libchiasm_") != std::string::npos)
      files.insert(line.substr(at));
  std::string digests;
  for (const std::string& file : files)
    if (fs::exists(file)) digests += sha256_file(file);
  return sha256_hex(digests);
}

std::set<std::string> shaping_patients(const RunConfig& config, const RunData& data) {
  std::set<std::string> patients = earlier_patients(config);
  for (const std::string& study : data.train) patients.insert(patient_digest(data.patient_of.at(study)));
  if (!config.validate.best.empty())  // they chose the weights
    for (const std::string& study : data.val) patients.insert(patient_digest(data.patient_of.at(study)));
  return patients;
}

// Compares a resumed run with its beginning.
void compare(const Json& before, const Json& now, const fs::path& file) {
  for (const char* key : {"data_sha256", "split_sha256"})
    if (before.value(key, Json()) != now.at(key))
      throw UsageError(
          file.string() + ": " + key +
          " is another one now: the store or split changed since the run was started. Resume with the same data, or start a new run");
  for (const char* key : {"ranks", "threads", "precision", "cpu_type", "libtorch", "code_sha256"})
    if (before.contains(key) && before[key] != now.at(key))
      log::warn("the run was started with " + std::string(key) + " " + before[key].dump() + " and goes on with " + now.at(key).dump() +
                "; it will not be bit-equal");
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

void RunFolder::check(const fs::path& path, bool resume, const RunConfig& config) {
  const fs::path file = path / "config.yaml";
  const bool there = fs::exists(file);
  if (there && !resume) throw UsageError("'" + path.string() + "' holds a run already; go on with --resume, or choose another --out");
  if (!there && fs::exists(path) && (!fs::is_directory(path) || !fs::is_empty(path)))
    throw UsageError("'" + path.string() + "' exists and is not a run; choose another --out");
  // Both with today's defaults: a run of an earlier version may go on although keys were added since.
  if (there && config::write_yaml(read_resolved(path.string())) != config::write_yaml(config))
    throw UsageError("--resume: the configuration differs from " + file.string() + "; resume with the same file and --set");
}

RunFolder::RunFolder(fs::path path, bool resume, const RunConfig& config) : path_(std::move(path)) {
  check(path_, resume, config);
  fs::create_directories(path_);
  if (!fs::exists(path_ / "config.yaml")) write_file_atomic(path_ / "config.yaml", config::write_yaml(config));
  board_ = std::make_unique<TensorBoard>(path_);
}

void RunFolder::write_facts(const RunConfig& config, const RunData& data, const Preprocess& preprocess, const RunFacts& how) {
  Json facts = {{"format", "chiasm.run"},
                {"format_version", kRunFormat},
                {"started", utc_now()},
                {"libtorch", TORCH_VERSION},
                {"data_sha256", data.store->data_sha256()},
                {"split_sha256", data.split.sha256},
                {"seed", config.train.seed},
                {"ranks", how.ranks},
                {"threads", how.threads},
                {"precision", how.precision},
                {"cpu", cpu_fact("model name")},
                {"cpu_type", cpu_type()},
                {"cores", static_cast<int>(std::thread::hardware_concurrency())},
                {"code_sha256", code_digest()},
                {"weights", how.weights},
                {"seen_patients", shaping_patients(config, data)}};
  if (fs::exists(path_ / "run.json")) {
    const Json before = read_run_facts(path_);
    compare(before, facts, path_ / "run.json");
    facts["started"] = before.value("started", Json());
    facts["resumed"] = before.value("resumed", Json::array());
    facts["resumed"].push_back(utc_now());
  }
  write_json(path_ / "run.json", facts);
  write_json(path_ / "preprocess.json", to_json(preprocess));
  if (data.tokenizer) write_file_atomic(path_ / "tokenizer.model", data.tokenizer->model_bytes());
}

void RunFolder::rewind(int64_t step) {
  const fs::path file = path_ / "log.jsonl";
  if (!fs::exists(file)) return;
  std::string kept;
  for (const std::string& line : split(read_file(file), '\n')) {
    const Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);  // the last line may be half written
    if (entry.is_object() && entry.value("step", step + 1) <= step) kept += line + "\n";
  }
  write_file_atomic(file, kept);
  board_->restart(step + 1);
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

Json read_run_facts(const fs::path& run_folder) {
  const fs::path file = run_folder / "run.json";
  Json facts = read_json(file);
  check_format(facts, file, "chiasm.run", kRunFormat);
  return facts;
}

std::set<std::string> earlier_patients(const RunConfig& config) {
  std::set<std::string> patients;
  if (!config.from.empty())
    for (const std::string& digest : seen_patients(config.from)) patients.insert(digest);
  const fs::path facts = config.data.tokenizer + ".json";
  if (!config.data.tokenizer.empty() && fs::exists(facts))
    for (const std::string& digest : read_json(facts).value("seen_patients", std::vector<std::string>{})) patients.insert(digest);
  return patients;
}

std::vector<std::string> seen_patients(const std::string& folder) {
  const fs::path provenance = fs::path(folder) / "provenance.json";  // of a bundle: the facts of its run and more
  if (fs::exists(provenance)) return read_json(provenance).value("seen_patients", std::vector<std::string>{});
  if (!fs::exists(fs::path(folder) / "run.json")) return {};
  return read_run_facts(folder).value("seen_patients", std::vector<std::string>{});
}

}  // namespace chiasm
