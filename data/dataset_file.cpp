#include "data/dataset_file.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/label_map.h"
#include "data/select.h"

namespace chiasm {

using config::Visitor;

void fields(Visitor& v, SourceConfig& c) {
  v.field("dicom", c.dicom, "Folder of DICOM files. It lists studies: one an accession, or one a StudyInstanceUID where there is none.");
  v.field("csv", c.csv,
          "Table. It lists studies when it has `study`; else its rows are joined to studies by `key`, or `patient` and `date`.");
  v.field("jsonl", c.jsonl, "Table as JSON lines, one object a line; keys of nested objects are joined by '.'. Otherwise as a csv.");
  v.field("manifest", c.manifest, "Table with the columns patient,study,time,input,ref,reader,site; one row an item. It lists studies.");
  v.field("files", c.files,
          "Folder of files; a file's name without its ending is its study. It lists studies; the column of paths is `path`.");
  v.field("encoding", c.encoding, "Of the table: utf-8, latin-1, cp932 or any other name that iconv knows.");
  v.field("separator", c.separator, "Between cells: ',', ';' or 'tab'.", {.choices = {",", ";", "tab"}});
  v.field("key", c.key, "Column with the accession (of a DICOM study) or the study (of a table) that the row belongs to.");
  v.field("patient", c.patient, "Column of the patient.");
  v.field("study", c.study, "Column of the study: the table lists studies.");
  v.field("date", c.date, "Column of the date: to join by patient and date, to find priors, and to take the newest of several rows.");
  v.field("within_days", c.within_days, "Joined by patient and date: greatest distance to the study.", {.at_least = 0, .at_most = 3650});
  v.field("text", c.text, "Column of the text.");
  v.field("file", c.file, "Column of the path, or a pattern of columns such as \"png/{image_id}.png\".");
  v.field("folder", c.folder, "Where the table's paths start; default: the folder of the table.");
  v.field("many", c.many, "Several rows of one study: refuse it, take the newest, or concat their texts.",
          {.choices = {"refuse", "newest", "concat"}});
  v.field("site", c.site, "Code of the site, a subgroup. Choose one that identifies nobody.");
  v.field("site_column", c.site_column, "Column of the site's code.");
  v.field("facts", c.facts, "Subgroups: name to column. `age` becomes a band of ten years.");
  v.field("identity", c.identity, "Columns with names, numbers or addresses that must not remain in texts.");
  const int kinds = !c.dicom.empty() + !c.csv.empty() + !c.jsonl.empty() + !c.manifest.empty() + !c.files.empty();
  v.require(kinds == 1, "a source is exactly one of dicom, csv, jsonl, manifest and files");
  v.require(!c.is_table() || !c.key.empty() || !c.study.empty() || (!c.patient.empty() && !c.date.empty()),
            "rows of a table must belong to a study: give `key`, or `study`, or `patient` and `date`");
}

void fields(Visitor& v, InputConfig& c) {
  v.field("modality", c.modality, "ct, mr, xray, pet, image (any picture), text or table. A prior has that of its origin.",
          {.choices = {"ct", "mr", "xray", "pet", "image", "text", "table"}});
  v.field("source", c.source, "Name of the source; default: the only one that fits.");
  v.field("select", c.select,
          "Ordered rules that choose a series: original, axial, sagittal, coronal, thinnest, description~REGEX, kernel~REGEX, "
          "body_part~REGEX, view~REGEX, sequence~REGEX.");
  v.field("max_items", c.max_items, "Series, files or views a study may have.", {.at_least = 1, .at_most = 64});
  v.field("ties", c.ties, "More than max_items are left by the rules: refuse the input, or take the first.",
          {.choices = {"refuse", "first"}});
  v.field("prior_of", c.prior_of, "The same input of the newest earlier study of the patient.");
  v.field("within_days", c.within_days, "Greatest age of a prior.", {.at_least = 1, .at_most = 36500});
  v.field("section", c.section, "Section of the report: indication, technique, comparison, findings, impression, recommendation.",
          {.choices = {"", "indication", "technique", "comparison", "findings", "impression", "recommendation"}});
  v.field("available", c.available,
          "When the input can be known: at_acquisition, or after_reading of the images; default: after_reading for whole reports and their "
          "sections findings, impression and recommendation, else at_acquisition.",
          {.choices = {"", "at_acquisition", "after_reading"}});
  v.field("text", c.text, "Column of the text; default: that of the source.");
  v.field("file", c.file, "Column or pattern of the path; default: that of the source.");
  v.field("columns", c.columns, "Table: its columns by name.");
  v.require(c.modality.empty() != c.prior_of.empty(), "an input needs either a modality or prior_of");
  v.require(c.columns.empty() || c.modality == "table", "only a table has columns");
  v.require(c.modality != "table" || !c.columns.empty(), "a table needs columns");
  v.require(c.section.empty() || c.modality == "text", "only a text has a section");
  for (const std::string& rule : c.select) v.require(select_rule_mistake(rule).empty(), select_rule_mistake(rule));
}

void fields(Visitor& v, TargetConfig& c) {
  v.field("kind", c.kind, "labels or mask.", {.choices = {"labels", "mask"}});
  v.field("source", c.source, "Name of the source; default: the only table.");
  v.field("columns", c.columns, "Labels: columns, one a class.");
  v.field("classes", c.classes, "Names of the classes. Labels: default the columns; mask: names of the values 1, 2, ... of the file.");
  v.field("readers", c.readers, "Labels of one class: columns of several readers.");
  v.field("values", c.values,
          "Labels: cell to positive, negative, uncertain or missing; a key is a text, a number, a range such as \"<=0\", or blank. A blank "
          "cell is missing unless blank is a key. Mask: value of the file, or name or number of a DICOM segment or ROI, to class.");
  v.field("uncertain", c.uncertain, "What an uncertain label counts as.", {.choices = {"ignore", "positive", "negative"}});
  v.field("vote", c.vote, "Several readers: the majority (none at a tie), or the mean as a soft label.", {.choices = {"majority", "mean"}});
  v.field("of", c.of, "Mask: the image input it lies on.");
  v.field("file", c.file, "Mask: column or pattern of the path; default: that of the source.");
  v.field("object", c.object, "Mask from a DICOM tree: take segmentations (seg) or structure sets (rtstruct) alone; default: both.",
          {.choices = {"", "seg", "rtstruct"}});
  v.field(
      "absent", c.absent,
      "Mask from a DICOM object: a class that it does not draw is background, or unknown, so that nothing is learned from voxels outside "
      "of the drawn classes.",
      {.choices = {"background", "unknown"}});
  v.field("resample", c.resample,
          "Mask on another grid than its image: refuse it, or take the nearest voxels (of contours, the nearest plane).",
          {.choices = {"refuse", "nearest"}});
  v.field("derived_from", c.derived_from, "Inputs the target was made from: no task that predicts it may see them. [] says: from none.");
  const bool labels = c.kind == "labels";
  v.require(labels == c.of.empty(), labels ? "only a mask has `of`" : "a mask needs `of`: the image input it lies on");
  v.require(!labels || c.columns.empty() != c.readers.empty(), "labels need either columns or readers");
  v.require(labels || !c.classes.empty(), "a mask needs classes");
  v.require(!labels || !c.values.empty(), "labels need values: cell to positive, negative, uncertain or missing");
  v.require(!labels || c.classes.empty() || c.classes.size() == std::max<size_t>(c.columns.size(), 1),
            "labels need as many classes as columns");
  v.require(!labels || range_mistake(c.values).empty(), range_mistake(c.values));
  for (const auto& [cell, meaning] : c.values) {
    const std::vector<std::string> known = labels ? std::vector<std::string>{"positive", "negative", "uncertain", "missing"} : c.classes;
    v.require(std::find(known.begin(), known.end(), meaning) != known.end(),
              "value '" + cell + "' means '" + meaning + "'" + did_you_mean(meaning, known));
  }
}

namespace {

// As DICOM writes them (CS): capitals and digits.
bool is_modality_code(const std::string& code) {
  return code.size() >= 2 && code.size() <= 16 &&
         std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

}  // namespace

void fields(Visitor& v, DeidentifyConfig& c) {
  v.field("key", c.key, "File of 32 random bytes, readable by its owner only: pseudonyms and date shifts follow from it.");
  v.field("off", c.off, "Do not de-identify, and why, e.g. \"public, de-identified at origin\".");
  v.field("text_language", c.text_language, "Language of the texts (en, ja, de, ...); required where there are texts.");
  v.field("accept_language", c.accept_language, "Take texts in a language whose de-identification was not measured.");
  v.field("date_order", c.date_order, "Of dates such as 3/4/2021 in texts.", {.choices = {"mdy", "dmy"}});
  v.field(
      "faces", c.faces,
      "Head CT and MR, which may show a face: flag them, deface them (what lies in front of the brain and below it becomes air; an image "
      "whose face cannot be removed with certainty is refused), or refuse them. deface also looks for a face in CT and MR whose header "
      "does not tell the part of the body, such as NIfTI files.",
      {.choices = {"flag", "deface", "refuse"}});
  v.field(
      "burned_in", c.burned_in,
      "Images that may hold text in their pixels: refuse or accept them; ocr: read them with the program tesseract, refuse those with a "
      "word "
      "and take the others; blank: fill the words with the least value, read again, and refuse what still holds a word. DICOM images at "
      "risk "
      "are those that declare it, and, unless they declare that there is none, secondary captures, screen captures, and modalities of "
      "video, "
      "light and paper (US, ES, XC, SC, OT, ...). Pictures of PNG, JPEG and TIFF files have no header: ocr and blank read them, refuse and "
      "accept take them.",
      {.choices = {"refuse", "accept", "ocr", "blank"}});
  v.field("burned_in_modalities", c.burned_in_modalities,
          "Further DICOM modalities of which that is feared, such as [CR, DX] where labels are printed on radiographs.");
  v.field("linkage", c.linkage, "Write this table (mode 0600) that maps pseudonyms back to the archive. Keep it away from the store.");
  for (const std::string& code : c.burned_in_modalities)
    v.require(is_modality_code(code), "burned_in_modalities: '" + code + "' is no DICOM modality; write codes such as CR or DX");
  v.require(c.key.empty() != c.off.empty(), "say how to de-identify: `key: FILE`, or `off: REASON` for data without identities");
}

void fields(Visitor& v, SplitRuleConfig& c) {
  v.field("by", c.by, "What is never on two sides of a split.", {.choices = {"patient"}});
  v.field(
      "test_from", c.test_from,
      "Date: studies from then on get the fact period=later, the others period=earlier; chiasm split makes the later ones its test part.");
}

namespace {

bool is_image(const std::string& modality) { return modality != "text" && modality != "table"; }

std::vector<std::string> names_of(const auto& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.first);
  return names;
}

void require_input(Visitor& v, const DatasetFile& c, const std::string& name, const InputConfig& input) {
  const std::string where = "input '" + name + "'";
  if (!input.prior_of.empty()) {
    const auto origin = c.inputs.find(input.prior_of);
    v.require(origin != c.inputs.end() && origin->second.prior_of.empty(), where + " is a prior of '" + input.prior_of +
                                                                               "', which is not an input with a modality" +
                                                                               did_you_mean(input.prior_of, names_of(c.inputs)));
    return;
  }
  const std::string source = source_of(c, input);
  const auto found = c.sources.find(source);
  v.require(found != c.sources.end(), source.empty()
                                          ? where + " needs a source; known: " + join(names_of(c.sources), ", ")
                                          : where + ": unknown source '" + source + "'" + did_you_mean(source, names_of(c.sources)));
  if (found == c.sources.end()) return;
  const SourceConfig& from = found->second;
  v.require(from.dicom.empty() || is_image(input.modality), where + ": a DICOM tree gives images only");
  if (!from.is_table()) return;
  if (input.modality == "text")
    v.require(!(input.text + from.text + input.file + from.file).empty(), where + ": say which column holds the text (`text:` or `file:`)");
  else if (input.modality != "table")
    v.require(!(input.file + from.file).empty(), where + ": say which column holds the path (`file:`)");
}

void require_target(Visitor& v, const DatasetFile& c, const std::string& name, const TargetConfig& target) {
  const std::string where = "target '" + name + "'";
  const std::string source = source_of(c, target);
  const auto found = c.sources.find(source);
  const bool mask = target.kind == "mask";
  v.require(found != c.sources.end() && (mask || found->second.dicom.empty()),
            where + (mask ? " needs a source" : " needs a source that is a table or files") + did_you_mean(source, names_of(c.sources)));
  const auto on = c.inputs.find(target.of);
  if (mask)
    v.require(on != c.inputs.end() && is_image(origin_of(c, on->second).modality),
              where + " lies on '" + target.of + "', which is not an image input" + did_you_mean(target.of, names_of(c.inputs)));
  if (mask && found != c.sources.end() && found->second.is_table())
    v.require(!(target.file + found->second.file).empty(), where + ": say which column holds the path (`file:`)");
  const bool texts = std::any_of(c.inputs.begin(), c.inputs.end(), [](const auto& input) { return input.second.modality == "text"; });
  v.require(mask || !texts || target.derived_from.has_value(),
            where + ": say which inputs it was made from (`derived_from: []` when from none), so that no task learns from them");
  for (const std::string& input : target.derived_from.value_or(std::vector<std::string>{}))
    v.require(c.inputs.count(input) > 0,
              where + " is derived from '" + input + "', which is not an input" + did_you_mean(input, names_of(c.inputs)));
  v.require(c.inputs.count(name) == 0, "'" + name + "' is both an input and a target; rename one");
}

}  // namespace

void fields(Visitor& v, DatasetFile& c) {
  v.field("name", c.name, "Name of the data set.");
  v.field("sources", c.sources, "Where the data lies, by name.", {.required = true});
  v.field("inputs", c.inputs, "What a model may see, by name.", {.required = true});
  v.field("targets", c.targets, "What a model may predict, by name.");
  v.field("deidentify", c.deidentify, "How identities are removed.", {.required = true});
  v.field("split", c.split, "Rule for the parts.");
  for (const auto& [name, input] : c.inputs) require_input(v, c, name, input);
  for (const auto& [name, target] : c.targets) require_target(v, c, name, target);
  const bool texts = std::any_of(c.inputs.begin(), c.inputs.end(), [](const auto& input) { return input.second.modality == "text"; });
  v.require(!texts || !c.deidentify.off.empty() || !c.deidentify.text_language.empty(),
            "deidentify: there are texts; say their text_language");
}

std::filesystem::path DatasetFile::resolve(const std::string& relative) const { return (path.parent_path() / relative).lexically_normal(); }

DatasetFile load_dataset(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  auto dataset = config::read<DatasetFile>(config::Document::load(path, overrides));
  dataset.path = std::filesystem::absolute(path).lexically_normal();
  if (dataset.name.empty()) dataset.name = path.stem().string();
  schema_of(dataset);
  return dataset;
}

std::string source_of(const DatasetFile& dataset, const InputConfig& input) {
  if (!input.source.empty()) return input.source;
  if (dataset.sources.size() == 1) return dataset.sources.begin()->first;
  std::string only;
  for (const auto& [name, source] : dataset.sources) {
    if (source.dicom.empty() == is_image(input.modality)) continue;
    if (!only.empty()) return "";
    only = name;
  }
  return only;
}

std::string source_of(const DatasetFile& dataset, const TargetConfig& target) {
  InputConfig table;
  table.modality = "table";
  table.source = target.source;
  return source_of(dataset, table);
}

const InputConfig& origin_of(const DatasetFile& dataset, const InputConfig& input) {
  const auto origin = dataset.inputs.find(input.prior_of);
  return origin == dataset.inputs.end() ? input : origin->second;
}

std::vector<std::string> classes_of(const std::string& name, const TargetConfig& target) {
  if (!target.classes.empty()) return target.classes;
  return target.columns.empty() ? std::vector<std::string>{name} : target.columns;
}

namespace {

Form form_of(const std::string& modality) {
  if (modality == "text") return Form::text;
  return modality == "table" ? Form::table : Form::image;
}

// Whole reports hold their findings.
bool written_by_reader(const InputConfig& input) {
  if (input.modality != "text") return false;
  return input.section != "indication" && input.section != "technique" && input.section != "comparison";
}

StoredInput stored(const DatasetFile& dataset, const InputConfig& input) {
  const InputConfig& origin = origin_of(dataset, input);
  StoredInput result;
  result.form = form_of(origin.modality);
  result.modality = origin.modality;
  result.after_reading = input.available.empty() ? written_by_reader(origin) : input.available == "after_reading";
  for (const auto& column : origin.columns) result.columns.push_back(column.first);
  result.max_rows = origin.max_items;
  result.select = write_select(origin.select);
  if (result.form == Form::image) result.ties = origin.ties;
  result.prior_of = input.prior_of;
  result.rules = origin.columns;
  for (auto& entry : result.rules) entry.second.from = entry.second.time = "";  // of the table that was read once
  return result;
}

}  // namespace

StoreSchema schema_of(const DatasetFile& dataset) {
  StoreSchema schema;
  for (const auto& [name, input] : dataset.inputs) schema.inputs[name] = stored(dataset, input);
  for (const auto& [name, target] : dataset.targets) {
    StoredTarget& result = schema.targets[name];
    result.kind = target.kind == "mask" ? TargetKind::mask : TargetKind::labels;
    result.classes = classes_of(name, target);
    result.on = target.of;
    result.derived_from = target.derived_from.value_or(std::vector<std::string>{});
  }
  check_schema(schema);
  return schema;
}

}  // namespace chiasm
