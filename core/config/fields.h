// One description per configuration struct. Reader, writer, `--set`, checks and `config explain` are visitors over it.
//
//   struct Optimizer {
//     double lr = 1e-3;       // the default stands in the declaration
//     std::vector<std::string> skip;
//   };
//   inline void fields(config::Visitor& v, Optimizer& c) {
//     v.field("lr", c.lr, "Peak learning rate.", {.above = 0.0, .at_most = 10.0});
//     v.field("skip", c.skip, "Parameters that do not decay.");
//   }
//
// A field may be: bool, int64_t, double, std::string, an array, vector, optional or string-keyed map of these, a struct with its own
// fields(), or a Component (core/registry.h), whose `kind` chooses the struct.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chiasm::config {

// The rule a value must keep. Numbers: bounds; strings: one of `choices` (empty = any); sequences: length bounds.
struct Rule {
  std::optional<double> at_least = {}, above = {}, at_most = {}, below = {};
  std::vector<std::string> choices = {};
  std::optional<int64_t> min_size = {}, max_size = {};
  bool required = false;  // must stand in the file
};

class Visitor;

struct Kind {
  std::string name, help;
  // Visits the fields of this kind, with their defaults: for the reference, and to tell whose key a misplaced key is.
  std::function<void(Visitor&)> fields = {};
};

class Visitor {
 public:
  virtual ~Visitor() = default;

  template <class T>
  void field(const std::string& name, T& value, const std::string& help, const Rule& rule = {}) {
    if (!enter(name, help, rule)) return;
    visit(value, rule);
    leave();
  }

  // The chosen kind of a component: reads `kind:` in the current mapping (a bare scalar `mode: full` is the kind alone).
  virtual std::string kind(const std::string& current, const std::vector<Kind>& kinds) = 0;

  // For values of other types: overloads call these. `enter` is false when the visitor has nothing to do at this key.
  virtual bool enter(const std::string& name, const std::string& help, const Rule& rule) = 0;
  virtual void leave() = 0;
  // Structs: begin and end of a mapping with fixed keys. At the end a reader reports unknown keys.
  virtual void begin_struct() = 0;
  virtual void end_struct() = 0;
  // A rule over several fields of the current mapping. The message says rule and mend.
  virtual void require(bool holds, const std::string& message) = 0;

 protected:
  virtual void scalar(bool& value) = 0;
  virtual void scalar(int64_t& value, const Rule& rule) = 0;
  virtual void scalar(double& value, const Rule& rule) = 0;
  virtual void scalar(std::string& value, const Rule& rule) = 0;
  // Sequences: wanted number of items now (a reader resizes to the file), then one enter_item/leave around each.
  virtual int64_t sequence(int64_t current, const Rule& rule) = 0;
  virtual void enter_item(int64_t index) = 0;
  // Mappings with free keys: the keys to visit (a reader takes those of the file).
  virtual std::vector<std::string> keys(const std::vector<std::string>& current) = 0;
  // Optional values: whether a value is wanted.
  virtual bool present(bool current) = 0;

 private:
  void visit(bool& value, const Rule&) { scalar(value); }
  void visit(int64_t& value, const Rule& rule) { scalar(value, rule); }
  void visit(double& value, const Rule& rule) { scalar(value, rule); }
  void visit(std::string& value, const Rule& rule) { scalar(value, rule); }

  template <class T>
  void visit(std::vector<T>& items, const Rule& rule) {
    items.resize(static_cast<size_t>(sequence(static_cast<int64_t>(items.size()), rule)));
    for (size_t i = 0; i < items.size(); ++i) item(items[i], static_cast<int64_t>(i), rule);
  }
  void visit(std::vector<bool>&, const Rule&) = delete;
  template <class T, size_t n>
  void visit(std::array<T, n>& items, const Rule& rule) {
    Rule fixed = rule;
    fixed.min_size = fixed.max_size = static_cast<int64_t>(n);
    const int64_t count = sequence(static_cast<int64_t>(n), fixed);
    for (int64_t i = 0; i < count && i < static_cast<int64_t>(n); ++i) item(items[static_cast<size_t>(i)], i, rule);
  }
  template <class T>
  void visit(std::map<std::string, T>& items, const Rule& rule) {
    std::vector<std::string> current;
    for (const auto& entry : items) current.push_back(entry.first);
    const std::vector<std::string> wanted = keys(current);
    std::map<std::string, T> next;
    for (const std::string& key : wanted) {
      auto old = items.find(key);
      T& value = next.emplace(key, old == items.end() ? T{} : old->second).first->second;
      if (!enter(key, "", Rule{})) continue;
      visit(value, rule);
      leave();
    }
    items = std::move(next);
  }
  template <class T>
  void visit(std::optional<T>& value, const Rule& rule) {
    if (!present(value.has_value())) {
      value.reset();
      return;
    }
    if (!value) value.emplace();
    visit(*value, rule);
  }
  template <class T>
  requires requires(Visitor& v, T& c) { fields(v, c); }
  void visit(T& value, const Rule&) {
    begin_struct();
    fields(*this, value);
    end_struct();
  }
  template <class T>
  void item(T& value, int64_t index, const Rule& rule) {
    enter_item(index);
    Rule inner = rule;
    inner.min_size.reset();
    inner.max_size.reset();
    visit(value, inner);
    leave();
  }
};

}  // namespace chiasm::config
