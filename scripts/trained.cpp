#include "scripts/trained.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "scripts/assemble.h"
#include "scripts/bundle.h"
#include "scripts/bundle_sums.h"
#include "scripts/run_folder.h"

namespace chiasm {

Trained load_trained(const std::string& folder) {
  Trained out;
  out.folder = folder;
  const fs::path root(folder);
  out.bundle = fs::exists(root / "SHA256SUMS") || fs::exists(root / "io_contract.json");
  if (out.bundle) {
    check_format(read_json(root / "io_contract.json"), root / "io_contract.json", "chiasm.bundle", kBundleFormat);
    verify_sums(root);
  }
  if (!out.bundle && fs::exists(root / "run.json")) read_run_facts(root);
  const fs::path config = root / (out.bundle ? "config.json" : "config.yaml");
  if (!fs::exists(config)) throw InputError("'" + folder + "' is neither a run nor a bundle: it has no " + config.filename().string());
  if (!fs::exists(root / "model.safetensors"))
    throw InputError("'" + folder + "' holds no trained model yet (model.safetensors is missing)");
  out.config = config::read<RunConfig>(config::Document::load(config));
  out.preprocess = preprocess_from_json(read_json(root / "preprocess.json"));
  if (fs::exists(root / "tokenizer.model")) out.tokenizer = std::make_shared<Tokenizer>(Tokenizer::load(root / "tokenizer.model"));
  out.model = assemble(out.config, out.preprocess, 0);
  apply_mode(*out.model, out.config.mode);
  const LoadReport report = load_weights(*out.model, (root / "model.safetensors").string());
  if (!report.fresh.empty())
    throw InputError((root / "model.safetensors").string() + ": weight '" + report.fresh.front() +
                     "' is missing; the file belongs to another model");
  out.model->eval();
  return out;
}

}  // namespace chiasm
