#include "scripts/gather_study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/image_file.h"
#include "data/select.h"
#include "data/table.h"

namespace chiasm {
namespace {

void require_one_patient(const std::vector<dicom::ScannedFile>& files) {
  std::set<std::string> patients;
  for (const auto& file : files)
    if (file.header && file.header->image) patients.insert(file.header->issuer + "\n" + file.header->patient_id);
  if (patients.size() > 1)
    throw Refused("TWO_PATIENTS",
                  "the input holds images of " + std::to_string(patients.size()) + " patients; give one study of one patient");
}

// Series of one input from two visits would be taken for one.
void require_one_study(const std::string& name, const std::vector<dicom::Group>& groups, const std::vector<size_t>& fitting) {
  std::set<std::string> studies;
  for (const size_t i : fitting) studies.insert(groups[i].headers.front().study_uid);
  if (studies.size() > 1)
    throw Refused("SEVERAL_STUDIES", "input '" + name + "' has series of " + std::to_string(studies.size()) +
                                         " studies; give the images of one study (and earlier ones by --image)");
}

// Voxels along every axis; of a picture its height and width.
void check_size(const std::string& name, const Size3& size, const Json& item) {
  if (!item.contains("size_range")) return;
  const int64_t low = item["size_range"][0], high = item["size_range"][1];
  for (size_t axis = size[0] == 1 ? 1 : 0; axis < 3; ++axis)
    if (size[axis] < low || size[axis] > high)
      throw Refused("OUTSIDE_CONTRACT", "input '" + name + "' has " + std::to_string(size[axis]) +
                                            " voxels along an axis; the contract is " + std::to_string(low) + " to " +
                                            std::to_string(high));
}

void check_contract(const std::string& name, const Volume& volume, const Json& contract) {
  const Json& item = contract.at("inputs").at(name);
  const std::string modality = item.at("modality");
  if (volume.modality != modality && volume.modality != "image")
    throw Refused("OUTSIDE_CONTRACT", "input '" + name + "' must be " + modality + ", not " + volume.modality);
  const bool planar = volume.size[0] == 1, wants_planar = item.at("model_size")[0] == 1;
  if (planar != wants_planar)
    throw Refused("OUTSIDE_CONTRACT",
                  "input '" + name + "' must be a " + (wants_planar ? "picture, not a volume" : "volume, not a picture"));
  check_size(name, volume.size, item);
  if (planar || !item.contains("spacing_mm_range")) return;
  const double low = item["spacing_mm_range"][0], high = item["spacing_mm_range"][1];
  for (const double spacing : spacing_mm(volume))
    if (spacing < low || spacing > high)
      throw Refused("OUTSIDE_CONTRACT", "input '" + name + "' has a voxel spacing of " + fixed(spacing, 3) + " mm; the contract is " +
                                            format_number(low) + " to " + format_number(high) + " mm");
}

// What the data set refused is refused here: the model never saw a choice among equals.
void require_no_tie(const std::string& name, const StoredInput& rule, const std::vector<SeriesFacts>& facts) {
  try {
    choose_series(parse_select(rule.select), facts, rule.max_rows, rule.ties);
  } catch (const Refused& refused) {
    throw Refused(refused.code, "input '" + name + "': " + refused.detail + "; give fewer series");
  }
}

// The series of one input: candidates of its modality in the order of the written rules, at most `max_rows` that can be read.
void add_series(GatheredStudy& study, const std::string& name, const std::vector<dicom::Group>& groups, const Trained& bundle,
                const Json& contract) {
  const InputSpec& spec = bundle.preprocess.inputs.at(name);
  const auto stored = bundle.preprocess.schema.inputs.find(name);
  std::vector<size_t> fitting;
  std::vector<SeriesFacts> facts;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!is_modality(spec.modality, groups[i].modality) || !unfit_code(groups[i]).empty()) continue;
    fitting.push_back(i);
    facts.push_back(facts_of(groups[i]));
  }
  require_one_study(name, groups, fitting);
  const StoredInput rule = stored == bundle.preprocess.schema.inputs.end() ? StoredInput{} : stored->second;
  if (rule.ties == "refuse") require_no_tie(name, rule, facts);
  for (const size_t chosen : apply_select(parse_select(rule.select), facts)) {
    auto& items = study.record.inputs[name];
    if (static_cast<int64_t>(items.size()) >= spec.max_rows) break;
    dicom::ReadResult read = dicom::read_group(groups[fitting[chosen]]);
    if (!read.volume) {
      study.notes.push_back(name + ": " + read.code + ", " + read.detail);
      continue;
    }
    check_contract(name, *read.volume, contract);
    if (items.empty()) study.source[name] = read.group.headers;
    StudyItem item;
    item.volume = std::move(*read.volume);
    items.push_back(std::move(item));
  }
  if (study.record.inputs[name].empty()) study.record.inputs.erase(name);
}

