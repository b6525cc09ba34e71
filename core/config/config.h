// Reading, writing and explaining configurations (YAML). All mistakes of a file are reported at once, before any data is opened:
//   configs/ct.yaml:4:3: unknown key 'optimizer.weight_decy'; did you mean 'weight_decay'?
// Refused: unknown and duplicate keys, wrong types, values outside their rule, aliases, anchors, merge keys, tags, numbers with leading
// zeros, NaN and infinity, tabs, nesting deeper than 32, files above 1 MiB.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/config/fields.h"

namespace chiasm::config {

// A parsed YAML document with the overrides `a.b=c` laid over it (the value is YAML; a list index is a number: `tasks.0.weight=2`).
class Document {
 public:
  static Document parse(const std::string& text, const std::string& name, const std::vector<std::string>& overrides = {});
  static Document load(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  // Scalar at a dotted key as written; "" when absent. For keys that decide how the rest is read (`from:`).
  std::string scalar(const std::string& dotted_key) const;

  struct Content;
  const Content& content() const { return *content_; }

 private:
  Document();
  std::unique_ptr<Content> content_;
};

// The visitors. A reader throws one UsageError with all mistakes, sorted by line, from finish().
class Finishing : public Visitor {
 public:
  virtual void finish() = 0;
};
std::unique_ptr<Finishing> make_reader(const Document& document);
std::unique_ptr<Finishing> make_yaml_writer(std::string& yaml);
std::unique_ptr<Finishing> make_json_writer(Json& json);
std::unique_ptr<Finishing> make_explainer(std::string& text);

template <class T>
void visit_whole(Finishing& visitor, T& value) {
  visitor.begin_struct();
  fields(visitor, value);
  visitor.end_struct();
  visitor.finish();
}

// Defaults (`value`) < file < overrides. Throws UsageError with every mistake.
template <class T>
T read(const Document& document, T value = {}) {
  visit_whole(*make_reader(document), value);
  return value;
}

// The resolved configuration; `read(parse(write(c)))` equals c.
template <class T>
std::string write_yaml(T value) {
  std::string yaml;
  visit_whole(*make_yaml_writer(yaml), value);
  return yaml;
}

template <class T>
Json write_json(T value) {
  Json json;
  visit_whole(*make_json_writer(json), value);
  return json;
}

// Reference of all keys: name, type, default, rule, help; every kind of a component.
template <class T>
std::string explain(T value = {}) {
  std::string text;
  visit_whole(*make_explainer(text), value);
  return text;
}

}  // namespace chiasm::config
