// Lists of encoders, fusions, tasks: parse, describe, build. A list is a plain function that returns a vector of entries (no
// self-registration). To add a component: write its pair of files and one line in the list.
//
//   struct VitConfig { int64_t depth = 6; };
//   void fields(config::Visitor& v, VitConfig& c);
//   std::shared_ptr<Encoder> build(const VitConfig& c, const InputSpec& input);
//   const Registry<Encoder, InputSpec>& encoders() {
//     static const Registry<Encoder, InputSpec> list{entry<Encoder, InputSpec, VitConfig>("volume_vit", "3-D vision transformer.")};
//     return list;
//   }
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/config/fields.h"

namespace chiasm {

// A configuration of one kind, and how to build its product in a given context.
template <class Product, class Context>
struct Builder {
  virtual ~Builder() = default;
  virtual void visit(config::Visitor& visitor) = 0;
  virtual std::shared_ptr<Product> build(const Context& context) const = 0;
  virtual std::unique_ptr<Builder> clone() const = 0;
};

template <class Product, class Context>
struct Entry {
  std::string name, help;
  std::function<std::unique_ptr<Builder<Product, Context>>()> make;
};

template <class Product, class Context>
using Registry = std::vector<Entry<Product, Context>>;

// Outside of the class, whose own build() would hide the functions to be found by argument type.
template <class Config, class Context>
auto build_from(const Config& config, const Context& context) {
  return build(config, context);
}

template <class Product, class Context, class Config>
struct ConfigBuilder final : Builder<Product, Context> {
  Config config;
  void visit(config::Visitor& visitor) override { fields(visitor, config); }
  std::shared_ptr<Product> build(const Context& context) const override { return build_from(config, context); }
  std::unique_ptr<Builder<Product, Context>> clone() const override { return std::make_unique<ConfigBuilder>(*this); }
};

// `build(const Config&, const Context&)` and `fields(Visitor&, Config&)` are found by name in namespace chiasm.
template <class Product, class Context, class Config>
Entry<Product, Context> entry(std::string name, std::string help) {
  return {std::move(name), std::move(help), [] { return std::make_unique<ConfigBuilder<Product, Context, Config>>(); }};
}

// A chosen entry with its configuration: the value a config struct holds.
template <class Product, class Context>
class Component {
 public:
  Component() = default;
  Component(const Registry<Product, Context>& list, const std::string& kind) { choose(list, kind); }
  Component(const Component& other) : kind_(other.kind_), builder_(other.builder_ ? other.builder_->clone() : nullptr) {}
  Component(Component&&) noexcept = default;
  Component& operator=(Component other) noexcept {
    kind_.swap(other.kind_);
    builder_.swap(other.builder_);
    return *this;
  }

  const std::string& kind() const { return kind_; }
  std::shared_ptr<Product> build(const Context& context) const {
    if (!builder_) throw UsageError("a component has no kind; name one with 'kind:'");
    return builder_->build(context);
  }
  // Visits `kind:` and then the fields of that kind, inside the current mapping.
  void visit(config::Visitor& visitor, const Registry<Product, Context>& list) {
    std::vector<config::Kind> kinds;
    for (const auto& item : list) kinds.push_back({item.name, item.help, [&item](config::Visitor& other) { item.make()->visit(other); }});
    const std::string wanted = visitor.kind(kind_, kinds);
    if (wanted != kind_ || !builder_) choose(list, wanted);
    if (builder_) builder_->visit(visitor);
  }

 private:
  void choose(const Registry<Product, Context>& list, const std::string& kind) {
    builder_.reset();
    kind_ = kind;
    for (const auto& item : list)
      if (item.name == kind) builder_ = item.make();
  }
  std::string kind_;
  std::unique_ptr<Builder<Product, Context>> builder_;
};

}  // namespace chiasm
