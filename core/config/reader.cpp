#include <algorithm>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/config/document.h"

namespace chiasm::config {
namespace {

// The names of the fields on the outermost level.
class FieldNames final : public Visitor {
 public:
  std::vector<std::string> names;

  std::string kind(const std::string& current, const std::vector<Kind>&) override { return current; }
  bool enter(const std::string& name, const std::string&, const Rule&) override {
    names.push_back(name);
    return false;
  }
  void leave() override {}
  void begin_struct() override {}
  void end_struct() override {}
  void require(bool, const std::string&) override {}

 protected:
  void scalar(bool&) override {}
  void scalar(int64_t&, const Rule&) override {}
  void scalar(double&, const Rule&) override {}
  void scalar(std::string&, const Rule&) override {}
  int64_t sequence(int64_t current, const Rule&) override { return current; }
  void enter_item(int64_t) override {}
  std::vector<std::string> keys(const std::vector<std::string>& current) override { return current; }
  bool present(bool current) override { return current; }
};

std::string described(const Node& node) {
  switch (node.type) {
    case Node::Type::null:
      return "nothing";
    case Node::Type::scalar:
      return node.quoted ? yaml_string(node.text) : "'" + node.text + "'";
    case Node::Type::sequence:
      return "a list";
    case Node::Type::mapping:
      break;
  }
  return "a mapping";
}

bool within(const Rule& rule, double value) {
  return (!rule.at_least || value >= *rule.at_least) && (!rule.above || value > *rule.above) && (!rule.at_most || value <= *rule.at_most) &&
         (!rule.below || value < *rule.below);
}

class Reader final : public Finishing {
 public:
  explicit Reader(const Document::Content& content) : content_(content), mistakes_(content.mistakes) {
    static const Node empty_file{.type = Node::Type::mapping};
    const bool empty = content.root.type == Node::Type::null && !content.root.refused;
    stack_.push_back({.node = empty ? &empty_file : usable(&content.root), .place = content.root.place});
  }

  void finish() override {
    check(stack_.size() == 1, "a visitor was not left as often as it was entered");
    report(content_, mistakes_);
  }

  std::string kind(const std::string& current, const std::vector<Kind>& kinds) override {
    Frame& frame = stack_.back();
    frame.kinds = kinds;
    frame.known.push_back("kind");
    const bool bare = std::exchange(frame.bare_scalar, false);
    const Node* node = bare ? frame.node : find("kind");
    frame.kind = node ? chosen(*node, bare ? path() : path("kind"), kinds) : current;
    if (!node && current.empty() && frame.node) mistake(frame.place, "missing key '" + path("kind") + "'" + known_kinds(kinds));
    if (frame.kind.empty()) frame.open_keys = true;  // nobody knows which keys belong here
    return frame.kind.empty() ? current : frame.kind;
  }

  bool enter(const std::string& name, const std::string& help, const Rule& rule) override {
    Frame& frame = stack_.back();
    refuse_bare_scalar(frame);
    frame.known.push_back(name);
    const Node* node = find(name);
    if (!node && rule.required && !frame.lenient) mistake(frame.place, "missing key '" + path(name) + "': " + help);
    stack_.push_back({.node = usable(node),
                      .place = node ? node->place : frame.place,
                      .name = name,
                      .lenient = frame.lenient || (node && node->refused)});
    return true;
  }

  void leave() override { stack_.pop_back(); }

  void begin_struct() override {
    Frame& frame = stack_.back();
    frame.mistakes_before = mistakes_.size();
    if (!frame.node || frame.node->type == Node::Type::mapping) return;
    if (frame.node->type == Node::Type::scalar)
      frame.bare_scalar = true;  // may be the kind alone
    else
      expected("a mapping");
  }

