#include "scripts/bundle.h"

#include <torch/csrc/jit/serialization/import.h>
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
#include "scripts/bundle_golden.h"
#include "scripts/bundle_sums.h"
#include "scripts/bundle_text.h"

namespace chiasm {
namespace {

constexpr int format_version = kBundleFormat;

// The evidence is about the files: TorchScript is read back before it is compared.
Json export_programs(Trained& trained, const fs::path& folder) {
  Json parity = Json::object();
  const Program program = model_program(*trained.model);
  const torch::jit::Module traced = trace(*trained.model, program);
  traced.save((folder / "model.pt").string());
  torch::jit::Module read_back = torch::jit::load((folder / "model.pt").string());
  parity["model"] = check_parity(*trained.model, program, read_back);
  write_onnx(folder / "model.onnx", traced, program, {{"format", "chiasm.bundle"}});
  for (const TaskSlot& slot : trained.model->tasks())
    for (const Program& extra : slot.task->programs()) {
      torch::jit::Module module = trace(*trained.model, extra);
      parity[extra.name] = check_parity(extra, module);
      write_onnx(folder / (extra.name + ".onnx"), module, extra, {{"task", slot.name}});
    }
  return parity;
}

Json postprocess(const Trained& trained) {
  Json out = {{"format", "chiasm.postprocess"}, {"format_version", format_version}, {"tasks", Json::object()}};
  const Json sections = config::write_json(trained.config)["tasks"];
  for (size_t i = 0; i < trained.model->tasks().size(); ++i) {
    const TaskSlot& slot = trained.model->tasks()[i];
    Json& task = out["tasks"][slot.name];
    if (const Json& section = sections.at(i); section.contains("least_ml")) task["least_ml"] = section["least_ml"];
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

// By subset of inputs and task, the figures that it reached: what may be predicted.
Json evaluated_subsets(const Json& metrics) {
  Json out = Json::object();
  if (metrics.contains("subsets"))
    for (const auto& [task, subsets] : metrics["subsets"].items())
      for (const auto& [name, figures] : subsets.items())
        if (figures.contains("macro")) out[name][task] = figures["macro"];
  if (metrics.contains("tasks"))
    for (const auto& [task, figures] : metrics["tasks"].items())
      if (figures.contains("macro")) out["all"][task] = figures["macro"];
  if (metrics.contains("texts"))
    for (const auto& [target, figures] : metrics["texts"].items()) out["all"][target] = figures;
  if (metrics.contains("text_subsets"))
    for (const auto& [target, subsets] : metrics["text_subsets"].items())
      for (const auto& [name, figures] : subsets.items()) out[name][target] = figures;
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
      item["size_range"] = {4, 4096};
      item["select"] = trained.preprocess.schema.inputs.at(name).select;
    }
    if (spec.form == Form::table) item["columns"] = spec.columns;
    if (spec.form == Form::text) item["tokens_at_most"] = spec.length;
    out["inputs"][name] = item;
  }
  out["evaluated_subsets"] = evaluated_subsets(metrics);
  return out;
}

}  // namespace

Json write_bundle(const std::string& run, const std::string& out) {
  if (fs::exists(out)) throw UsageError("'" + out + "' exists; a bundle is never overwritten, choose another --out");
  Trained trained = load_trained(run);
  if (trained.bundle) throw UsageError("'" + run + "' is a bundle already");
  if (trained.config.upper_bound)
    throw UsageError("'" + run +
                     "' is an upper bound: it reads what its targets were taken from, which is not there when a model is used; export "
                     "a run without 'upper_bound'");
  const Json metrics = fs::exists(fs::path(run) / "metrics.json") ? read_json(fs::path(run) / "metrics.json") : Json::object();
  Staged staged(out, Staged::Kind::folder);
  const fs::path& folder = staged.temporary();
  weights::write_safetensors(folder / "model.safetensors", weights_of(*trained.model), {{"format", "pt"}});
  const Json parity = export_programs(trained, folder);
  write_golden(*trained.model, folder / "golden");
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
  verify_golden(*bundle.model, root / "golden");
}

}  // namespace chiasm
