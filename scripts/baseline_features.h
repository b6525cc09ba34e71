// What a baseline goes by: the tables of the model, one column, or a fact of the store. No LibTorch.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/store/store.h"

namespace chiasm {

// Per study: mean of the fused tokens (the probe), or what a baseline sees.
struct StudyFeatures {
  std::vector<std::string> studies;
  std::vector<std::vector<double>> values;
};

// "" for prevalence, table, probe, fact:NAME and column:INPUT.COLUMN; else what is wrong with the name.
std::string baseline_mistake(const std::string& name);

class BaselineFeatures {
 public:
  // `train`: the studies a fact's values are listed from. `tables`: those that the model reads.
  BaselineFeatures(const StoreReader& store, std::vector<std::string> train, std::vector<std::string> tables);
  // Numbers of each study for the baseline; none for prevalence. Throws UsageError for a fact or column that the store lacks.
  StudyFeatures of(const std::string& baseline, const std::vector<std::string>& studies) const;

 private:
  StudyFeatures of_tables(const std::vector<std::string>& tables, const std::vector<std::string>& studies) const;
  StudyFeatures of_column(const std::string& name, const std::vector<std::string>& studies) const;
  StudyFeatures of_fact(const std::string& fact, const std::vector<std::string>& studies) const;
  std::string fact_of(const std::string& study, const std::string& fact) const;
  const StoreReader& store_;
  std::vector<std::string> train_, tables_;
  std::map<std::string, int64_t> index_of_;
};

}  // namespace chiasm
