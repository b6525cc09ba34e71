#include "scripts/bundle_text.h"

#include "core/base/text.h"
#include "core/export/model_program.h"

namespace chiasm {
namespace {

std::string figure_text(const Json& figure) {
  if (!figure.is_object() || !figure.contains("value") || figure["value"].is_null()) return "undefined";
  std::string out = fixed(figure["value"], 3);
  if (figure.contains("low") && !figure["low"].is_null()) out += " [" + fixed(figure["low"], 3) + ", " + fixed(figure["high"], 3) + "]";
  return out;
}

std::string figures_table(const Json& metrics) {
  if (!metrics.contains("tasks")) return "No evaluation was run before the export.\n";
  std::string out = "| task | target | figure | value [95 % interval] |\n|---|---|---|---|\n";
  for (const auto& [task, targets] : metrics["tasks"].items())
    for (const auto& [target, list] : targets.items())
      for (const auto& [name, figure] : list.items())
        if (name == "auroc" || name == "dice") out += "| " + task + " | " + target + " | " + name + " | " + figure_text(figure) + " |\n";
  return out + "\nPart: " + metrics.value("split", "unknown") + "; patients seen in training: " + metrics.value("contaminated", "unknown") +
         ".\n";
}

}  // namespace

std::string model_card(const Trained& trained, const Json& metrics, const Json& provenance) {
  std::string text =
      "# Model card\n\n**For research. Not a medical device; not verified for diagnosis or treatment.**\n\n## What it does\n";
  for (const TaskSlot& slot : trained.model->tasks())
    for (const std::string& need : slot.task->needs())
      text += "- task `" + slot.name + "`: " + join(trained.preprocess.targets.at(need).classes, ", ") +
              (trained.preprocess.targets.at(need).classes.empty() ? "text `" + need + "`" : "") + "\n";
  text += "\n## Inputs\nAny subset of: " + join(read_inputs(*trained.model), ", ") + ". What each must be: `io_contract.json`.\n";
  text += "\n## Data\nData SHA-256 `" + provenance.value("data_sha256", "") + "`, split SHA-256 `" + provenance.value("split_sha256", "") +
          "`; " + std::to_string(provenance.value("seen_patients", Json::array()).size()) + " patients shaped the weights.\n";
  text += "\n## Figures\n" + figures_table(metrics);
  text +=
      "\n## Limits\n- Figures hold for data like the evaluated ones; other scanners, sites and populations were not measured unless "
      "listed.\n"
      "- A subset of inputs that was never evaluated is refused by `chiasm predict`.\n- Generated text is a draft for a reader, never a "
      "finding.\n"
      "\n## Cautioned, out of scope\nAny use on patients without review by a qualified person; any study outside `io_contract.json`.\n";
  return text;
}

std::string license_text() {
  return "Weights: the terms of whoever trained this model and of the data it was trained on (see card.md).\n\n"
         "Programs used: LibTorch (BSD-3-Clause), Gloo (MIT), DCMTK (BSD-3-Clause), HDF5 (BSD-style), SentencePiece (Apache-2.0), yaml-cpp "
         "(MIT),\n"
         "nlohmann-json (MIT), CLI11 (BSD-3-Clause), OpenJPEG (BSD-2-Clause), spdlog (MIT), fmt (MIT), OpenSSL (Apache-2.0), NIfTI library "
         "(public domain), libpng "
         "(libpng licence), libtiff (libtiff licence),\n"
         "libjpeg-turbo (IJG, BSD-3-Clause, zlib), zlib (zlib), c-blosc (BSD-3-Clause), libdeflate (MIT).\n";
}

}  // namespace chiasm
