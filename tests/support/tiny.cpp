#include "tests/support/tiny.h"

#include "core/base/random.h"

namespace chiasm::test {

std::shared_ptr<Model> tiny_model(uint64_t seed, bool shared, double dropout) {
  constexpr int64_t columns = 3, width = 8;
  torch::manual_seed(seed);
  ModelParts parts;
  parts.width = width;
  parts.modality_dropout = dropout;
  InputSpec spec;
  spec.form = Form::table;
  spec.modality = "table";
  spec.columns = {"x", "y", "z"};
  parts.inputs = {{"a", spec}, {"b", spec}};
  parts.encoders["one"] = std::make_shared<TinyEncoder>(columns, width);
  if (!shared) parts.encoders["two"] = std::make_shared<TinyEncoder>(columns, width);
  parts.encoder_of = {{"a", "one"}, {"b", shared ? "one" : "two"}};
  parts.fusion = std::make_shared<TinyFusion>(width);
  auto model = std::make_shared<Model>(parts);
  model->add_task({"tiny", 1.0, std::make_shared<TinyTask>(width, std::vector<std::string>{"a", "b"}, "label")});
  return model;
}

Batch tiny_batch(int64_t first, int64_t studies) {
  Batch batch;
  std::vector<float> a, b, label;
  std::vector<int64_t> a_rows, b_rows;
  for (int64_t i = 0; i < studies; ++i) {
    const auto id = static_cast<uint64_t>(first + i);
    Random random(hash_key({42, id}));
    batch.study_ids.push_back("s" + std::to_string(id));
    batch.keys.push_back(hash_key({7, id}));
    double sum = 0;
    for (int c = 0; c < 3; ++c) {
      a.push_back(static_cast<float>(random.normal()));
      sum += a.back();
    }
    a_rows.push_back(i);
    if (id % 3 != 1) {
      for (int c = 0; c < 3; ++c) b.push_back(static_cast<float>(random.normal()));
      b_rows.push_back(i);
    }
    label.push_back(sum > 0);
  }
  const auto table = [](std::vector<float>& values) { return at::tensor(at::ArrayRef<float>(values)).reshape({-1, 3}); };
  const bool none = b_rows.empty();
  if (none) {
    b.assign(3, 0.0f);
    b_rows = {0};
  }
  batch.inputs["a"] = {table(a), at::ones({static_cast<int64_t>(a_rows.size()), 3}, at::kBool), a_rows, {}, {}};
  batch.inputs["b"] = {table(b), at::full({static_cast<int64_t>(b_rows.size()), 3}, !none, at::kBool), b_rows, {}, {}};
  Target target;
  target.values = at::tensor(at::ArrayRef<float>(label)).reshape({-1, 1});
  target.known = at::ones_like(target.values, at::kBool);
  for (int64_t i = 0; i < studies; ++i) target.known[i][0] = (first + i) % 5 != 4;
  batch.targets["label"] = target;
  return batch;
}

}  // namespace chiasm::test
