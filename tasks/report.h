// Report generation: an autoregressive decoder reads the fused tokens and writes the text by beam search.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"
#include "tasks/text_writer.h"

namespace chiasm {

struct DecodeConfig {
  int64_t beams = 4, max_tokens = 128, no_repeat = 0;
  double length_penalty = 1.0;
};

void fields(config::Visitor& v, DecodeConfig& c);

struct ReportConfig {
  std::string target;
  std::vector<std::string> inputs;
  TextWriterConfig writer;
  DecodeConfig decode;
};

void fields(config::Visitor& v, ReportConfig& c);
std::shared_ptr<Task> build(const ReportConfig& config, const TaskContext& context);

}  // namespace chiasm
