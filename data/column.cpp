#include "data/column.h"

namespace chiasm {

Json to_json(const ColumnConfig& column) {
  Json json = Json::object();
  if (!column.unit.empty()) json["unit"] = column.unit;
  if (!column.missing.empty()) json["missing"] = column.missing;
  if (!column.values.empty()) json["values"] = column.values;
  if (!column.range.empty()) json["range"] = column.range;
  if (!column.limits.empty()) json["limits"] = column.limits;
  return json;
}

ColumnConfig column_from_json(const Json& json) {
  ColumnConfig column;
  column.unit = json.value("unit", std::string{});
  column.missing = json.value("missing", std::vector<std::string>{});
  column.values = json.value("values", std::map<std::string, double>{});
  column.range = json.value("range", std::vector<double>{});
  column.limits = json.value("limits", std::vector<double>{});
  return column;
}

}  // namespace chiasm
