// The tensors that pass between loader, model and tasks.
// Shape letters: B studies, R rows, C channels, D H W depth height width, N tokens, E embedding width, L text length, F table columns,
// K classes, M kept patches.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace chiasm {

// One named input of a batch. Only studies that have it take rows. When no study of the batch has it, one zero row with `valid` false
// stands in study 0, so that every rank runs every branch.
struct Input {
  at::Tensor values;          // image RCDHW float, text RL int64, table RF float
  at::Tensor valid;           // real content, bool: image RDHW, text RL, table RF; false on padding; undefined = all real
  std::vector<int64_t> rows;  // the study of each row, ascending; a study may have several rows
  at::Tensor where;           // R5 float: spacing of D, H, W in mm; days from the index time (0 = now, negative = before); view code
  at::Tensor keep;            // RM int64, optional: the patches that the encoder sees (masked modelling), ascending
};

// What a task should find. Entries with `known` false never count.
struct Target {
  at::Tensor values;  // labels BK float in [0, 1]; mask RDHW int64 class index; text BL int64, begin ... end, then pad
  at::Tensor known;   // same shape, bool
  at::Tensor weight;  // B float, optional
  std::string on;     // mask: the input whose rows and grid it shares
};

struct Batch {
  std::map<std::string, Input> inputs;
  std::map<std::string, Target> targets;
  std::vector<std::string> study_ids;  // B pseudonyms
  std::vector<uint64_t> keys;  // B: hash(seed, epoch, sample); all randomness of a step is drawn from these, never from workers or ranks
  int64_t studies() const { return static_cast<int64_t>(study_ids.size()); }
};

struct Tokens {
  at::Tensor values;  // BNE (or RNE before rows are placed into studies)
  at::Tensor valid;   // BN bool, always defined
};

struct Features {
  Tokens tokens;                 // RNE
  std::vector<at::Tensor> maps;  // RCDHW hidden states from fine to coarse for dense heads; empty for text and tables
};

// What an encoder gives, known before it runs.
struct Shape {
  struct Map {
    int64_t channels;
    std::array<int64_t, 3> stride;  // input voxels per map voxel, D H W
  };
  int64_t width = 0;   // E of its tokens
  int64_t tokens = 0;  // N for an input of the declared size
  std::vector<Map> maps;
};

Batch to_device(const Batch& batch, const at::Device& device);

}  // namespace chiasm
