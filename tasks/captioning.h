// Captioning as pretraining (Yu et al., CoCa, arXiv 2205.01917): a decoder writes the text from the fused inputs; only its loss is used.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"
#include "tasks/text_writer.h"

namespace chiasm {

struct CaptioningConfig {
  std::vector<std::string> inputs;
  std::string target;
  TextWriterConfig writer;
};

void fields(config::Visitor& v, CaptioningConfig& c);
std::shared_ptr<Task> build(const CaptioningConfig& config, const TaskContext& context);

}  // namespace chiasm
