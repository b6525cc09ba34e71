// yaml-cpp 0.7 keeps the first of two equal keys, expands aliases, reads 010 as 8 and closes open quotes at the end of a file without a
// word, so its events are judged one by one.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "core/base/text.h"
#include "core/config/document.h"

namespace chiasm::config {
namespace {

constexpr size_t deepest = 32;

bool has_leading_zero(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9' && parse_number(text);
}

// Whether the quoted text that starts at the front of `text` ends. yaml-cpp closes it at the end of a file by itself.
bool closes_quote(std::string_view text) {
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); ++i) {
    const bool escape = quote == '"' ? text[i] == '\\' : text.substr(i).starts_with("''");
    if (!escape && text[i] == quote) return true;
    if (escape) ++i;
  }
  return false;
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(const std::string& text, const std::string& override_key, std::vector<Mistake>& mistakes)
      : text_(text), override_key_(override_key), mistakes_(mistakes) {}

  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(judged(Node::Type::null, mark, "", anchor)); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node{.place = place(mark), .refused = true};
    mistakes_.push_back({node.place, "aliases (*name) are not allowed; repeat the value"});
    add(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node = judged(Node::Type::scalar, mark, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
    const std::string_view source = std::string_view(text_).substr(std::min(static_cast<size_t>(mark.pos), text_.size()));
    if (node.quoted && (source.starts_with('"') || source.starts_with('\'')) && !closes_quote(source))
      throw Unreadable{{node.place, "a quoted text has no closing quote"}};
    if (!node.quoted && has_leading_zero(value)) refuse(node, "'" + value + "' has a leading zero; remove it, or quote a text");
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(judged(Node::Type::sequence, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(judged(Node::Type::mapping, mark, tag, anchor));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::optional<Node> key = {};  // of a mapping, while its value is awaited
    std::unordered_map<std::string, Place> keys = {};
    bool awaits_key() const { return node.type == Node::Type::mapping && !key; }
  };

  Place place(const YAML::Mark& mark) const {
    return override_key_.empty() ? Place{mark.line, mark.column} : Place{.override_key = override_key_};
  }

  void refuse(Node& node, const std::string& text) {
    node.refused = true;
    mistakes_.push_back({node.place, text});
  }

  Node judged(Node::Type type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Node node{.type = type, .place = place(mark)};
    const bool plain_tag = tag.empty() || tag == "?" || tag == "!";  // "!" also stands for quotes
    const auto at = static_cast<size_t>(mark.pos);
    if (anchor != 0) refuse(node, "anchors (&name) are not allowed; repeat the value where it is needed");
    if (!plain_tag || (at < text_.size() && text_[at] == '!')) refuse(node, "tags (!name) are not allowed; remove the tag");
    return node;
  }

  void open(Node node) {
    if (!stack_.empty() && stack_.back().awaits_key())
      throw Unreadable{{node.place, "a list or mapping stands where a key should; is a bracket not closed?"}};
    if (stack_.size() == deepest) throw Unreadable{{node.place, "nested deeper than " + std::to_string(deepest)}};
    stack_.push_back({std::move(node)});
  }

  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.type == Node::Type::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      add_key(parent, std::move(node));
    } else {
      if (node.type == Node::Type::null) node.place = parent.key->place;  // yaml-cpp gives the place of the mapping
      parent.node.entries.push_back({std::move(parent.key->text), parent.key->place, std::move(node)});
      parent.key.reset();
    }
  }

  void add_key(Open& parent, Node key) {
    if (key.type != Node::Type::scalar) throw Unreadable{{key.place, "a key must be a name"}};
    if (key.text == "<<" && !key.quoted) mistakes_.push_back({key.place, "merge keys (<<) are not allowed; repeat the values"});
    const auto [first, fresh] = parent.keys.try_emplace(key.text, key.place);
    if (!fresh) mistakes_.push_back({key.place, "duplicate key '" + path(key.text) + "'" + first_place(first->second)});
    parent.key = std::move(key);
  }

  std::string first_place(const Place& place) const {
    return override_key_.empty() ? "; it stands in line " + std::to_string(place.line + 1) + " already" : "";
  }

  std::string path(const std::string& last) const {
    std::string dotted = override_key_.empty() ? "" : override_key_ + ".";
    for (size_t i = 0; i + 1 < stack_.size(); ++i)
      dotted += (stack_[i].key ? stack_[i].key->text : std::to_string(stack_[i].node.items.size())) + ".";
    return dotted + last;
  }

  const std::string& text_;
  const std::string& override_key_;
  std::vector<Mistake>& mistakes_;
  std::vector<Open> stack_;
  Node root_;
};

// Reads on past the first document and notes that there is another.
class Rest final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Bytes that no configuration needs and that other readers take in other ways.
void check_bytes(const std::string& text, const std::string& override_key) {
  Place place{.override_key = override_key};
  if (!is_utf8(text)) throw Unreadable{{place, "not UTF-8; save the file as UTF-8"}};
  for (const char c : text) {
    if (c == '\t') throw Unreadable{{place, "a tab character; use spaces"}};
    if ((c >= 0 && c < ' ' && c != '\n' && c != '\r') || c == 0x7F) throw Unreadable{{place, "a control character"}};
    place.column = c == '\n' ? 0 : place.column + 1;
    place.line += c == '\n';
  }
}

}  // namespace

Node parse_yaml(const std::string& text, const std::string& override_key, std::vector<Mistake>& mistakes) {
  check_bytes(text, override_key);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder(text, override_key, mistakes);
    parser.HandleNextDocument(builder);
    Rest rest;
    if (parser.HandleNextDocument(rest))
      mistakes.push_back({{.override_key = override_key}, "more than one YAML document; keep one, and check the indentation"});
    return builder.take_root();
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 0 : error.mark.line, column = error.mark.is_null() ? 0 : error.mark.column;
    throw Unreadable{{{line, column, override_key}, "not valid YAML: " + error.msg}};
  }
}

}  // namespace chiasm::config
