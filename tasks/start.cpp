#include "tasks/start.h"

#include <ATen/Functions.h>

#include "core/base/text.h"

namespace chiasm {
namespace {

// "evidence_ct.look1.weight" -> "deep_ct.head1.weight"; empty for another part.
std::string head_of(const std::string& detectors) {
  if (!starts_with(detectors, "evidence_") || detectors.find(".look") == std::string::npos) return "";
  return replace_all("deep_" + detectors.substr(9), ".look", ".head");
}

// Rows of `heads`, one a class, to the first answers and the first scores of `detectors`, answers first.
bool take_heads(at::Tensor detectors, const at::Tensor& heads) {
  const int64_t half = detectors.size(0) / 2, classes = heads.size(0);
  if (heads.dim() != detectors.dim() || classes > half || (heads.dim() > 1 && heads.size(1) != detectors.size(1))) return false;
  detectors.narrow(0, 0, classes).copy_(heads);
  detectors.narrow(0, half, classes).copy_(heads);
  return true;
}

}  // namespace

std::vector<std::string> start_like(const InnerWeights& mine, const InnerWeights& earlier) {
  const at::NoGradGuard no_gradient;
  std::vector<std::string> taken;
  for (const auto& [name, into] : mine) {
    const auto same = earlier.find(name), head = earlier.find(head_of(name));
    if (same != earlier.end() && same->second.sizes() == into.sizes()) {
      at::Tensor(into).copy_(same->second);
      taken.push_back(name);
    } else if (head != earlier.end() && take_heads(into, head->second)) {
      taken.push_back(name);
    }
  }
  return taken;
}

}  // namespace chiasm
