// Findings of tasks (scores, masks, texts, embeddings) as prediction rows. Knows four kinds of finding and no task by name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/evaluate/rows.h"
#include "core/task.h"
#include "data/tokenizer.h"

namespace chiasm {

struct TextPair {
  std::string study, patient, subset, target, generated, reference;
  std::vector<std::string> shown = {};  // inputs that the study has and the subset shows
};

// One side of a study as a vector.
struct SideVector {
  std::string study, patient, subset, task, side;
  std::vector<float> values;
};

struct Findings {
  std::vector<evaluate::Row>
      rows;  // scores; masks as one row a class: label = truth voxels, raw = predicted voxels, score = Dice on the model grid
  std::vector<TextPair> texts;
  std::vector<SideVector> sides;
};

struct RowContext {
  std::map<std::string, std::string> patient_of;  // by study
  std::string split, subset = "all";
  int fold = 0;  // that the run left out; 0 without folds
  const TargetSpecs* targets = nullptr;
  const Tokenizer* tokenizer = nullptr;
};

// Adds the finding of one task on one batch.
void add_finding(Findings& findings, const Finding& finding, const std::string& task, const Batch& batch, const RowContext& context);

// Dice of each class 1..K over known voxels; {truth, predicted, dice}; dice NaN when both are empty.
struct Overlap {
  double truth, predicted, dice;
};
std::vector<Overlap> overlaps(const at::Tensor& classes, const at::Tensor& truth, int64_t class_count);

}  // namespace chiasm
