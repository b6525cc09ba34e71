#include "data/scan_sources.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/annotation.h"
#include "data/encoding.h"
#include "data/image_file.h"
#include "data/jsonl.h"
#include "data/table.h"

namespace chiasm::scanning {

std::string Table::cell(size_t row, const std::string& column) const { return trim(csv.rows[row][static_cast<size_t>(csv.at(column))]); }

namespace {

// Columns of a pattern such as "png/{image_id}.png"; a name without braces is a column itself.
std::vector<std::string> pattern_columns(const std::string& file) {
  if (file.find('{') == std::string::npos) return {file};
  std::vector<std::string> columns;
  for (size_t open = file.find('{'); open != std::string::npos; open = file.find('{', open + 1)) {
    const size_t close = file.find('}', open);
    if (close == std::string::npos) throw UsageError("the pattern '" + file + "' has an open '{'");
    columns.push_back(file.substr(open + 1, close - open - 1));
  }
  return columns;
}

}  // namespace

fs::path Table::path(size_t row, const std::string& file) const {
  std::string name = file;
  for (const std::string& column : pattern_columns(file)) {
    const std::string value = cell(row, column);
    if (value.empty()) return {};
    name = name == column ? value : replace_all(name, "{" + column + "}", value);
  }
  return (folder / name).lexically_normal();
}

namespace {

void require_columns(const Table& table, std::vector<std::string> columns) {
  for (const std::string& column : columns)
    if (!column.empty()) table.csv.at(column);
}

// Every column that the file names, so that a wrong name is told at once.
void check_columns(const DatasetFile& dataset, const Table& table) {
  const SourceConfig& c = table.config;
  require_columns(table, {c.key, c.patient, c.study, c.date, c.text, c.site_column});
  require_columns(table, c.identity);
  for (const auto& fact : c.facts) require_columns(table, {fact.second});
  if (!c.file.empty()) require_columns(table, pattern_columns(c.file));
  for (const auto& [name, input] : dataset.inputs) {
    if (!input.prior_of.empty() || source_of(dataset, input) != table.name) continue;
    require_columns(table, needed_columns(input));
    require_columns(table, {input.text});
    if (!input.file.empty()) require_columns(table, pattern_columns(input.file));
  }
  for (const auto& [name, target] : dataset.targets) {
    if (source_of(dataset, target) != table.name) continue;
    require_columns(table, needed_columns(target));
    if (!target.file.empty()) require_columns(table, pattern_columns(target.file));
  }
}

Table read_table(const DatasetFile& dataset, const std::string& name, const SourceConfig& config) {
  const fs::path path = dataset.resolve(config.csv.empty() ? config.jsonl : config.csv);
  const char separator = config.separator == "tab" ? '\t' : config.separator[0];
  const std::string text = to_utf8(read_file(path), config.encoding, path.string());
  Table table{
      name, config, config.csv.empty() ? parse_jsonl(text, path.string()) : parse_csv(text, path.string(), separator), path.parent_path(),
      {},   {}};
  if (!config.folder.empty()) table.folder = dataset.resolve(config.folder);
  if (table.csv.rows.empty()) throw InputError(path.string() + ": the table of source '" + name + "' has no rows");
  check_columns(dataset, table);
  return table;
}

// Name without the endings of a file kind; empty when it is none that is read.
std::string stem_of(const std::string& file) {
  std::vector<std::string> endings = image_endings();
  endings.insert(endings.end(), {".dcm", ".txt"});
  for (const std::string& ending : endings)
    if (ends_with(lower(file), ending) && file[0] != '.') return file.substr(0, file.size() - ending.size());
  return "";
}

Table list_table(const DatasetFile& dataset, const std::string& name, SourceConfig config) {
  const fs::path root = dataset.resolve(config.files);
  config.study = "study";
  config.file = "path";
  Table table{name, config, {{"study", "path"}, {}}, root, {}, {}};
  for (const fs::path& path : list_files(root))
    if (const std::string stem = stem_of(path.filename().string()); !stem.empty())
      table.csv.rows.push_back({stem, path.lexically_relative(root).string()});
  if (table.csv.rows.empty())
    throw InputError(root.string() + ": source '" + name + "' has no files (nii, nii.gz, nrrd, npz, npy, png, jpg, tif, dcm, txt)");
  return table;
}

std::string shown(const DatasetFile& dataset, const fs::path& path) { return path.lexically_relative(dataset.path.parent_path()).string(); }

// Series into `sources.groups`, what is drawn on series into `sources.drawn`, the rest into the refusals.
void read_tree(const DatasetFile& dataset, const std::string& name, const SourceConfig& config, int threads, Sources& sources,
               ScanResult& result) {
  const fs::path root = dataset.resolve(config.dicom);
  if (!fs::exists(root)) throw InputError(root.string() + ": source '" + name + "' is not there");
  dicom::ShelvedTree tree = dicom::shelve_tree(root, threads);
  result.funnel.count(name, "found", "", tree.files);
  for (dicom::Header& drawn : tree.drawn) sources.drawn[name].push_back(std::make_shared<const dicom::Header>(std::move(drawn)));
  for (const dicom::ScannedFile& file : tree.not_images)
    result.refusals.push_back({"", name, shown(dataset, file.path), file.code.empty() ? "NO_IMAGE" : file.code,
                               file.code.empty() ? "the object holds no image" : file.detail});
  result.funnel.count(name, "matched", "", tree.files - static_cast<int64_t>(tree.not_images.size()));
  sources.groups[name] = std::move(tree.groups);
}

}  // namespace

Sources read_sources(const DatasetFile& dataset, int threads, ScanResult& result) {
  Sources sources;
  for (const auto& [name, config] : dataset.sources) {
    sources.sites[name] = config.site;
    if (config.is_table()) sources.tables.emplace(name, read_table(dataset, name, config));
    if (!config.files.empty()) sources.tables.emplace(name, list_table(dataset, name, config));
    if (!config.manifest.empty()) sources.manifests[name] = read_manifest(dataset.resolve(config.manifest));
  }
  for (const auto& [name, config] : dataset.sources)
    if (!config.dicom.empty()) read_tree(dataset, name, config, threads, sources, result);
  return sources;
}

}  // namespace chiasm::scanning
