#include "scripts/baseline_features.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

const std::string fact_prefix = "fact:", column_prefix = "column:";

std::vector<std::string> facts_in(const StoreReader& store) {
  std::set<std::string> names;
  for (int64_t i = 0; i < store.size(); ++i)
    for (const auto& fact : store.entry(i).facts) names.insert(fact.first);
  return {names.begin(), names.end()};
}

std::vector<std::string> columns_in(const StoreReader& store) {
  std::vector<std::string> names;
  for (const auto& [name, input] : store.schema().inputs)
    for (const std::string& column : input.columns) names.push_back(name + "." + column);
  return names;
}

}  // namespace

std::string baseline_mistake(const std::string& name) {
  const std::vector<std::string> known{"prevalence", "table", "probe"};
  if (std::find(known.begin(), known.end(), name) != known.end()) return "";
  if (starts_with(name, fact_prefix) && name.size() > fact_prefix.size()) return "";
  if (starts_with(name, column_prefix) && name.find('.') != std::string::npos) return "";
  return "no baseline '" + name + "'; known: prevalence, table, probe, fact:NAME, column:INPUT.COLUMN";
}

BaselineFeatures::BaselineFeatures(const StoreReader& store, std::vector<std::string> train, std::vector<std::string> tables)
    : store_(store), train_(std::move(train)), tables_(std::move(tables)) {
  for (int64_t i = 0; i < store_.size(); ++i) index_of_[store_.entry(i).study] = i;
}

StudyFeatures BaselineFeatures::of(const std::string& baseline, const std::vector<std::string>& studies) const {
  if (starts_with(baseline, fact_prefix)) return of_fact(baseline.substr(fact_prefix.size()), studies);
  if (starts_with(baseline, column_prefix)) return of_column(baseline.substr(column_prefix.size()), studies);
  return of_tables(baseline == "table" ? tables_ : std::vector<std::string>{}, studies);
}

StudyFeatures BaselineFeatures::of_tables(const std::vector<std::string>& tables, const std::vector<std::string>& studies) const {
  StudyFeatures out{studies, {}};
  for (const std::string& study : studies) {
    std::vector<double>& row = out.values.emplace_back();
    if (tables.empty()) continue;
    const StudyRecord record = store_.read(index_of_.at(study), tables);
    for (const std::string& name : tables) {
      const auto found = record.inputs.find(name);
      const size_t columns = store_.schema().inputs.at(name).columns.size();
      for (size_t c = 0; c < columns; ++c) row.push_back(found == record.inputs.end() ? std::nan("") : found->second.front().table[c]);
    }
  }
  return out;
}

StudyFeatures BaselineFeatures::of_column(const std::string& name, const std::vector<std::string>& studies) const {
  const std::vector<std::string> known = columns_in(store_);
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw UsageError("evaluate.baselines: the store has no column '" + name + "'" + did_you_mean(name, known));
  const std::string table = name.substr(0, name.find('.'));
  const auto& columns = store_.schema().inputs.at(table).columns;
  const auto place = std::find(columns.begin(), columns.end(), name.substr(table.size() + 1)) - columns.begin();
  StudyFeatures out = of_tables({table}, studies);
  for (auto& row : out.values) row = {row[static_cast<size_t>(place)]};
  return out;
}

std::string BaselineFeatures::fact_of(const std::string& study, const std::string& fact) const {
  const auto& facts = store_.entry(index_of_.at(study)).facts;
  const auto found = facts.find(fact);
  return found == facts.end() ? "" : found->second;
}

// One number a value that the train part knows, absence among them; a value that it does not know is none of them.
StudyFeatures BaselineFeatures::of_fact(const std::string& fact, const std::vector<std::string>& studies) const {
  const std::vector<std::string> known = facts_in(store_);
  if (std::find(known.begin(), known.end(), fact) == known.end())
    throw UsageError("evaluate.baselines: the store has no fact '" + fact + "'" + did_you_mean(fact, known));
  std::set<std::string> values;
  for (const std::string& study : train_) values.insert(fact_of(study, fact));
  StudyFeatures out{studies, {}};
  for (const std::string& study : studies) {
    const std::string mine = fact_of(study, fact);
    std::vector<double>& row = out.values.emplace_back();
    for (const std::string& value : values) row.push_back(value == mine ? 1.0 : 0.0);
  }
  return out;
}

}  // namespace chiasm
