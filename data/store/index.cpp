#include "data/store/index.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/csv.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace chiasm::store {

namespace {

std::string label_column(const std::string& target, const std::string& name) { return "label." + target + "." + name; }

std::vector<std::string> fact_names(const std::vector<PlacedEntry>& entries) {
  std::set<std::string> names;
  for (const PlacedEntry& placed : entries)
    for (const auto& [name, value] : placed.entry.facts) names.insert(name);
  return {names.begin(), names.end()};
}

std::vector<std::string> header_of(const StoreSchema& schema, const std::vector<std::string>& facts, bool lengths) {
  std::vector<std::string> header{"study", "patient", "shard", "position", "bytes"};
  for (const auto& [name, input] : schema.inputs) header.push_back("input." + name);
  for (const auto& [name, input] : schema.inputs)
    if (lengths && input.form == Form::text) header.push_back("length." + name);
  for (const auto& [name, target] : schema.targets) {
    if (target.kind == TargetKind::mask) header.push_back("mask." + name);
    if (target.kind == TargetKind::labels)
      for (const std::string& label : target.classes) header.push_back(label_column(name, label));
  }
  for (const std::string& name : facts) header.push_back("fact." + name);
  return header;
}

std::vector<std::string> row_of(const PlacedEntry& placed, const StoreSchema& schema, const std::vector<std::string>& facts, bool lengths) {
  const StudyEntry& entry = placed.entry;
  std::vector<std::string> row{entry.study, entry.patient, placed.shard, std::to_string(placed.position), std::to_string(placed.bytes)};
  for (const auto& [name, input] : schema.inputs) {
    const auto found = entry.inputs.find(name);
    row.push_back(found == entry.inputs.end() ? "" : std::to_string(found->second));
  }
  for (const auto& [name, input] : schema.inputs) {
    if (!lengths || input.form != Form::text) continue;
    const auto found = entry.lengths.find(name);
    row.push_back(found == entry.lengths.end() ? "" : std::to_string(found->second));
  }
  for (const auto& [name, target] : schema.targets) {
    if (target.kind == TargetKind::mask)
      row.push_back(std::find(entry.masks.begin(), entry.masks.end(), name) == entry.masks.end() ? "" : "1");
    if (target.kind != TargetKind::labels) continue;
    const auto found = entry.labels.find(name);
    for (size_t i = 0; i < target.classes.size(); ++i) {
      const bool known = found != entry.labels.end() && !std::isnan(found->second[i]);
      row.push_back(known ? format_number(found->second[i]) : "");
    }
  }
  for (const std::string& name : facts) {
    const auto found = entry.facts.find(name);
    row.push_back(found == entry.facts.end() ? "" : found->second);
  }
  return row;
}

int64_t integer_cell(const std::string& cell) {
  const auto value = parse_integer(cell);
  if (!value || *value < 0) throw InputError("index.csv: '" + cell + "' is not a count");
  return *value;
}

std::vector<double> label_cells(const Csv& csv, const std::vector<std::string>& row, const std::string& target,
                                const StoredTarget& stored) {
  std::vector<double> values;
  for (const std::string& label : stored.classes) {
    const std::string& cell = row[static_cast<size_t>(csv.at(label_column(target, label)))];
    values.push_back(cell.empty() ? std::numeric_limits<double>::quiet_NaN() : parse_number(cell).value_or(-1));
    if (values.back() < 0) throw InputError("index.csv: '" + cell + "' is not a label");
  }
  return values;
}

PlacedEntry parse_row(const Csv& csv, const std::vector<std::string>& row, const StoreSchema& schema) {
  const auto cell = [&](const std::string& column) { return row[static_cast<size_t>(csv.at(column))]; };
  PlacedEntry placed;
  StudyEntry& entry = placed.entry;
  entry.study = cell("study");
  entry.patient = cell("patient");
  placed.shard = cell("shard");
  placed.position = integer_cell(cell("position"));
  placed.bytes = integer_cell(cell("bytes"));
  for (const auto& [name, input] : schema.inputs)
    if (const std::string rows = cell("input." + name); !rows.empty()) entry.inputs[name] = integer_cell(rows);
  for (const auto& [name, target] : schema.targets) {
    if (target.kind == TargetKind::mask && !cell("mask." + name).empty()) entry.masks.push_back(name);
    if (target.kind != TargetKind::labels) continue;
    const auto values = label_cells(csv, row, name, target);
    if (std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); })) entry.labels[name] = values;
  }
  for (size_t i = 0; i < csv.header.size(); ++i)
    if (starts_with(csv.header[i], "length.") && !row[i].empty()) entry.lengths[csv.header[i].substr(7)] = integer_cell(row[i]);
  for (size_t i = 0; i < csv.header.size(); ++i)
    if (starts_with(csv.header[i], "fact.") && !row[i].empty()) entry.facts[csv.header[i].substr(5)] = row[i];
  return placed;
}

