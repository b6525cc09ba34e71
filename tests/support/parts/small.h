// Small studies and small models of real parts (the lists of encoders, fusions and tasks) for contract tests, probes and exports.
//
// Four inputs, one of each form: ct (16x16x16), xray (1x32x32, up to two rows a study), findings (text), labs (table). Three targets:
// signs (two labels), organs (mask on ct, two classes), summary (text). All values depend on the number of the study alone.
#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/model.h"

namespace chiasm::test {

InputSpecs small_inputs();
TargetSpecs small_targets();

// Studies first, first + 1, ...; each lacks some inputs unless `whole`. Inputs named in `without` are missing in every study.
struct SmallStudies {
  bool whole = false;
  std::set<std::string> without;
};
Batch small_batch(int64_t first, int64_t studies, const SmallStudies& how = {});
// One real row for each of `count` studies, without padding.
Input random_rows(const InputSpec& spec, int64_t count, uint64_t seed);

// One component of a list, e.g. {&encoders(), {}}, read from YAML such as "kind: text\nwidth: 16".
template <class Product, class Context>
struct Choice {
  const Registry<Product, Context>* list;
  Component<Product, Context> component;
};
template <class Product, class Context>
void fields(config::Visitor& visitor, Choice<Product, Context>& choice) {
  choice.component.visit(visitor, *choice.list);
}
template <class Product, class Context>
std::shared_ptr<Product> build_part(const Registry<Product, Context>& list, const std::string& yaml, const Context& context) {
  const auto document = config::Document::parse(yaml, "part.yaml");
  return config::read(document, Choice<Product, Context>{&list, {}}).component.build(context);
}

// A model of narrow parts. `inputs` are those of small_inputs() or further names with their specification.
struct SmallModel {
  std::map<std::string, std::string> encoders = narrow_encoders();  // name -> YAML
  std::map<std::string, std::string> encoder_of = own_encoders();   // input -> encoder
  InputSpecs inputs = small_inputs();                               // those without an encoder are left out
  std::string fusion = "kind: latent\nqueries: 4\nlayers: 1\nheads: 2\n";
  std::vector<std::pair<std::string, std::string>> tasks;  // name -> YAML
  int64_t width = 16;
  double modality_dropout = 0.0;

  static std::map<std::string, std::string> narrow_encoders();
  static std::map<std::string, std::string> own_encoders();
};
// Equal weights for equal seeds.
std::shared_ptr<Model> build_small(const SmallModel& parts, uint64_t seed = 1);
// What a task of that model is built from.
TaskContext small_context(Model& model, const std::string& name);

// The batch with the studies from `start` on.
Batch part_of(const Batch& batch, int64_t start, int64_t count);

}  // namespace chiasm::test
