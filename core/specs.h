// What a model must know of its inputs and targets before it is built: fixed by the store, the views and the tokenizer. No LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chiasm {

enum class Form { image, text, table };

struct InputSpec {
  Form form = Form::image;
  std::string modality;                       // "ct", "mr", "xray", "text", "table": shown to people, never branched on in core
  int64_t channels = 1;                       // image
  std::array<int64_t, 3> size{1, 1, 1};       // image: D, H, W (D = 1 for 2-D)
  std::array<double, 3> spacing_mm{1, 1, 1};  // image: D, H, W
  int64_t vocabulary = 0, length = 0;         // text: number of pieces; tokens a row at most
  std::vector<std::string> columns;           // table: names; values are [value, known] per column, so F = 2 * columns
  int64_t max_rows = 1;                       // rows a study may have
  bool after_reading = false;                 // written after the images were read: hidden from tasks but those that name it in pretraining
};

enum class TargetKind { labels, mask, text };

struct TargetSpec {
  TargetKind kind = TargetKind::labels;
  std::vector<std::string> classes;       // labels: one per column; mask: class names, class 0 is background and not listed
  std::string on;                         // mask: the input whose grid it shares
  std::vector<double> priors;             // labels: positive rate of the train part; mask: voxel share of each class
  int64_t vocabulary = 0, length = 0;     // text
  std::vector<std::string> derived_from;  // inputs that a task with this target may not see
};

// Ids that every tokenizer of Chiasm reserves.
struct TextIds {
  static constexpr int64_t pad = 0, unknown = 1, begin = 2, end = 3, mask = 4;
};

using InputSpecs = std::map<std::string, InputSpec>;
using TargetSpecs = std::map<std::string, TargetSpec>;

}  // namespace chiasm