  void end_struct() override {
    Frame& frame = stack_.back();
    refuse_bare_scalar(frame);
    if (!frame.node || frame.node->type != Node::Type::mapping || frame.open_keys) return;
    for (const Node::Entry& entry : frame.node->entries)
      if (std::find(frame.known.begin(), frame.known.end(), entry.key) == frame.known.end() && entry.key != "<<")
        mistake(entry.place, unknown_key(frame, entry.key));
  }

  void require(bool holds, const std::string& message) override {
    const Frame& frame = stack_.back();
    // After another mistake in this mapping the fields hold defaults that the rule was not meant for.
    if (holds || mistakes_.size() != frame.mistakes_before) return;
    mistake(frame.place, stack_.size() == 1 ? message : "'" + path() + "': " + message);
  }

 protected:
  void scalar(bool& value) override {
    const Node* node = scalar_node("true or false");
    if (!node) return;
    if (node->quoted || (node->text != "true" && node->text != "false")) return expected("true or false");
    value = node->text == "true";
  }

  void scalar(int64_t& value, const Rule& rule) override {
    const Node* node = scalar_node("a whole number");
    if (!node) return;
    const auto number = node->quoted ? std::nullopt : parse_integer(node->text);
    if (!number) return expected("a whole number");
    if (keeps_bounds(rule, static_cast<double>(*number))) value = *number;
  }

  void scalar(double& value, const Rule& rule) override {
    const Node* node = scalar_node("a number");
    if (!node) return;
    const auto number = node->quoted ? std::nullopt : parse_number(node->text);
    if (!number) return expected("a finite number");
    if (keeps_bounds(rule, *number)) value = *number;
  }

  void scalar(std::string& value, const Rule& rule) override {
    const Node* node = scalar_node("a text");
    if (!node) return;
    const bool allowed = rule.choices.empty() || std::find(rule.choices.begin(), rule.choices.end(), node->text) != rule.choices.end();
    if (!allowed) return mistake(node->place, "'" + path() + "' is '" + node->text + "'" + did_you_mean(node->text, rule.choices));
    value = node->text;
  }

  int64_t sequence(int64_t current, const Rule& rule) override {
    const Node* node = stack_.back().node;
    if (!node) return current;
    if (node->type != Node::Type::sequence) {
      expected("a list", node->type == Node::Type::scalar ? "; write [" + (node->quoted ? yaml_string(node->text) : node->text) + "]" : "");
      return current;
    }
    const auto size = static_cast<int64_t>(node->items.size());
    if (size < rule.min_size.value_or(size) || size > rule.max_size.value_or(size))
      mistake(node->place, "'" + path() + "' has " + size_text({.min_size = size, .max_size = size}) + "; it must have " + size_text(rule));
    return size;
  }

  void enter_item(int64_t index) override {
    const Frame& list = stack_.back();
    const bool in_file = list.node && list.node->type == Node::Type::sequence && index < static_cast<int64_t>(list.node->items.size());
    const Node* node = in_file ? &list.node->items[static_cast<size_t>(index)] : nullptr;
    stack_.push_back(
        {.node = usable(node), .place = node ? node->place : list.place, .name = std::to_string(index), .lenient = !node || node->refused});
  }

  std::vector<std::string> keys(const std::vector<std::string>& current) override {
    Frame& frame = stack_.back();
    if (!frame.node) {
      frame.lenient = true;  // entries that the file did not write were complete before
      return current;
    }
    if (frame.node->type != Node::Type::mapping) {
      expected("a mapping");
      return current;
    }
    std::vector<std::string> names;
    for (const Node::Entry& entry : frame.node->entries) names.push_back(entry.key);
    return names;
  }

  bool present(bool current) override {
    const Frame& frame = stack_.back();
    return frame.node ? frame.node->type != Node::Type::null : current;
  }

