// The tree behind a Document, and the mistakes found while it was built. Private to core/config.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace chiasm::config {

// Line and column count from 0, the column in bytes; or the dotted key of an override.
struct Place {
  int line = 0, column = 0;
  std::string override_key = {};
};

struct Node {
  struct Entry;
  enum class Type { null, scalar, sequence, mapping };

  Type type = Type::null;
  Place place = {};
  std::string text = {};            // scalar
  bool quoted = false;              // scalar
  bool refused = false;             // a mistake was reported here already
  std::vector<Entry> entries = {};  // mapping, in the order of the file
  std::vector<Node> items = {};     // sequence

  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Node::Entry {
  std::string key;
  Place place;
  Node node;
};

struct Mistake {
  Place place;
  std::string text;
};

// YAML that cannot be read on.
struct Unreadable {
  Mistake mistake;
};

struct Document::Content {
  std::string name, text;
  Node root;
  std::vector<Mistake> mistakes;  // reported by the reader together with its own
};

// Builds the tree of one YAML document; adds what is refused but does not stop the reading. Throws Unreadable.
Node parse_yaml(const std::string& text, const std::string& override_key, std::vector<Mistake>& mistakes);

// Throws one UsageError with a line for each mistake, sorted by place. Does nothing when there are none.
void report(const Document::Content& content, std::vector<Mistake> mistakes);

// "at least 1 and below 10" and "at least 1 item"; empty without bounds.
std::string bounds_text(const Rule& rule);
std::string size_text(const Rule& rule);

// A string as a YAML scalar, quoted where it needs to be.
std::string yaml_string(const std::string& text);

}  // namespace chiasm::config
