#include "core/nn/sharded_parameters.h"

#include <ATen/Functions.h>

#include "core/base/error.h"

namespace chiasm::nn {

ShardedParameters::ShardedParameters(const Block& block, std::shared_ptr<dist::Group> group) : group_(std::move(group)) {
  for (const auto& item : block.named_parameters()) {
    Part& part = item.value().requires_grad() ? trained_ : frozen_;
    part.names.push_back(item.key());
    part.members.push_back(item.value());
    part.shapes.push_back(item.value().sizes().vec());
  }
  const at::NoGradGuard no_gradient;
  for (Part* part : {&trained_, &frozen_}) {
    if (part->members.empty()) continue;
    for (const at::Tensor& member : part->members)
      if (member.scalar_type() != part->members[0].scalar_type()) throw Error("a sharded block must have parameters of one type");
    part->share = own_share(flatten(*part, part->members)).clone();
    part->share.requires_grad_(part == &trained_);
  }
  leave();
}

// Padded with zeros to a multiple of the number of ranks. Values that are undefined count as zero.
at::Tensor ShardedParameters::flatten(const Part& part, const std::vector<at::Tensor>& values) const {
  std::vector<at::Tensor> pieces;
  int64_t count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t size = c10::multiply_integers(part.shapes[i]);
    pieces.push_back(values[i].defined() ? values[i].reshape({-1}) : at::zeros({size}, part.members[i].options()));
    count += size;
  }
  const int64_t rest = count % group_->size();
  if (rest != 0) pieces.push_back(at::zeros({group_->size() - rest}, part.members[0].options()));
  return at::cat(pieces);
}

at::Tensor ShardedParameters::own_share(const at::Tensor& flat) const {
  const int64_t length = flat.numel() / group_->size();
  return flat.narrow(0, group_->rank() * length, length);
}

std::vector<at::Tensor> ShardedParameters::gather(const Part& part) const {
  std::vector<at::Tensor> out;
  if (part.members.empty()) return out;
  const at::NoGradGuard no_gradient;
  const at::Tensor flat = group_->all_gather(part.share.detach());
  int64_t start = 0;
  for (const auto& shape : part.shapes) {
    const int64_t size = c10::multiply_integers(shape);
    out.push_back(flat.narrow(0, start, size).view(shape));
    start += size;
  }
  return out;
}

std::vector<std::pair<std::string, at::Tensor>> ShardedParameters::whole() const {
  std::vector<std::pair<std::string, at::Tensor>> out;
  for (const Part* part : {&trained_, &frozen_}) {
    const std::vector<at::Tensor> values = gather(*part);
    for (size_t i = 0; i < values.size(); ++i) out.emplace_back(part->names[i], values[i].clone());
  }
  return out;
}

std::vector<at::Tensor> ShardedParameters::leaves() const {
  if (!trained_.share.defined()) return {};
  return {trained_.share};
}

void ShardedParameters::bring() {
  for (Part* part : {&trained_, &frozen_}) {
    const std::vector<at::Tensor> values = gather(*part);
    for (size_t i = 0; i < values.size(); ++i) part->members[i].set_data(values[i]);
  }
}

void ShardedParameters::leave() {
  for (Part* part : {&trained_, &frozen_})
    for (at::Tensor& member : part->members) member.set_data(at::empty({0}, member.options().requires_grad(false)));
}

std::vector<at::Tensor> ShardedParameters::to_leaves(const std::vector<at::Tensor>& gradients) const {
  if (gradients.empty()) return {};
  const at::NoGradGuard no_gradient;
  at::Tensor flat = flatten(trained_, gradients);
  group_->all_reduce_sum(flat);
  return {own_share(flat).div(static_cast<double>(group_->size()))};
}

}  // namespace chiasm::nn