 private:
  // A place in the configuration: its node in the file, or none where the default stays.
  struct Frame {
    const Node* node = nullptr;
    Place place = {};  // of the node, or of what encloses it
    std::string name = {};
    bool lenient = false;      // no key is required here
    bool bare_scalar = false;  // a scalar where a mapping began
    bool open_keys = false;    // keys are not judged
    std::vector<std::string> known = {};
    std::string kind = {};
    std::vector<Kind> kinds = {};
    size_t mistakes_before = 0;
  };

  static const Node* usable(const Node* node) { return node && !node->refused ? node : nullptr; }

  // Dotted path of the current place, or of a key in it.
  std::string path(const std::string& key = {}) const {
    std::vector<std::string> names;
    for (size_t i = 1; i < stack_.size(); ++i) names.push_back(stack_[i].name);
    if (!key.empty()) names.push_back(key);
    return join(names, ".");
  }

  const Node* find(const std::string& key) const {
    const Node* node = stack_.back().node;
    return node && node->type == Node::Type::mapping ? node->find(key) : nullptr;
  }

  void mistake(const Place& place, const std::string& text) { mistakes_.push_back({place, text}); }

  // Reports the current node as of the wrong type and goes on with the default.
  void expected(const std::string& what, const std::string& mend = {}) {
    Frame& frame = stack_.back();
    const std::string who = stack_.size() == 1 ? "the file" : "'" + path() + "'";
    mistake(frame.place, who + " must be " + what + "; found " + described(*frame.node) + mend);
    frame.node = nullptr;
    frame.lenient = true;
  }

  void refuse_bare_scalar(Frame& frame) {
    if (std::exchange(frame.bare_scalar, false)) expected("a mapping");
  }

  const Node* scalar_node(const std::string& what) {
    const Node* node = stack_.back().node;
    if (!node || node->type == Node::Type::scalar) return node;
    expected(what);
    return nullptr;
  }

  bool keeps_bounds(const Rule& rule, double value) {
    if (within(rule, value)) return true;
    mistake(stack_.back().place, "'" + path() + "' is " + stack_.back().node->text + "; it must be " + bounds_text(rule));
    return false;
  }

  static std::vector<std::string> names_of(const std::vector<Kind>& kinds) {
    std::vector<std::string> names;
    for (const Kind& kind : kinds) names.push_back(kind.name);
    return names;
  }

  static std::string known_kinds(const std::vector<Kind>& kinds) { return "; known: " + join(names_of(kinds), ", "); }

  // The kind that a node names, or "" after a mistake.
  std::string chosen(const Node& node, const std::string& where, const std::vector<Kind>& kinds) {
    const std::vector<std::string> names = names_of(kinds);
    if (node.refused) return "";
    if (node.type != Node::Type::scalar) {
      mistake(node.place, "'" + where + "' must be a kind; found " + described(node) + known_kinds(kinds));
    } else if (std::find(names.begin(), names.end(), node.text) != names.end()) {
      return node.text;
    } else {
      mistake(node.place, "'" + where + "' is '" + node.text + "'" + did_you_mean(node.text, names));
    }
    return "";
  }

  std::string unknown_key(const Frame& frame, const std::string& key) const {
    std::vector<std::string> owners;
    for (const Kind& kind : frame.kinds) {
      FieldNames fields;
      if (kind.fields) kind.fields(fields);
      if (std::find(fields.names.begin(), fields.names.end(), key) != fields.names.end()) owners.push_back("'" + kind.name + "'");
    }
    if (!owners.empty()) return "key '" + path(key) + "' belongs to kind " + join(owners, ", ") + "; the kind here is '" + frame.kind + "'";
    return "unknown key '" + path(key) + "'" + (frame.kind.empty() ? "" : " of kind '" + frame.kind + "'") + did_you_mean(key, frame.known);
  }

  const Document::Content& content_;
  std::vector<Mistake> mistakes_;
  std::vector<Frame> stack_;
};

}  // namespace

std::unique_ptr<Finishing> make_reader(const Document& document) { return std::make_unique<Reader>(document.content()); }

}  // namespace chiasm::config
