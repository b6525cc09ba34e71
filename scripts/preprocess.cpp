#include "scripts/preprocess.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/config.h"

namespace chiasm {
namespace {

constexpr int format_version = 1;
const char* const forms[] = {"image", "text", "table"};
const char* const kinds[] = {"labels", "mask", "text"};

template <size_t n>
int index_of(const char* const (&names)[n], const std::string& name, const std::string& what) {
  for (size_t i = 0; i < n; ++i)
    if (name == names[i]) return static_cast<int>(i);
  throw InputError("preprocess.json: unknown " + what + " '" + name + "'");
}

Json spec_to_json(const InputSpec& s) {
  return {{"form", forms[static_cast<int>(s.form)]},
          {"modality", s.modality},
          {"channels", s.channels},
          {"size", s.size},
          {"spacing_mm", s.spacing_mm},
          {"vocabulary", s.vocabulary},
          {"length", s.length},
          {"columns", s.columns},
          {"max_rows", s.max_rows},
          {"after_reading", s.after_reading}};
}

InputSpec input_spec(const Json& j) {
  InputSpec s;
  s.form = static_cast<Form>(index_of(forms, j.at("form"), "form"));
  s.modality = j.at("modality");
  s.channels = j.at("channels");
  s.size = j.at("size");
  s.spacing_mm = j.at("spacing_mm");
  s.vocabulary = j.at("vocabulary");
  s.length = j.at("length");
  s.columns = j.at("columns").get<std::vector<std::string>>();
  s.max_rows = j.at("max_rows");
  s.after_reading = j.at("after_reading");
  return s;
}

Json spec_to_json(const TargetSpec& s) {
  return {{"kind", kinds[static_cast<int>(s.kind)]},
          {"classes", s.classes},
          {"on", s.on},
          {"priors", s.priors},
          {"vocabulary", s.vocabulary},
          {"length", s.length},
          {"derived_from", s.derived_from}};
}

TargetSpec target_spec(const Json& j) {
  TargetSpec s;
  s.kind = static_cast<TargetKind>(index_of(kinds, j.at("kind"), "kind"));
  s.classes = j.at("classes").get<std::vector<std::string>>();
  s.on = j.at("on");
  s.priors = j.at("priors").get<std::vector<double>>();
  s.vocabulary = j.at("vocabulary");
  s.length = j.at("length");
  s.derived_from = j.at("derived_from").get<std::vector<std::string>>();
  return s;
}

Json preparation_to_json(const Preparation& p) {
  Json view = config::write_json(p.view);
  // What bundles without the keys mean, too.
  if (p.view.interpolation == "linear") view.erase("interpolation");
  if (p.view.intensity == "modality") view.erase("intensity");
  return {{"modality", p.modality}, {"view", view}, {"mean", p.mean}, {"deviation", p.deviation}};
}

Preparation preparation(const Json& j) {
  Preparation p;
  p.modality = j.at("modality");
  p.view = config::read<ViewConfig>(config::Document::parse(j.at("view").dump(), "preprocess.json"));
  p.mean = j.at("mean");
  p.deviation = j.at("deviation");
  return p;
}

}  // namespace

Json to_json(const Preprocess& p) {
  Json out = {{"format", "chiasm.preprocess"}, {"format_version", format_version}, {"schema", to_json(p.schema)}};
  out["preparations"] = out["table_scales"] = out["text_lengths"] = out["inputs"] = out["targets"] = Json::object();
  for (const auto& [name, value] : p.preparations) out["preparations"][name] = preparation_to_json(value);
  for (const auto& [name, value] : p.table_scales) out["table_scales"][name] = value;
  for (const auto& [name, value] : p.text_lengths) out["text_lengths"][name] = value;
  for (const auto& [name, value] : p.inputs) out["inputs"][name] = spec_to_json(value);
  for (const auto& [name, value] : p.targets) out["targets"][name] = spec_to_json(value);
  return out;
}

Preprocess preprocess_from_json(const Json& json) {
  try {
    check_format(json, "preprocess.json", "chiasm.preprocess", format_version);
    Preprocess p;
    p.schema = schema_from_json(json.at("schema"));
    for (const auto& [name, value] : json.at("preparations").items()) p.preparations[name] = preparation(value);
    for (const auto& [name, value] : json.at("table_scales").items())
      p.table_scales[name] = value.get<std::vector<std::array<double, 2>>>();
    for (const auto& [name, value] : json.at("text_lengths").items()) p.text_lengths[name] = value;
    for (const auto& [name, value] : json.at("inputs").items()) p.inputs[name] = input_spec(value);
    for (const auto& [name, value] : json.at("targets").items()) p.targets[name] = target_spec(value);
    return p;
  } catch (const Json::exception& error) {
    throw InputError(std::string("preprocess.json: damaged: ") + error.what());
  }
}

}  // namespace chiasm