Json counts_of(const Catalogue& catalogue) {
  std::map<std::string, int64_t> studies, rows, masks;
  std::map<std::string, std::map<std::string, std::array<int64_t, 2>>> labels;
  std::set<std::string> patients;
  for (const PlacedEntry& placed : catalogue.entries) {
    patients.insert(placed.entry.patient);
    for (const auto& [name, count] : placed.entry.inputs) ++studies[name], rows[name] += count;
    for (const std::string& name : placed.entry.masks) ++masks[name];
    for (const auto& [name, values] : placed.entry.labels)
      for (size_t i = 0; i < values.size(); ++i) {
        auto& count = labels[name][catalogue.schema.targets.at(name).classes[i]];
        if (!std::isnan(values[i])) ++count[0], count[1] += values[i] > 0.5;
      }
  }
  Json json{{"patients", patients.size()}, {"inputs", Json::object()}, {"labels", Json::object()}, {"masks", Json::object()}};
  for (const auto& [name, input] : catalogue.schema.inputs) json["inputs"][name] = {{"studies", studies[name]}, {"rows", rows[name]}};
  for (const auto& [name, classes] : labels)
    for (const auto& [label, count] : classes) json["labels"][name][label] = {{"known", count[0]}, {"positive", count[1]}};
  for (const auto& [name, target] : catalogue.schema.targets)
    if (target.kind == TargetKind::mask) json["masks"][name] = masks[name];
  return json;
}

std::string data_digest(const Catalogue& catalogue, const std::string& index_sha256) {
  Sha256 digest;
  digest.add("chiasm.store " + std::to_string(catalogue.format_version) + "\n" + to_json(catalogue.schema).dump() + "\n");
  for (const ShardInfo& shard : catalogue.shards) digest.add(shard.file + " " + shard.sha256 + "\n");
  digest.add("index.csv " + index_sha256 + "\n");
  return hex(digest.finish());
}

Json dataset_json(const Catalogue& catalogue, const std::string& index_sha256) {
  Json shards = Json::array();
  for (const ShardInfo& shard : catalogue.shards)
    shards.push_back({{"file", shard.file}, {"sha256", shard.sha256}, {"bytes", shard.bytes}, {"studies", shard.studies}});
  return {{"format", "chiasm.store"},       {"format_version", catalogue.format_version}, {"schema", to_json(catalogue.schema)},
          {"counts", counts_of(catalogue)}, {"studies", catalogue.entries.size()},        {"shards", shards},
          {"index_sha256", index_sha256},   {"data_sha256", catalogue.data_sha256}};
}

// dataset.json as a document of the right format and version.
Json read_dataset(const fs::path& folder) {
  const fs::path path = folder / "dataset.json";
  if (!fs::exists(path)) {
    if (fs::exists(folder / "shards")) throw InputError(folder.string() + ": the store is not finished; run the same ingest again");
    throw InputError(folder.string() + ": not a store (no dataset.json)");
  }
  const Json json = read_json(path);
  check_format(json, path, "chiasm.store", kFormatVersion);
  return json;
}

void read_shards(const Json& json, Catalogue& catalogue) {
  for (const Json& shard : json.at("shards")) {
    ShardInfo info{shard.at("file").get<std::string>(), shard.at("sha256").get<std::string>(), shard.at("bytes").get<int64_t>(),
                   shard.at("studies").get<int64_t>()};
    if (!starts_with(info.file, "shards/") || info.file.find("..") != std::string::npos)
      throw InputError("shard '" + info.file + "' lies outside the store");
    catalogue.shards.push_back(std::move(info));
  }
}

}  // namespace

std::string index_csv(const Catalogue& catalogue) {
  const auto facts = fact_names(catalogue.entries);
  const bool lengths = catalogue.format_version >= 2;
  std::string csv = csv_line(header_of(catalogue.schema, facts, lengths));
  for (const PlacedEntry& placed : catalogue.entries) csv += csv_line(row_of(placed, catalogue.schema, facts, lengths));
  return csv;
}

StoreSchema load_schema(const fs::path& folder) {
  const Json json = read_dataset(folder);
  if (!json.contains("schema")) throw InputError((folder / "dataset.json").string() + ": no schema");
  return schema_from_json(json["schema"]);
}

Catalogue load_catalogue(const fs::path& folder) {
  const Json json = read_dataset(folder);
  Catalogue catalogue;
  const std::string index = read_file(folder / "index.csv");
  try {
    catalogue.format_version = json.at("format_version").get<int>();
    catalogue.schema = schema_from_json(json.at("schema"));
    read_shards(json, catalogue);
    catalogue.data_sha256 = json.at("data_sha256").get<std::string>();
    if (sha256_hex(index) != json.at("index_sha256").get<std::string>())
      throw InputError("index.csv is damaged: its SHA-256 is not the one in dataset.json");
    if (catalogue.data_sha256 != data_digest(catalogue, sha256_hex(index)))
      throw InputError("dataset.json is damaged: data_sha256 does not follow from schema, shards and index");
  } catch (const Json::exception& error) {
    throw InputError(folder.string() + ": dataset.json is damaged: " + error.what());
  } catch (const InputError& error) {
    throw InputError(folder.string() + ": " + error.what());
  }
  const Csv csv = parse_csv(index, (folder / "index.csv").string());
  for (const auto& row : csv.rows) catalogue.entries.push_back(parse_row(csv, row, catalogue.schema));
  if (dataset_json(catalogue, sha256_hex(index)) != json)
    throw InputError(folder.string() + ": dataset.json is damaged: it does not follow from the index");
  return catalogue;
}

void publish(Catalogue& catalogue, const fs::path& folder) {
  std::sort(catalogue.shards.begin(), catalogue.shards.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  std::sort(catalogue.entries.begin(), catalogue.entries.end(), [](const auto& a, const auto& b) { return a.entry.study < b.entry.study; });
  const std::string index = index_csv(catalogue);
  const std::string index_sha256 = sha256_hex(index);
  catalogue.data_sha256 = data_digest(catalogue, index_sha256);
  write_file_atomic(folder / "index.csv", index);
  write_json(folder / "dataset.json", dataset_json(catalogue, index_sha256));
}

}  // namespace chiasm::store
