#include "data/schema.h"

#include <set>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/config/config.h"

namespace chiasm {

namespace {

const std::map<Form, std::string>& form_names() {
  static const std::map<Form, std::string> names{{Form::image, "image"}, {Form::text, "text"}, {Form::table, "table"}};
  return names;
}

const std::map<TargetKind, std::string>& kind_names() {
  static const std::map<TargetKind, std::string> names{
      {TargetKind::labels, "labels"}, {TargetKind::mask, "mask"}, {TargetKind::text, "text"}};
  return names;
}

template <class T>
T from_name(const std::map<T, std::string>& names, const std::string& name, const std::string& where) {
  std::vector<std::string> known;
  for (const auto& [value, text] : names) {
    if (text == name) return value;
    known.push_back(text);
  }
  throw InputError("schema: " + where + " is '" + name + "'" + did_you_mean(name, known));
}

// Names become HDF5 groups, table columns and subset labels ("ct+labs").
void check_name(const std::string& name, const std::string& where) {
  if (name.empty() || name.find_first_of("./+,:\"\n\r\t ") != std::string::npos)
    throw InputError("schema: " + where + " '" + name + "' is not a name; use letters, digits, '_' and '-'");
}

void check_different(const std::vector<std::string>& names, const std::string& where) {
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (name.empty() || !seen.insert(name).second) throw InputError("schema: " + where + " has an empty or repeated name '" + name + "'");
}

void check_input(const std::string& name, const StoredInput& input) {
  check_name(name, "input");
  if ((input.form == Form::table) == input.columns.empty())
    throw InputError("schema: input '" + name + "': a table, and nothing else, has columns");
  if (input.max_rows < 1) throw InputError("schema: input '" + name + "': max_rows is below 1");
  check_different(input.columns, "input '" + name + "'");
}

void check_target(const std::string& name, const StoredTarget& target, const StoreSchema& schema) {
  check_name(name, "target");
  if (schema.inputs.count(name)) throw InputError("schema: '" + name + "' is both an input and a target; rename one");
  if ((target.kind == TargetKind::text) != target.classes.empty())
    throw InputError("schema: target '" + name + "': labels and masks, and nothing else, have classes");
  check_different(target.classes, "target '" + name + "'");
  if (target.kind != TargetKind::mask) return;
  const auto on = schema.inputs.find(target.on);
  if (on == schema.inputs.end() || on->second.form != Form::image)
    throw InputError("schema: mask '" + name + "' must be on an image input; it is on '" + target.on + "'");
  if (target.classes.size() > 254) throw InputError("schema: mask '" + name + "' has more than 254 classes");
}

Json to_json(const StoredInput& input) {
  Json json{{"form", form_names().at(input.form)}, {"modality", input.modality}, {"after_reading", input.after_reading}};
  if (!input.columns.empty()) json["columns"] = input.columns;
  json["max_rows"] = input.max_rows;
  if (!input.select.empty()) json["select"] = input.select;
  if (!input.ties.empty()) json["ties"] = input.ties;
  if (input.prior_of) json["prior_of"] = *input.prior_of;
  for (const auto& [column, rule] : input.rules) json["rules"][column] = config::write_json(rule);
  return json;
}

Json to_json(const StoredTarget& target) {
  Json json{{"kind", kind_names().at(target.kind)}};
  if (!target.classes.empty()) json["classes"] = target.classes;
  if (!target.on.empty()) json["on"] = target.on;
  if (!target.derived_from.empty()) json["derived_from"] = target.derived_from;
  return json;
}

StoredInput input_from_json(const std::string& name, const Json& json) {
  StoredInput input;
  input.form = from_name(form_names(), json.at("form").get<std::string>(), "form of input '" + name + "'");
  input.modality = json.at("modality").get<std::string>();
  input.after_reading = json.at("after_reading").get<bool>();
  input.columns = json.value("columns", std::vector<std::string>{});
  input.max_rows = json.at("max_rows").get<int64_t>();
  input.select = json.value("select", std::string{});
  input.ties = json.value("ties", std::string{});
  if (json.contains("prior_of")) input.prior_of = json["prior_of"].get<std::string>();
  if (json.contains("rules"))
    for (const auto& [column, rule] : json["rules"].items())
      input.rules[column] = config::read<ColumnConfig>(config::Document::parse(rule.dump(), "rules of " + name));
  return input;
}

StoredTarget target_from_json(const std::string& name, const Json& json) {
  StoredTarget target;
  target.kind = from_name(kind_names(), json.at("kind").get<std::string>(), "kind of target '" + name + "'");
  target.classes = json.value("classes", std::vector<std::string>{});
  target.on = json.value("on", std::string{});
  target.derived_from = json.value("derived_from", std::vector<std::string>{});
  return target;
}

}  // namespace

bool is_prior(const StoreSchema& schema, const std::string& input) {
  const auto found = schema.inputs.find(input);
  if (found == schema.inputs.end()) return false;
  return found->second.prior_of ? !found->second.prior_of->empty() : starts_with(input, "prior_");
}

Json to_json(const StoreSchema& schema) {
  Json json{{"inputs", Json::object()}, {"targets", Json::object()}};
  for (const auto& [name, input] : schema.inputs) json["inputs"][name] = to_json(input);
  for (const auto& [name, target] : schema.targets) json["targets"][name] = to_json(target);
  return json;
}

StoreSchema schema_from_json(const Json& json) {
  StoreSchema schema;
  try {
    for (const auto& [name, input] : json.at("inputs").items()) schema.inputs[name] = input_from_json(name, input);
    for (const auto& [name, target] : json.at("targets").items()) schema.targets[name] = target_from_json(name, target);
  } catch (const Json::exception& error) {
    throw InputError(std::string("schema: ") + error.what());
  } catch (const UsageError& error) {
    throw InputError(std::string("schema: ") + error.what());
  }
  check_schema(schema);
  return schema;
}

void check_schema(const StoreSchema& schema) {
  for (const auto& [name, input] : schema.inputs) check_input(name, input);
  for (const auto& [name, target] : schema.targets) check_target(name, target, schema);
}

}  // namespace chiasm
