#include "core/nn/recompute.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include "core/nn/autocast.h"

namespace chiasm::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// States of the generators that kernels on a device draw from.
class RandomState {
 public:
  static RandomState now(const at::Device& device) {
    RandomState out;
    out.generators_.push_back(at::detail::getDefaultCPUGenerator());
    if (!device.is_cpu()) out.generators_.push_back(at::globalContext().defaultGenerator(device));
    for (at::Generator& generator : out.generators_) {
      const std::lock_guard lock(generator.mutex());
      out.states_.push_back(generator.get_state());
    }
    return out;
  }
  void apply() const {
    for (size_t i = 0; i < generators_.size(); ++i) {
      at::Generator generator = generators_[i];
      const std::lock_guard lock(generator.mutex());
      generator.set_state(states_[i]);
    }
  }

 private:
  std::vector<at::Generator> generators_;
  std::vector<at::Tensor> states_;
};

class RandomScope {
 public:
  RandomScope(const RandomState& wanted, const at::Device& device) : before_(RandomState::now(device)) { wanted.apply(); }
  ~RandomScope() { before_.apply(); }
  RandomScope(const RandomScope&) = delete;
  RandomScope& operator=(const RandomScope&) = delete;

 private:
  RandomState before_;
};

class BroughtParameters {
 public:
  explicit BroughtParameters(ParameterHome& home) : home_(home) { home_.bring(); }
  ~BroughtParameters() { home_.leave(); }
  BroughtParameters(const BroughtParameters&) = delete;
  BroughtParameters& operator=(const BroughtParameters&) = delete;

 private:
  ParameterHome& home_;
};

// What the backward pass must know besides the tensors that carry gradients.
struct Work : torch::CustomClassHolder {
  std::shared_ptr<Block> block;
  std::shared_ptr<ParameterHome> home;
  BlockInput input;  // the masks; x and context are saved variables
  bool has_context = false;
  RandomState random;
  AutocastState autocast;
};

struct Recompute : torch::autograd::Function<Recompute> {
  // tensors: x, the context if there is one, the leaves of the home.
  static at::Tensor forward(AutogradContext* context, at::TensorList tensors, const c10::intrusive_ptr<Work>& work) {
    context->saved_data["work"] = c10::IValue::make_capsule(work);
    context->save_for_backward(tensors.vec());
    BlockInput input = work->input;
    input.x = tensors[0];
    if (work->has_context) input.context = tensors[1];
    // A weight that is cast without gradients must not be found in the cache by a pass that needs them.
    AutocastState uncached = work->autocast;
    uncached.cache = false;
    const AutocastScope autocast(uncached);
    const BroughtParameters brought(*work->home);
    return work->block->forward(input);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["work"].toCapsule();
    const auto& work = static_cast<const Work&>(*capsule);
    const variable_list saved = context->get_saved_variables();
    const BroughtParameters brought(*work.home);
    BlockInput input = work.input;
    std::vector<at::Tensor> wanted;
    std::vector<size_t> places;
    const auto take = [&](size_t place) {
      at::Tensor copy = saved[place].detach();
      if (!context->needs_input_grad(place)) return copy;
      places.push_back(place);
      return wanted.emplace_back(copy.requires_grad_(true));
    };
    input.x = take(0);
    if (work.has_context) input.context = take(1);
    const std::vector<at::Tensor> parameters = work.home->parameters();
    wanted.insert(wanted.end(), parameters.begin(), parameters.end());
    const variable_list found = differentiate(work, input, wanted, gradients[0]);
    variable_list out(saved.size() + 1);  // the last one for `work`
    for (size_t i = 0; i < places.size(); ++i) out[places[i]] = found[i];
    const variable_list of_leaves = work.home->to_leaves({found.begin() + static_cast<std::ptrdiff_t>(places.size()), found.end()});
    std::copy(of_leaves.begin(), of_leaves.end(), out.begin() + (work.has_context ? 2 : 1));
    return out;
  }

 private:
  static variable_list differentiate(const Work& work, const BlockInput& input, const variable_list& wanted, const at::Tensor& gradient) {
    at::Tensor out;
    {
      const at::AutoGradMode with_gradients(true);
      AutocastState uncached = work.autocast;
      uncached.cache = false;
      const AutocastScope autocast(uncached);
      const RandomScope random(work.random, input.x.device());
      out = work.block->forward(input);
    }
    return torch::autograd::grad({out}, wanted, {gradient}, /*retain_graph=*/std::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
  }
};

}  // namespace

ResidentParameters::ResidentParameters(const Block& block) {
  for (const at::Tensor& parameter : block.parameters())
    if (parameter.requires_grad()) trainable_.push_back(parameter);
}

at::Tensor run_recomputed(const std::shared_ptr<Block>& block, const std::shared_ptr<ParameterHome>& home, const BlockInput& input) {
  const auto work = c10::make_intrusive<Work>();
  work->block = block;
  work->home = home;
  work->input = {{}, input.valid, {}, input.context_valid};
  work->has_context = input.context.defined();
  work->random = RandomState::now(input.x.device());
  work->autocast = AutocastState::now(input.x.device().type());
  std::vector<at::Tensor> tensors{input.x};
  if (work->has_context) tensors.push_back(input.context);
  for (const at::Tensor& leaf : home->leaves()) tensors.push_back(leaf);
  return Recompute::apply(at::TensorList(tensors), work);
}

}  // namespace chiasm::nn
