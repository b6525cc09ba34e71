#include "data/column.h"

#include "core/config/config.h"

namespace chiasm {

void fields(config::Visitor& v, ColumnConfig& c) {
  v.field("from", c.from, "Column of the table; default: the same name.");
  v.field("unit", c.unit, "Unit (UCUM), e.g. mg/L. Values in `a` (years) above 89 become 90.");
  v.field("missing", c.missing, "Codes for a missing value. A blank cell is always missing.");
  v.field("values", c.values, "Codes and the numbers they stand for.");
  v.field("range", c.range, "Lowest and highest allowed value.", {.max_size = 2});
  v.field("limits", c.limits, "Detection limits: the numbers that the cells -inf (below) and inf (above) count as.", {.max_size = 2});
  v.field("time", c.time, "Column with the date of the value, or its days after the index time; values after it are dropped.");
  v.require(c.range.empty() || (c.range.size() == 2 && c.range[0] <= c.range[1]),
            "range needs a lowest and a highest value, in this order");
  v.require(c.limits.empty() || (c.limits.size() == 2 && c.limits[0] <= c.limits[1]),
            "limits needs a lower and an upper value, in this order");
}

}  // namespace chiasm
