#include <algorithm>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/config/document.h"

namespace chiasm::config {
namespace {

constexpr size_t comment_column = 40;

// One key of the reference, with what may stand below it.
struct Entry {
  std::string name = {}, help = {}, type = {}, value = {};  // value: the default as YAML
  Rule rule = {};
  bool is_list = false, optional = false;
  int64_t items = 0;  // list: items of the default
  std::vector<Entry> below = {};
};

// Lists and mappings are visited with one example item, so that its keys show.
class Explainer final : public Finishing {
 public:
  explicit Explainer(std::string& out) : out_(out) {}

  void finish() override {
    check(stack_.size() == 1, "a visitor was not left as often as it was entered");
    out_.clear();
    for (const Entry& entry : root_.below) print(entry, 0, "");
  }

  std::string kind(const std::string& current, const std::vector<Kind>& kinds) override {
    bool described = false;
    for (const Kind& kind : kinds) {
      push({.name = "kind", .help = kind.help, .type = kind.name == current ? "the default" : "", .value = kind.name});
      if (kind.fields) kind.fields(*this);
      described = described || kind.fields;
      leave();
    }
    return described ? "" : current;  // the fields of the default kind are listed already
  }

  bool enter(const std::string& name, const std::string& help, const Rule& rule) override {
    push({.name = name, .help = help, .rule = rule});
    return true;
  }
  void leave() override { stack_.pop_back(); }
  void begin_struct() override {}
  void end_struct() override {}
  void require(bool, const std::string&) override {}

 protected:
  void scalar(bool& value) override { set("true or false", value ? "true" : "false"); }
  void scalar(int64_t& value, const Rule&) override { set("whole number", std::to_string(value)); }
  void scalar(double& value, const Rule&) override { set("number", format_number(value)); }
  void scalar(std::string& value, const Rule&) override { set("text", yaml_string(value)); }

  int64_t sequence(int64_t current, const Rule& rule) override {
    top().is_list = true;
    top().items = current;
    top().rule.min_size = rule.min_size;  // arrays bring their own size
    top().rule.max_size = rule.max_size;
    return std::max<int64_t>(current, 1);
  }
  void enter_item(int64_t) override { push({.name = "-"}); }
  std::vector<std::string> keys(const std::vector<std::string>&) override { return {"NAME"}; }
  bool present(bool current) override {
    top().optional = !current;
    return true;
  }

 private:
  Entry& top() { return *stack_.back(); }

  void push(Entry entry) {
    top().below.push_back(std::move(entry));
    stack_.push_back(&top().below.back());
  }

  void set(const std::string& type, const std::string& value) {
    top().type = type;
    top().value = value;
  }

  static bool holds_scalars(const Entry& entry) {
    return entry.is_list ? holds_scalars(entry.below.at(0)) : !entry.type.empty() && entry.below.empty();
  }

  static std::string type_of(const Entry& entry) {
    if (!entry.is_list) return entry.type;
    return holds_scalars(entry) ? "list of " + type_of(entry.below[0]) : "list";
  }

  static std::string default_of(const Entry& entry) {
    if (entry.optional) return "null";
    if (entry.rule.required) return "";
    if (!entry.is_list) return entry.value;
    if (!holds_scalars(entry)) return entry.items == 0 ? "[]" : "";
    std::vector<std::string> items;
    for (int64_t i = 0; i < entry.items; ++i) items.push_back(default_of(entry.below[static_cast<size_t>(i)]));
    return "[" + join(items, ", ") + "]";
  }

  // "whole number, at least 1. Layers of the encoder."
  static std::string comment_of(const Entry& entry) {
    std::vector<std::string> facts{type_of(entry), bounds_text(entry.rule), size_text(entry.rule)};
    if (!entry.rule.choices.empty()) facts.push_back("one of " + join(entry.rule.choices, ", "));
    if (entry.rule.required) facts.push_back("required");
    if (entry.optional) facts.push_back("optional");
    std::erase(facts, "");
    return join(facts, ", ") + (facts.empty() || entry.help.empty() ? "" : ". ") + entry.help;
  }

  void print(const Entry& entry, size_t indent, const std::string& dash) {
    const std::string value = default_of(entry);
    std::string line = std::string(indent, ' ') + dash + entry.name + ":" + (value.empty() ? "" : " " + value);
    const std::string comment = comment_of(entry);
    if (!comment.empty()) {
      line.resize(std::max(line.size() + 2, comment_column), ' ');
      line += "# " + comment;
    }
    out_ += line + "\n";
    if (entry.is_list && !holds_scalars(entry))
      print_item(entry.below.at(0), indent + 2);
    else if (!entry.is_list)
      for (const Entry& below : entry.below) print(below, indent + dash.size() + 2, "");
  }

  void print_item(const Entry& item, size_t indent) {
    for (size_t i = 0; i < item.below.size(); ++i) print(item.below[i], i == 0 ? indent : indent + 2, i == 0 ? "- " : "");
  }

  std::string& out_;
  Entry root_;
  std::vector<Entry*> stack_{&root_};  // only the innermost entry grows, so the outer ones stay where they are
};

}  // namespace

std::unique_ptr<Finishing> make_explainer(std::string& text) { return std::make_unique<Explainer>(text); }

}  // namespace chiasm::config
