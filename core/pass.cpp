#include "core/pass.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/feature_memory.h"
#include "core/model.h"
#include "core/rows.h"

namespace chiasm {
namespace {

// The input as if no study had it.
Input emptied(const Input& input) {
  Input out = input;
  out.values = at::zeros_like(input.values);
  out.valid = input.valid.defined() ? at::zeros_like(input.valid) : at::Tensor();
  if (!out.valid.defined()) {
    const int64_t channel_dim = input.values.dim() == 5 ? 1 : -1;
    const at::Tensor like = channel_dim == 1 ? input.values.select(1, 0) : input.values;
    out.valid = at::zeros_like(like, at::kBool);
  }
  return out;
}

// Features of one row for every row of `input`.
Features repeated(const Features& one, const Input& input) {
  const auto repeat = [&](const at::Tensor& part) {
    std::vector<int64_t> sizes(static_cast<size_t>(part.dim()), -1);
    sizes[0] = input.values.size(0);
    return part.expand(sizes);
  };
  Features out{{repeat(one.tokens.values), repeat(one.tokens.valid)}, {}};
  for (const at::Tensor& map : one.maps) out.maps.push_back(repeat(map));
  return out;
}

std::string joined(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return join(names, "+");
}

// The inputs of one study that modality dropout hides: each with probability `rate`, but never all of them.
std::vector<std::string> drop(uint64_t key, const std::vector<std::string>& there, double rate) {
  std::vector<std::string> hidden;
  for (const std::string& name : there)
    if (Random(hash_key(key, "modality_dropout/" + name)).chance(rate)) hidden.push_back(name);
  if (!hidden.empty() && hidden.size() == there.size())
    hidden.erase(hidden.begin() + Random(hash_key(key, "modality_kept")).integer(static_cast<int64_t>(hidden.size())));
  return hidden;
}

}  // namespace

Pass::Pass(Model& model, const Batch& batch, PassOptions options)
    : model_(model),
      batch_(batch),
      options_(std::move(options)),
      empty_features_(std::make_shared<decltype(empty_features_)::element_type>()),
      made_(std::make_shared<decltype(made_)::element_type>()) {}

Pass::Pass(const Pass& full, std::vector<std::string> hidden)
    : model_(full.model_),
      batch_(full.batch_),
      options_(full.options_),
      features_(full.features_),
      empty_features_(full.empty_features_),
      made_(full.made_) {
  options_.hidden = std::move(hidden);
  for (const std::string& name : options_.hidden) features_.erase(name);
}

bool Pass::hides(const std::string& name) const {
  return std::find(options_.hidden.begin(), options_.hidden.end(), name) != options_.hidden.end();
}

const Input& Pass::input(const std::string& name) {
  auto found = batch_.inputs.find(name);
  if (found == batch_.inputs.end()) throw UsageError("input '" + name + "' is not in the batch; list it under 'inputs:'");
  if (!hides(name)) return found->second;
  auto [place, fresh] = hidden_inputs_.try_emplace(name);
  if (fresh) place->second = emptied(found->second);
  return place->second;
}

const Features& Pass::encode(const std::string& name) {
  auto& known = hides(name) ? *empty_features_ : features_;
  auto found = known.find(name);
  if (found == known.end()) found = known.emplace(name, encoded(name)).first;
  return found->second;
}

Features Pass::encoded(const std::string& name) {
  Encoder& encoder = model_.encoder(name);
  if (!hides(name) && options_.memory != nullptr && options_.memory->serves(name)) return options_.memory->features(name, encoder, batch_);
  const bool alike = hides(name) && !at::GradMode::is_enabled();  // all rows of a hidden input are the same zeros
  return alike ? repeated(encoder.encode(rows_of_study(input(name), 0, 1)), input(name)) : encoder.encode(input(name));
}

at::Tensor Pass::once(const std::string& name, const void* owner, const std::function<at::Tensor()>& make) {
  const auto key = std::make_tuple(owner, name, hides(name));
  auto found = made_->find(key);
  if (found == made_->end()) found = made_->emplace(key, make()).first;
  return found->second;
}

Features Pass::encode(const std::string& name, const Input& changed) { return model_.encoder(name).encode(changed); }

at::Tensor Pass::has(const std::string& name) {
  const Input& rows = input(name);
  return any_over_rows(real_rows(rows), rows.rows, batch_.studies());
}

const Tokens& Pass::tokens(const std::string& name) {
  auto found = tokens_.find(name);
  if (found == tokens_.end()) {
    const Tokens placed = model_.place(name, input(name), encode(name), batch_.studies(), {});
    found = tokens_.emplace(name, placed).first;
  }
  return found->second;
}

Tokens Pass::tokens(const std::string& name, const Input& changed, const Features& features) {
  return model_.place(name, changed, features, batch_.studies(), {});
}

// Drawn from the study's key, so it does not depend on ranks or workers; never all inputs of a study.
const std::map<std::string, at::Tensor>& Pass::dropped(const std::vector<std::string>& names) {
  auto [place, fresh] = dropped_.try_emplace(joined(names));
  const double rate = model_.modality_dropout();
  if (!fresh || !model_.is_training() || rate <= 0 || batch_.keys.empty()) return place->second;
  const int64_t studies = batch_.studies();
  std::map<std::string, std::vector<uint8_t>> hide;
  std::map<std::string, at::Tensor> present;
  for (const std::string& name : names) {
    hide[name].assign(static_cast<size_t>(studies), 0);
    present[name] = has(name).cpu();
  }
  for (int64_t b = 0; b < studies; ++b) {
    std::vector<std::string> there;
    for (const std::string& name : names)
      if (present[name].data_ptr<bool>()[b]) there.push_back(name);
    for (const std::string& name : drop(batch_.keys[static_cast<size_t>(b)], there, rate)) hide[name][static_cast<size_t>(b)] = 1;
  }
  for (const std::string& name : names) {
    const at::Tensor mask = at::tensor(hide[name], at::kByte).to(at::kBool);
    place->second[name] = mask.to(batch_.inputs.at(name).values.device());
  }
  return place->second;
}

at::Tensor Pass::shown(const std::string& name, const std::vector<std::string>& names) {
  const auto& hidden = dropped(names);
  const auto found = hidden.find(name);
  return found == hidden.end() ? has(name) : has(name).logical_and(found->second.logical_not());
}

const Tokens& Pass::fuse(const std::vector<std::string>& names) {
  const std::string key = joined(names);
  auto found = fused_.find(key);
  if (found != fused_.end()) return found->second;
  std::map<std::string, Tokens> all;
  for (const std::string& name : names) {
    const auto& hidden = dropped(names);
    const auto hide = hidden.find(name);
    all[name] = hide == hidden.end() ? tokens(name) : model_.place(name, input(name), encode(name), batch_.studies(), hide->second);
  }
  return fused_.emplace(key, model_.fusion().fuse(all)).first->second;
}

Tokens Pass::fuse(const std::map<std::string, Tokens>& inputs) { return model_.fusion().fuse(inputs); }

}  // namespace chiasm
