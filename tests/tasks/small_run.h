// A small run with real encoders: two images (one of several rows), a table, a text written after reading; labels, a mask and a text to
// learn.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/model.h"
#include "core/task.h"

namespace chiasm::test {

struct SmallRun {
  std::shared_ptr<Model> model;
  TaskContext context;  // named "task"; sees ct, xray and labs
};

// Inputs: ct 1x8x8x8, xray 1x1x8x8 with up to two rows, labs, findings (after reading). Targets: disease (3 classes, derived from
// findings), organs (2 classes on ct), report (derived from findings). `vit`: ct has a patch encoder instead of a convolutional one.
SmallRun small_run(bool vit = false, uint64_t seed = 1);

// Studies by number; all contents depend on the number only. ct is missing where it is 3 mod 4, findings where 2 mod 5, xray has (number
// mod 3) rows; even studies have two padded ct slices.
Batch small_batch(const std::vector<int64_t>& numbers);

// Every float of a batch in double precision, for numeric gradients.
Batch in_double(Batch batch);

// One task of every kind that fits the small run, by kind.
std::vector<std::pair<std::string, std::shared_ptr<Task>>> all_tasks(const TaskContext& context);

}  // namespace chiasm::test
