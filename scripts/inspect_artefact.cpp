#include "scripts/inspect_artefact.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

constexpr size_t longest_list = 64;

struct Artefact {
  const char* kind;
  const char* described_by;  // the file that makes a folder this kind
  const char* also;          // must stand beside it
};

// Most specific first: a run holds checkpoints, a bundle holds a configuration.
constexpr Artefact artefacts[] = {{"bundle", "io_contract.json", "io_contract.json"},
                                  {"checkpoint", "MANIFEST.json", "state.json"},
                                  {"run", "run.json", "config.yaml"},
                                  {"store", "dataset.json", "dataset.json"}};

// Long lists (digests of patients, studies) count, they do not list.
Json shortened(const Json& value) {
  if (value.is_array() && value.size() > longest_list) return Json{{"count", value.size()}};
  if (!value.is_object()) return value;
  Json result = Json::object();
  for (const auto& [name, entry] : value.items()) result[name] = shortened(entry);
  return result;
}

void add_facts(const fs::path& path, Json& json) {
  const Json facts = read_json(path);
  if (!facts.is_object()) throw InputError(path.string() + ": not a JSON object");
  for (const auto& [name, value] : facts.items())
    if (name != "format" && !json.contains(name)) json[name] = shortened(value);
}

Json list_of(const fs::path& folder, const std::string& what) {
  std::vector<std::string> names;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (starts_with(entry.path().filename().string(), what)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Json sizes_of(const fs::path& folder) {
  Json files = Json::object();
  for (const fs::path& file : list_files(folder)) files[fs::relative(file, folder).string()] = fs::file_size(file);
  return files;
}

}  // namespace

std::optional<Json> describe_artefact(const fs::path& folder) {
  if (!fs::is_directory(folder)) return std::nullopt;
  for (const Artefact& artefact : artefacts) {
    const fs::path description = folder / artefact.described_by;
    if (!fs::is_regular_file(description) || !fs::is_regular_file(folder / artefact.also)) continue;
    const std::string kind = artefact.kind;
    const Json source = read_json(description);
    Json json{{"kind", kind},
              {"path", folder.string()},
              {"format_version", source.is_object() ? source.value("format_version", Json()) : Json()}};
    add_facts(description, json);
    if (kind == "store" && fs::is_regular_file(folder / "deid.json")) json["deidentified"] = shortened(read_json(folder / "deid.json"));
    if (kind == "checkpoint") add_facts(folder / "state.json", json);
    if (kind == "run") {
      json["checkpoints"] = list_of(folder / "checkpoints", "step_");
      json["evaluated"] = fs::is_regular_file(folder / "metrics.json");
    }
    if (kind == "bundle") json["files"] = sizes_of(folder);
    return json;
  }
  return std::nullopt;
}

}  // namespace chiasm
