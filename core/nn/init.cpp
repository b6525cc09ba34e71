#include "core/nn/init.h"

#include <ATen/Functions.h>

#include <cmath>

namespace chiasm::nn {

at::Tensor truncated_normal(at::IntArrayRef sizes, double deviation) {
  const double edge = std::erf(std::sqrt(2.0));  // share of a normal distribution within two deviations
  return (at::rand(sizes) * (2.0 * edge) - edge).erfinv().mul(deviation * std::sqrt(2.0)).clamp(-2.0 * deviation, 2.0 * deviation);
}

at::Tensor xavier_uniform(int64_t out, int64_t in) {
  const double bound = std::sqrt(6.0 / static_cast<double>(in + out));
  return (at::rand({out, in}) * 2.0 - 1.0) * bound;
}

at::Tensor kaiming_normal(at::IntArrayRef sizes) {
  int64_t inputs = 1;
  for (size_t d = 1; d < sizes.size(); ++d) inputs *= sizes[d];
  return at::randn(sizes) * std::sqrt(2.0 / static_cast<double>(inputs));
}

}  // namespace chiasm::nn
