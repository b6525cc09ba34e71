#include "core/evaluate/logistic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/evaluate/golden.h"

namespace chiasm::evaluate {
namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix features_of(const Json& rows) {
  Matrix out;
  for (const Json& row : rows) {
    out.emplace_back();
    for (const Json& value : row) out.back().push_back(value.is_null() ? std::nan("") : value.get<double>());
  }
  return out;
}

TEST(Logistic, AgreesWithScikitLearn) {
  const Json item = golden_values().at("logistic");
  const Matrix features = features_of(item["features"]);
  const Logistic model = fit_logistic(features, item["labels"], item["ridge"]);
  ASSERT_EQ(model.weights.size(), item["weights"].size());
  for (size_t w = 0; w < model.weights.size(); ++w) EXPECT_NEAR(model.weights[w], item["weights"][w].get<double>(), 1e-5);
  for (size_t i = 0; i < features.size(); ++i) EXPECT_NEAR(logit(model, features[i]), item["logits"][i].get<double>(), 1e-5);
}

TEST(Logistic, WithoutInformationItGivesThePrior) {
  const Logistic model = fit_logistic({{1}, {1}, {1}, {1}}, {1, 0, 0, 0}, 1.0);
  EXPECT_NEAR(logit(model, {1}), std::log(1.0 / 3), 1e-4);
  EXPECT_NEAR(logit(model, {std::nan("")}), std::log(1.0 / 3), 1e-4);
}

TEST(Logistic, SeparableClassesStayFinite) {
  const Logistic model = fit_logistic({{-2}, {-1}, {1}, {2}}, {0, 0, 1, 1}, 0.1);
  EXPECT_TRUE(std::isfinite(model.weights[0]));
  EXPECT_GT(logit(model, {2}), logit(model, {1}));
  EXPECT_GT(logit(model, {1}), 0);
  EXPECT_NEAR(logit(model, {0}), 0, 1e-6);
}

TEST(Logistic, UnitsDoNotMatter) {
  const Matrix plain{{1, 5}, {2, 3}, {3, 8}, {4, 1}, {5, 9}};
  Matrix scaled = plain;
  for (auto& row : scaled) row[1] = row[1] * 1000 - 7;
  const std::vector<int> labels{0, 1, 0, 1, 1};
  const Logistic a = fit_logistic(plain, labels, 1.0), b = fit_logistic(scaled, labels, 1.0);
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(logit(a, plain[i]), logit(b, scaled[i]), 1e-6);
}

TEST(Logistic, EmptyModelSaysNothing) { EXPECT_EQ(logit(fit_logistic({}, {}, 1.0), {1, 2}), 0); }

}  // namespace
}  // namespace chiasm::evaluate
