#include "scripts/bundle_golden.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/export/model_program.h"
#include "core/export/parity.h"
#include "core/weights/safetensors.h"

namespace chiasm {
namespace {

constexpr double tolerance = 1e-4;

void write_case(const fs::path& path, const Program& program, const std::vector<at::Tensor>& inputs, const std::string& absent = "") {
  const std::vector<at::Tensor> outputs = program.run(inputs);
  weights::Tensors tensors;
  for (size_t i = 0; i < inputs.size(); ++i) tensors["input." + program.inputs[i]] = inputs[i].contiguous();
  for (size_t i = 0; i < outputs.size(); ++i) tensors["output." + program.outputs[i]] = outputs[i].contiguous();
  weights::write_safetensors(path, tensors, {{"content", "random values, no patient"}, {"absent", absent}});
}

void verify_case(const fs::path& path, const Program& program) {
  const weights::Tensors tensors = weights::read_safetensors(path).tensors;
  const auto named = [&](const std::string& name) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw InputError(path.string() + ": tensor '" + name + "' is missing; export the bundle again");
    return found->second;
  };
  std::vector<at::Tensor> inputs;
  for (const std::string& name : program.inputs) inputs.push_back(named("input." + name));
  const std::vector<at::Tensor> outputs = program.run(inputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const double difference = largest_difference(outputs[i], named("output." + program.outputs[i]));
    if (!(difference <= tolerance))
      throw InputError(path.string() + ": output '" + program.outputs[i] + "' differs by " + format_number(difference) +
                       " on this machine; the bundle is not used");
  }
}

std::vector<Program> task_programs(const Model& model) {
  std::vector<Program> out;
  for (const TaskSlot& slot : model.tasks())
    for (Program& program : slot.task->programs()) out.push_back(std::move(program));
  return out;
}

}  // namespace

void write_golden(Model& model, const fs::path& folder) {
  const at::NoGradGuard no_gradient;
  const Program program = model_program(model);
  for (const int64_t studies : {1, 3})
    write_case(folder / ("studies_" + std::to_string(studies) + ".safetensors"), program, example_inputs(model, studies, 100));
  uint64_t seed = 101;
  for (const std::string& name : read_inputs(model))
    write_case(folder / ("without_" + name + ".safetensors"), program, example_inputs(model, 1, seed++, {name}), name);
  for (const Program& extra : task_programs(model))
    for (const int64_t size : {1, 3})
      write_case(folder / extra.name / ("size_" + std::to_string(size) + ".safetensors"), extra, resized_example(extra, size, seed));
}

void verify_golden(Model& model, const fs::path& folder) {
  const at::NoGradGuard no_gradient;
  const Program program = model_program(model);
  const std::vector<Program> extras = task_programs(model);
  for (const fs::path& file : list_files(folder)) {
    const std::string of = fs::relative(file.parent_path(), folder).string();
    if (of == ".") verify_case(file, program);
    for (const Program& extra : extras)
      if (of == extra.name) verify_case(file, extra);
  }
}

}  // namespace chiasm
