#include "scripts/bundle.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/export/model_program.h"
#include "core/export/onnx.h"
#include "core/export/parity.h"
#include "core/export/trace.h"
#include "core/weights/safetensors.h"
#include "scripts/assemble.h"
#include "scripts/bundle_text.h"

namespace chiasm {
namespace {

constexpr int format_version = 1;

Json export_programs(Trained& trained, const fs::path& folder) {
  Json parity = Json::object();
  const Program program = model_program(*trained.model);
  torch::jit::Module traced = trace(*trained.model, program);
  parity["model"] = check_parity(*trained.model, program, traced);
  traced.save((folder / "model.pt").string());
  write_onnx(folder / "model.onnx", traced, program, {{"format", "chiasm.bundle"}});
  for (const TaskSlot& slot : trained.model->tasks())
    for (const Program& extra : slot.task->programs()) {
      const torch::jit::Module module = trace(*trained.model, extra);
      write_onnx(folder / (extra.name + ".onnx"), module, extra, {{"task", slot.name}});
    }
  return parity;
}

// Synthetic inputs with the outputs of this build: never a patient's.
void write_golden(Trained& trained, const fs::path& folder) {
  const Program program = model_program(*trained.model);
  at::NoGradGuard no_gradient;
  const std::vector<std::string> names = read_inputs(*trained.model);
  for (int64_t item = 0; item < 2; ++item) {
    const std::vector<std::string> absent = item == 0 ? std::vector<std::string>{} : std::vector<std::string>{names.front()};
    const std::vector<at::Tensor> inputs = example_inputs(*trained.model, 2, static_cast<uint64_t>(100 + item), absent);
    const std::vector<at::Tensor> outputs = program.run(inputs);
    weights::Tensors tensors;
    for (size_t i = 0; i < inputs.size(); ++i) tensors["input." + program.inputs[i]] = inputs[i];
    for (size_t i = 0; i < outputs.size(); ++i) tensors["output." + program.outputs[i]] = outputs[i];
    weights::write_safetensors(folder / "golden" / ("case_" + std::to_string(item) + ".safetensors"), tensors,
                               {{"content", "random values, no patient"}, {"absent", join(absent, ",")}});
  }
}

Json postprocess(const Trained& trained) {
  Json out = {{"format", "chiasm.postprocess"}, {"format_version", format_version}, {"tasks", Json::object()}};
  for (const TaskSlot& slot : trained.model->tasks()) {
    Json& task = out["tasks"][slot.name];
    for (const std::string& need : slot.task->needs()) {
      const TargetSpec& target = trained.preprocess.targets.at(need);
      task["target"] = need;
      task["kind"] = target.kind == TargetKind::labels ? "probabilities" : target.kind == TargetKind::mask ? "class indices" : "text";
      task["classes"] = target.classes;
      if (!target.on.empty()) task["on"] = target.on;
    }
  }
  return out;
}

Json io_contract(const Trained& trained, const Json& metrics) {
  Json out = {{"format", "chiasm.bundle"}, {"format_version", format_version}, {"inputs", Json::object()}};
  const std::vector<std::string>& required = trained.config.inputs.required;
  for (const std::string& name : read_inputs(*trained.model)) {
    const InputSpec& spec = trained.preprocess.inputs.at(name);
    Json item = {{"modality", spec.modality},
                 {"required", std::find(required.begin(), required.end(), name) != required.end()},
                 {"max_rows", spec.max_rows}};
    if (spec.form == Form::image) {
      item["model_size"] = spec.size;
      item["model_spacing_mm"] = spec.spacing_mm;
      item["spacing_mm_range"] = {0.2, 20.0};
      item["select"] = trained.preprocess.schema.inputs.at(name).select;
    }
    if (spec.form == Form::table) item["columns"] = spec.columns;
    if (spec.form == Form::text) item["tokens_at_most"] = spec.length;
    out["inputs"][name] = item;
  }
  out["evaluated_subsets"] = Json::object();
  for (const char* section : {"subsets"})
    if (metrics.contains(section))
      for (const auto& [task, subsets] : metrics[section].items())
        for (const auto& [name, figures] : subsets.items())
          if (figures.contains("macro")) out["evaluated_subsets"][name][task] = figures["macro"];
  return out;
}

void write_sums(const fs::path& folder) {
  std::string lines;
  for (const fs::path& file : list_files(folder)) lines += sha256_file(file) + "  " + fs::relative(file, folder).string() + "\n";
  write_file_atomic(folder / "SHA256SUMS", lines);
}

}  // namespace

Json write_bundle(const std::string& run, const std::string& out) {
  if (fs::exists(out)) throw UsageError("'" + out + "' exists; a bundle is never overwritten, choose another --out");
  Trained trained = load_trained(run);
  if (trained.bundle) throw UsageError("'" + run + "' is a bundle already");
  const Json metrics = fs::exists(fs::path(run) / "metrics.json") ? read_json(fs::path(run) / "metrics.json") : Json::object();
  Staged staged(out, Staged::Kind::folder);
  const fs::path& folder = staged.temporary();
  weights::write_safetensors(folder / "model.safetensors", weights_of(*trained.model), {{"format", "pt"}});
  const Json parity = export_programs(trained, folder);
  write_golden(trained, folder);
  Json provenance = read_json(fs::path(run) / "run.json");
  provenance["parity"] = parity;
  provenance["weights_sha256"] = sha256_file(folder / "model.safetensors");
  chiasm::write_json(folder / "config.json", config::write_json(trained.config));
  chiasm::write_json(folder / "preprocess.json", to_json(trained.preprocess));
  chiasm::write_json(folder / "postprocess.json", postprocess(trained));
  chiasm::write_json(folder / "io_contract.json", io_contract(trained, metrics));
  chiasm::write_json(folder / "metrics.json", metrics);
  chiasm::write_json(folder / "provenance.json", provenance);
  if (trained.tokenizer) write_file_atomic(folder / "tokenizer.model", trained.tokenizer->model_bytes());
  write_file_atomic(folder / "card.md", model_card(trained, metrics, provenance));
  write_file_atomic(folder / "LICENSES", license_text());
  write_sums(folder);
  staged.commit();
  return parity;
}

void verify_bundle(Trained& bundle) {
  const fs::path root(bundle.folder);
  for (const std::string& line : split(read_file(root / "SHA256SUMS"), '\n')) {
    if (line.size() < 67) continue;
    const fs::path file = root / line.substr(66);
    if (!fs::exists(file) || sha256_file(file) != line.substr(0, 64))
      throw InputError(file.string() + ": damaged: its SHA-256 differs from SHA256SUMS");
  }
  at::NoGradGuard no_gradient;
  const Program program = model_program(*bundle.model);
  for (const fs::path& file : list_files(root / "golden")) {
    const weights::Tensors tensors = weights::read_safetensors(file).tensors;
    std::vector<at::Tensor> inputs;
    for (const std::string& name : program.inputs) inputs.push_back(tensors.at("input." + name));
    const std::vector<at::Tensor> outputs = program.run(inputs);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const double difference = (outputs[i] - tensors.at("output." + program.outputs[i])).abs().max().item<double>();
      if (!(difference <= 1e-4))
        throw InputError(file.string() + ": output '" + program.outputs[i] + "' differs by " + format_number(difference) +
                         " on this machine; the bundle is not used");
    }
  }
}

}  // namespace chiasm
