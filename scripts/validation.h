// Validation while training and the findings of an evaluation: one walk over a part with the averaged weights.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/dist/group.h"
#include "core/model.h"
#include "data/loader.h"
#include "scripts/findings.h"

namespace chiasm {

// Figures by "TASK.FIGURE" over at most `studies` studies, the same on every rank: mean losses as "TASK.loss", measures of the tasks,
// "TASK.auroc" (macro) from scores and "TASK.dice" (mean over classes) from masks. Texts are not generated here.
std::map<std::string, double> validate(Model& model, Loader& loader, dist::Group& group, const std::string& precision, int64_t studies,
                                       const RowContext& context);

}  // namespace chiasm
