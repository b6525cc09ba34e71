#include "data/jsonl.h"

#include <map>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

std::string scalar_text(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string cell_text(const Json& value) {
  if (!value.is_array()) return scalar_text(value);
  std::vector<std::string> parts;
  for (const Json& item : value) {
    if (item.is_structured()) return value.dump();
    parts.push_back(scalar_text(item));
  }
  return join(parts, "; ");
}

class TableBuilder {
 public:
  explicit TableBuilder(std::string name) : name_(std::move(name)) {}

  void add_line(const std::string& line) {
    ++line_;
    if (trim(line).empty()) return;
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) throw InputError(where() + "not a JSON object; a .jsonl source holds one whole object a line");
    cells_.clear();
    add_object(object, "");
    rows_.push_back(cells_);
  }

  Csv table() const {
    Csv out{header_, {}};
    for (const auto& row : rows_) {
      std::vector<std::string>& cells = out.rows.emplace_back(header_.size());
      for (const auto& [column, cell] : row) cells[column] = cell;
    }
    return out;
  }

 private:
  std::string where() const { return name_ + ":" + std::to_string(line_) + ": "; }

  // read_json's limit on nesting; lines are parsed by hand, so it is kept here.
  void add_object(const Json& object, const std::string& prefix, int depth = 0) {
    if (depth > 64) throw InputError(where() + "objects are nested deeper than 64");
    for (const auto& [key, value] : object.items()) {
      const std::string column = prefix + key;
      if (value.is_object()) {
        add_object(value, column + ".", depth + 1);
        continue;
      }
      const auto [place, fresh] = column_of_.try_emplace(column, header_.size());
      if (fresh) header_.push_back(column);
      if (!cells_.emplace(place->second, cell_text(value)).second)
        throw InputError(where() + "two keys become the column '" + column + "'; rename one");
    }
  }

  std::string name_;
  int64_t line_ = 0;
  std::vector<std::string> header_;
  std::map<std::string, size_t> column_of_;
  std::map<size_t, std::string> cells_;
  std::vector<std::map<size_t, std::string>> rows_;
};

}  // namespace

Csv parse_jsonl(std::string_view text, const std::string& name) {
  if (!is_utf8(text)) throw InputError(name + ": not UTF-8; JSON lines are");
  TableBuilder builder(name);
  for (const std::string& line : split(text, '\n')) builder.add_line(line);
  return builder.table();
}

}  // namespace chiasm
