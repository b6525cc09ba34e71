#include "core/evaluate/logistic.h"

#include <cmath>

namespace chiasm::evaluate {
namespace {

using Matrix = std::vector<std::vector<double>>;

// Solves A x = b for a symmetric positive definite A (Cholesky), in place.
std::vector<double> solve(Matrix a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    a[j][j] = std::sqrt(std::max(a[j][j], 1e-12));
    for (size_t i = j + 1; i < n; ++i) {
      for (size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

std::vector<double> standardised(const Logistic& model, const std::vector<double>& features) {
  std::vector<double> out;
  for (size_t f = 0; f < features.size(); ++f)
    out.push_back(std::isnan(features[f]) ? 0.0 : (features[f] - model.mean[f]) / model.deviation[f]);
  out.push_back(1.0);
  return out;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void fit_scale(Logistic& model, const Matrix& features) {
  const size_t width = features.front().size();
  model.mean.assign(width, 0);
  model.deviation.assign(width, 1);
  for (size_t f = 0; f < width; ++f) {
    double sum = 0, squares = 0, count = 0;
    for (const auto& row : features)
      if (!std::isnan(row[f])) {
        sum += row[f];
        squares += row[f] * row[f];
        count += 1;
      }
    if (count == 0) continue;
    model.mean[f] = sum / count;
    const double variance = squares / count - model.mean[f] * model.mean[f];
    if (variance > 1e-12) model.deviation[f] = std::sqrt(variance);
  }
}

}  // namespace

Logistic fit_logistic(const Matrix& features, const std::vector<int>& labels, double ridge) {
  Logistic model;
  if (features.empty()) return model;
  fit_scale(model, features);
  const size_t width = features.front().size() + 1;
  Matrix rows;
  for (const auto& row : features) rows.push_back(standardised(model, row));
  model.weights.assign(width, 0);
  for (int iteration = 0; iteration < 30; ++iteration) {
    Matrix hessian(width, std::vector<double>(width, 0));
    std::vector<double> gradient(width, 0);
    for (size_t i = 0; i < rows.size(); ++i) {
      const double p = 1.0 / (1.0 + std::exp(-dot(model.weights, rows[i])));
      const double weight = std::max(p * (1 - p), 1e-6);
      for (size_t a = 0; a < width; ++a) {
        gradient[a] += (labels[i] - p) * rows[i][a];
        for (size_t b = 0; b <= a; ++b) hessian[a][b] += weight * rows[i][a] * rows[i][b];
      }
    }
    for (size_t a = 0; a < width; ++a) {
      const double penalty = a + 1 < width ? ridge : 1e-6;
      hessian[a][a] += penalty;
      gradient[a] -= penalty * model.weights[a];
    }
    const std::vector<double> change = solve(hessian, gradient);
    double largest = 0;
    for (size_t a = 0; a < width; ++a) {
      model.weights[a] += change[a];
      largest = std::max(largest, std::abs(change[a]));
    }
    if (largest < 1e-8) break;
  }
  return model;
}

double logit(const Logistic& model, const std::vector<double>& features) {
  return model.weights.empty() ? 0.0 : dot(model.weights, standardised(model, features));
}

}  // namespace chiasm::evaluate
