// Funnel and weights of a page.
#include <filesystem>

#include "core/base/csv.h"
#include "core/report/html.h"
#include "scripts/evaluate_page_parts.h"

namespace chiasm::page {

std::string funnel(const std::filesystem::path& store_folder) {
  const std::filesystem::path file = store_folder / "funnel.csv";
  if (!std::filesystem::exists(file)) return "";
  const Csv csv = read_csv(file);
  if (csv.rows.empty()) return "";
  return report::paragraph("What was found, accepted and refused when the data were read; the store's ledger.csv names every item.") +
         report::table(csv.header, csv.rows);
}

std::string weights(const std::filesystem::path& run_folder) {
  const std::filesystem::path file = run_folder / "run.json";
  if (!std::filesystem::exists(file)) return "";
  const Json run = read_json(file);
  if (!run.contains("weights") || !run["weights"].is_object()) return "";
  const auto count = [](const Json& value) { return value.is_number() ? value.dump() : std::to_string(value.size()); };
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, meaning] :
       {std::pair{"loaded", "loaded from the earlier run"}, {"new", "new in this run"}, {"left_out", "of the earlier run, left out"}})
    if (run["weights"].contains(key)) rows.push_back({meaning, count(run["weights"][key])});
  return rows.empty() ? "" : report::table({"weights", "tensors"}, rows);
}

}  // namespace chiasm::page
