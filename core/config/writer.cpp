#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/config/document.h"

namespace chiasm::config {
namespace {

// Collects the values as JSON; both writers start from it.
class Collector : public Finishing {
 public:
  void finish() override { check(stack_.size() == 1, "a visitor was not left as often as it was entered"); }

  std::string kind(const std::string& current, const std::vector<Kind>&) override {
    top()["kind"] = current;
    return current;
  }
  bool enter(const std::string& name, const std::string&, const Rule&) override {
    stack_.push_back(&(top()[name] = nullptr));
    return true;
  }
  void leave() override { stack_.pop_back(); }
  void begin_struct() override { top() = Json::object(); }
  void end_struct() override {}
  void require(bool, const std::string&) override {}

 protected:
  void scalar(bool& value) override { top() = value; }
  void scalar(int64_t& value, const Rule&) override { top() = value; }
  void scalar(double& value, const Rule&) override { top() = value; }
  void scalar(std::string& value, const Rule&) override { top() = value; }
  int64_t sequence(int64_t current, const Rule&) override {
    top() = Json::array();
    return current;
  }
  void enter_item(int64_t) override {
    top().push_back(nullptr);
    stack_.push_back(&top().back());
  }
  std::vector<std::string> keys(const std::vector<std::string>& current) override {
    top() = Json::object();
    return current;
  }
  bool present(bool current) override { return current; }

  Json root_;

 private:
  Json& top() { return *stack_.back(); }
  std::vector<Json*> stack_{&root_};  // only the innermost value grows, so the outer ones stay where they are
};

class JsonWriter final : public Collector {
 public:
  explicit JsonWriter(Json& out) : out_(out) {}
  void finish() override {
    Collector::finish();
    out_ = root_;
  }

 private:
  Json& out_;
};

bool nested(const Json& json) {
  return (json.is_object() && !json.empty()) ||
         (json.is_array() && std::any_of(json.begin(), json.end(), [](const Json& item) { return nested(item); }));
}

// Everything on one line.
std::string flow(const Json& json) {
  if (json.is_string()) return yaml_string(json.get<std::string>());
  if (json.is_number_float()) return format_number(json.get<double>());
  if (json.is_object()) return "{}";
  if (!json.is_array()) return json.dump();
  std::vector<std::string> items;
  for (const Json& item : json) items.push_back(flow(item));
  return "[" + join(items, ", ") + "]";
}

std::string block(const Json& json, size_t indent);

std::string block_sequence(const Json& json, size_t indent) {
  std::string yaml;
  for (const Json& item : json) {
    std::string text = nested(item) ? block(item, indent + 2) : std::string(indent + 2, ' ') + flow(item) + "\n";
    text[indent] = '-';
    yaml += text;
  }
  return yaml;
}

std::string block(const Json& json, size_t indent) {
  if (json.is_array()) return block_sequence(json, indent);
  std::string yaml;
  for (const auto& [key, value] : json.items()) {
    yaml += std::string(indent, ' ') + yaml_string(key) + ":";
    yaml += nested(value) ? "\n" + block(value, indent + 2) : " " + flow(value) + "\n";
  }
  return yaml;
}

class YamlWriter final : public Collector {
 public:
  explicit YamlWriter(std::string& out) : out_(out) {}
  void finish() override {
    Collector::finish();
    out_ = nested(root_) ? block(root_, 0) : flow(root_) + "\n";
  }

 private:
  std::string& out_;
};

// Words that YAML 1.1 or 1.2 readers take for something else than a text.
bool is_yaml_word(const std::string& text) {
  static const std::array<std::string, 11> words{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"};
  return std::find(words.begin(), words.end(), lower(text)) != words.end();
}

bool is_plain(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  const auto inside = [&](char c) { return letter(c) || std::string_view("_./+- ").find(c) != std::string_view::npos; };
  if (text.empty() || !(letter(text[0]) || text[0] == '/' || text[0] == '_') || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), inside);
}

// Not only numbers: dates, versions, hexadecimal numbers and the like start with a digit too.
bool starts_like_number(const std::string& text) { return text[0] >= '0' && text[0] <= '9'; }

}  // namespace

std::string yaml_string(const std::string& text) {
  if (is_plain(text) && !starts_like_number(text) && !is_yaml_word(text)) return text;
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\')
      (quoted += '\\') += c;
    else if (c == '\n')
      quoted += "\\n";
    else if (c == '\t')
      quoted += "\\t";
    else if (byte < 0x20 || byte == 0x7F)
      ((quoted += "\\x") += digits[byte >> 4]) += digits[byte & 15];
    else
      quoted += c;
  }
  return quoted + '"';
}

std::unique_ptr<Finishing> make_yaml_writer(std::string& yaml) { return std::make_unique<YamlWriter>(yaml); }
std::unique_ptr<Finishing> make_json_writer(Json& json) { return std::make_unique<JsonWriter>(json); }

}  // namespace chiasm::config