std::pair<std::string, std::string> name_and_value(const std::string& argument, const std::string& option) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos) throw UsageError(option + " '" + argument + "': write NAME=VALUE");
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

const InputSpec& spec_of(const Trained& bundle, const std::string& name, Form form, const std::string& option) {
  std::vector<std::string> known;
  for (const auto& [input, spec] : bundle.preprocess.inputs)
    if (spec.form == form) known.push_back(input);
  const auto found = bundle.preprocess.inputs.find(name);
  if (found == bundle.preprocess.inputs.end() || found->second.form != form)
    throw UsageError(option + ": no such input '" + name + "'" + did_you_mean(name, known));
  return found->second;
}

// Of the data set that the model was trained on; a plain number in bundles that carry no rules.
ColumnConfig rule_of(const Trained& bundle, const std::string& input, const std::string& column) {
  const auto stored = bundle.preprocess.schema.inputs.find(input);
  if (stored == bundle.preprocess.schema.inputs.end()) return {};
  const auto rule = stored->second.rules.find(column);
  return rule == stored->second.rules.end() ? ColumnConfig{} : rule->second;
}

}  // namespace

GatheredStudy gather_dicom(const std::string& path, const Trained& bundle, const Json& contract) {
  if (!fs::exists(path)) throw UsageError("input '" + path + "' does not exist");
  const std::vector<dicom::ScannedFile> files = dicom::scan_tree(path, available_cores());
  require_one_patient(files);
  GatheredStudy study;
  study.record.study = "study_" + base32(sha256(fs::absolute(path).lexically_normal().string()), 10);
  const std::vector<dicom::Group> groups = dicom::group_files(files);
  for (const auto& [name, item] : contract.at("inputs").items())
    if (bundle.preprocess.inputs.at(name).form == Form::image && !is_prior(bundle.preprocess.schema, name))
      add_series(study, name, groups, bundle, contract);
  return study;
}

void add_images(GatheredStudy& study, const std::vector<std::string>& images, const Trained& bundle, const Json& contract) {
  for (const std::string& argument : images) {
    const auto [name, path] = name_and_value(argument, "--image");
    const InputSpec& spec = spec_of(bundle, name, Form::image, "--image");
    StudyItem item;
    item.volume = read_image_file(path);
    item.volume.modality = spec.modality;
    check_contract(name, item.volume, contract);
    study.record.inputs[name].push_back(std::move(item));
  }
}

void add_texts(GatheredStudy& study, const std::vector<std::string>& texts, const Trained& bundle) {
  for (const std::string& argument : texts) {
    auto [name, value] = name_and_value(argument, "--text");
    spec_of(bundle, name, Form::text, "--text");
    StudyItem item;
    item.text = starts_with(value, "@") ? read_file(value.substr(1)) : value;
    study.record.inputs[name] = {item};
  }
}

void add_clinical(GatheredStudy& study, const Csv& table, const std::string& path, const Trained& bundle) {
  const int key = table.at("study");
  const auto row =
      std::find_if(table.rows.begin(), table.rows.end(), [&](const auto& cells) { return cells[static_cast<size_t>(key)] == path; });
  if (row == table.rows.end()) return;
  for (const auto& [name, spec] : bundle.preprocess.inputs) {
    if (spec.form == Form::text && table.find(name) >= 0 && !(*row)[static_cast<size_t>(table.find(name))].empty()) {
      StudyItem item;
      item.text = (*row)[static_cast<size_t>(table.find(name))];
      study.record.inputs[name] = {item};
    }
    if (spec.form != Form::table) continue;
    StudyItem item;
    bool any = false;
    for (const std::string& column : spec.columns) {
      const int at = table.find(column);
      const std::string cell = at < 0 ? std::string() : (*row)[static_cast<size_t>(at)];
      const CellNumber read = read_number(rule_of(bundle, name, column), cell);
      if (!read.code.empty())
        throw InputError("--clinical: column '" + column + "' of input '" + name +
                         "' holds a cell that the rule of the data set file does not allow; write it as the tables of that data set do, "
                         "and nothing where it is missing");
      item.table.push_back(read.value);
      any = any || !std::isnan(read.value);
    }
    if (any) study.record.inputs[name] = {item};
  }
}

}  // namespace chiasm
