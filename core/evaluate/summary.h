// metrics.json from rows: {task: {target: {metric: figure}}}, with "macro" beside the targets, "subsets" and "subgroups".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/evaluate/bootstrap.h"
#include "core/evaluate/rows.h"

namespace chiasm::evaluate {

enum class Reading { scores, masks };  // scores: label 0 or 1 and probability; masks: truth voxels, predicted voxels, Dice

// Figures of one task from rows of one subset: per target and "macro".
// scores: auroc, average_precision, brier, calibration_error, prevalence. masks: dice (mean over cases whose truth is not empty),
// false_positive_rate (cases without truth in which something was found).
Json summarise(const std::vector<Row>& rows, Reading reading, const BootstrapOptions& options);

// Macro AUROC of a model minus another's on the same studies, by paired patient bootstrap.
Figure paired_macro_auroc(const std::vector<Row>& model, const std::vector<Row>& other, const BootstrapOptions& options);

// The mean of a metric over targets where it is defined.
double macro_auroc(const std::vector<Row>& rows, const std::vector<size_t>& chosen);

}  // namespace chiasm::evaluate
