// Model, Pass and rows: absence, several rows, dropout, subsets.
#include "core/model.h"

#include <gtest/gtest.h>

#include "core/rows.h"
#include "tests/support/tiny.h"

namespace chiasm {
namespace {

using test::tiny_batch;
using test::tiny_model;

const std::vector<std::string> both{"a", "b"};

at::Tensor fused(Model& model, const Batch& batch, PassOptions options = {}) {
  Pass pass(model, batch, std::move(options));
  return pass.fuse(both).values;
}

TEST(Rows, SeveralRowsOfAStudyStandSideBySide) {
  const at::Tensor rows = at::arange(8, at::kFloat).reshape({4, 1, 2});
  const at::Tensor out = rows_to_studies(rows, {0, 2, 2, 2}, 3);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{3, 3, 2}));
  EXPECT_TRUE(at::equal(out[0], at::tensor({0., 1., 0., 0., 0., 0.}, at::kFloat).reshape({3, 2})));
  EXPECT_TRUE(at::equal(out[1], at::zeros({3, 2})));
  EXPECT_TRUE(at::equal(out[2], rows.slice(0, 1).reshape({3, 2})));
  EXPECT_EQ(rows_per_study({0, 0, 1, 1}, 2), 2);
  EXPECT_EQ(rows_per_study({0, 1, 1}, 2), 0);
}

TEST(Rows, MaximumCountsRealRowsOnly) {
  const at::Tensor values = at::tensor({1., -5., 7., -2.}, at::kFloat).reshape({4, 1});
  const at::Tensor real = at::tensor({1, 1, 0, 1}, at::kInt).to(at::kBool);
  const at::Tensor out = max_over_rows(values, real, {0, 1, 1, 3}, 4);
  EXPECT_TRUE(at::equal(out.flatten(), at::tensor({1., -5., 0., -2.}, at::kFloat)));
}

TEST(Model, ABatchedStudyEqualsTheStudyAlone) {
  auto model = tiny_model(3);
  model->eval();
  const at::Tensor together = fused(*model, tiny_batch(0, 6));
  for (int64_t i = 0; i < 6; ++i) EXPECT_TRUE(at::allclose(together[i], fused(*model, tiny_batch(i, 1))[0], 1e-5, 1e-6)) << i;
}

TEST(Model, AnAbsentInputGetsExactlyZeroGradient) {
  auto model = tiny_model(3);
  const Batch batch = tiny_batch(1, 1);  // study 1 lacks b
  Pass pass(*model, batch);
  pass.fuse(both).values.sum().backward();
  for (const auto& item : model->named_parameters()) {
    if (item.key().rfind("encoder_two", 0) != 0) continue;
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_EQ(item.value().grad().abs().max().item<double>(), 0.0) << item.key();
  }
}

TEST(Model, AHiddenInputEqualsAnAbsentOne) {
  auto model = tiny_model(3);
  model->eval();
  const Batch batch = tiny_batch(0, 6);
  Pass full(*model, batch);
  full.fuse(both);
  const at::Tensor hidden = Pass(full, {"b"}).fuse(both).values;
  Batch without = batch;
  without.inputs["b"].values = at::zeros_like(batch.inputs.at("b").values);
  without.inputs["b"].valid = at::zeros_like(batch.inputs.at("b").valid);
  EXPECT_TRUE(at::allclose(hidden, fused(*model, without), 1e-6, 1e-7));
  EXPECT_FALSE(at::allclose(hidden, fused(*model, batch), 1e-3, 1e-3));
}

TEST(Model, DropoutNeverHidesEverythingAndFollowsTheKey) {
  auto model = tiny_model(3, false, 0.9);
  model->train();
  const Batch batch = tiny_batch(0, 60);
  Pass pass(*model, batch);
  const at::Tensor a = pass.shown("a", {"a", "b"}), b = pass.shown("b", {"a", "b"});
  EXPECT_TRUE(a.logical_or(b).all().item<bool>());
  EXPECT_TRUE(a.logical_not().any().item<bool>());
  Pass again(*model, batch);
  EXPECT_TRUE(at::equal(a, again.shown("a", {"a", "b"})));
  EXPECT_TRUE(b.logical_not().index({at::arange(1, 60, 3)}).all().item<bool>());  // studies that lack b never show it
}

TEST(Model, UnknownInputNamesTheNearOne) {
  auto model = tiny_model(3);
  try {
    model->encoder("bb");
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "no encoder reads input 'bb'; did you mean 'b'?");
  }
}

}  // namespace
}  // namespace chiasm
