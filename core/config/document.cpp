#include "core/config/document.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm::config {
namespace {

constexpr size_t largest = 1 << 20;

// Position as an editor shows it: lines and characters from 1.
std::string shown(const Document::Content& content, const Place& place) {
  if (!place.override_key.empty()) return "--set " + place.override_key;
  size_t start = 0;
  for (int line = 0; line < place.line && start < content.text.size(); ++line)
    start = std::min(content.text.find('\n', start), content.text.size() - 1) + 1;
  const std::string_view before = std::string_view(content.text).substr(start, static_cast<size_t>(place.column));
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return content.name + ":" + std::to_string(place.line + 1) + ":" + std::to_string(characters + 1);
}

// `mode: lora` and `mode: {kind: lora}` are the same, so `--set mode.rank=4` can go on from either.
void make_mapping(Node& node) {
  Node kind = node;
  node = Node{.type = Node::Type::mapping, .place = kind.place};
  if (kind.type == Node::Type::scalar) node.entries.push_back({"kind", kind.place, kind});
}

Node& child(Node& node, const std::string& key, const std::string& path, const Place& place) {
  if (node.type == Node::Type::sequence) {
    const auto index = parse_integer(key);
    const auto count = static_cast<long long>(node.items.size());
    if (!index || *index < 0 || *index >= count)
      throw Unreadable{{place, "'" + path + "' is a list of " + std::to_string(count) + "; '" + key + "' is not an index of it"}};
    return node.items[static_cast<size_t>(*index)];
  }
  if (node.type != Node::Type::mapping) make_mapping(node);
  if (Node* found = node.find(key)) return *found;
  node.entries.push_back({key, place, {.place = place}});
  return node.entries.back().node;
}

void assign(Document::Content& content, const std::string& assignment, const Place& place) {
  if (place.override_key.size() == assignment.size()) throw Unreadable{{place, "has no '='; write KEY=VALUE"}};
  const std::vector<std::string> keys = split(place.override_key, '.');
  if (std::find(keys.begin(), keys.end(), "") != keys.end()) throw Unreadable{{place, "has an empty name between its dots"}};
  Node value = parse_yaml(assignment.substr(place.override_key.size() + 1), place.override_key, content.mistakes);
  Node* node = &content.root;
  std::string path;
  for (const std::string& key : keys) {
    node = &child(*node, key, path, place);
    path += (path.empty() ? "" : ".") + key;
  }
  value.place = place;
  *node = std::move(value);
}

void apply_override(Document::Content& content, const std::string& assignment) {
  try {
    assign(content, assignment, {.override_key = assignment.substr(0, assignment.find('='))});
  } catch (const Unreadable& error) {
    content.mistakes.push_back(error.mistake);
  }
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry.node;
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

void report(const Document::Content& content, std::vector<Mistake> mistakes) {
  if (mistakes.empty()) return;
  const auto order = [](const Mistake& mistake) {
    const Place& place = mistake.place;
    return std::tuple(!place.override_key.empty(), place.line, place.column);  // overrides last, in their own order
  };
  std::stable_sort(mistakes.begin(), mistakes.end(), [&](const Mistake& a, const Mistake& b) { return order(a) < order(b); });
  std::vector<std::string> lines;
  for (const Mistake& mistake : mistakes) lines.push_back(shown(content, mistake.place) + ": " + mistake.text);
  throw UsageError(join(lines, "\n"));
}

Document::Document() : content_(std::make_unique<Content>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Document Document::parse(const std::string& text, const std::string& name, const std::vector<std::string>& overrides) {
  if (text.size() > largest) throw UsageError(name + ": larger than 1 MiB; this is not a configuration");
  Document document;
  Content& content = *document.content_;
  content.name = name;
  content.text = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
  try {
    content.root = parse_yaml(content.text, "", content.mistakes);
  } catch (const Unreadable& error) {
    content.mistakes.push_back(error.mistake);
    report(content, content.mistakes);
  }
  for (const std::string& assignment : overrides) apply_override(content, assignment);
  return document;
}

Document Document::load(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size > largest) throw UsageError(path.string() + ": larger than 1 MiB; this is not a configuration");
  try {
    return parse(read_file(path), path.string(), overrides);
  } catch (const InputError& unreadable) {
    throw UsageError(unreadable.what());
  }
}

std::string Document::scalar(const std::string& dotted_key) const {
  const Node* node = &content_->root;
  for (const std::string& key : split(dotted_key, '.')) {
    if (node->type == Node::Type::scalar && key == "kind") continue;  // `mode: lora` is `mode: {kind: lora}`
    const auto index = node->type == Node::Type::sequence ? parse_integer(key) : std::nullopt;
    const bool inside = index && *index >= 0 && *index < static_cast<long long>(node->items.size());
    node = inside ? &node->items[static_cast<size_t>(*index)] : node->find(key);
    if (!node) return "";
  }
  return node->text;
}

}  // namespace chiasm::config
