// `chiasm evaluate`: predictions, figures with intervals, subsets, baselines, report.
#pragma once

#include <string>
#include <vector>

namespace chiasm {

struct EvaluateOptions {
  std::string model;          // a run or a bundle
  std::string split = "val";  // part of the run's split
  std::string data;           // another store, evaluated whole
  std::string out;            // default: the run folder, or runs/DATE-evaluate for a bundle
  std::vector<std::string> set;
  bool allow_seen = false, json = false;
};

int evaluate_run(const EvaluateOptions& options);

}  // namespace chiasm
