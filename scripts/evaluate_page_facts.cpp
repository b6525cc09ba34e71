// Funnel and weights of a page.
#include <algorithm>
#include <filesystem>

#include "core/base/csv.h"
#include "core/base/text.h"
#include "core/report/html.h"
#include "scripts/evaluate_page_parts.h"

namespace chiasm::page {
namespace {

// Counts as one line an item and one column a stage, with the codes of a stage in words.
class FunnelTable {
 public:
  void add(const std::string& input, const std::string& stage, const std::string& code, long long count) {
    if (std::find(inputs_.begin(), inputs_.end(), input) == inputs_.end()) inputs_.push_back(input);
    if (std::find(stages_.begin(), stages_.end(), stage) == stages_.end()) stages_.push_back(stage);
    counts_[{input, stage}] += count;
    if (!code.empty()) reasons_[input].push_back(code + " " + std::to_string(count));
  }
  bool empty() const { return inputs_.empty(); }
  std::string table() const {
    std::vector<std::string> header{"item"};
    header.insert(header.end(), stages_.begin(), stages_.end());
    if (!reasons_.empty()) header.push_back("codes");
    std::vector<std::vector<std::string>> rows;
    for (const std::string& input : inputs_) {
      rows.push_back({input});
      for (const std::string& stage : stages_) {
        const auto found = counts_.find({input, stage});
        rows.back().push_back(found == counts_.end() ? "" : std::to_string(found->second));
      }
      if (const auto found = reasons_.find(input); found != reasons_.end()) rows.back().push_back(join(found->second, ", "));
    }
    return report::table(header, rows);
  }

 private:
  std::vector<std::string> inputs_, stages_;  // in the order of the file
  std::map<std::pair<std::string, std::string>, long long> counts_;
  std::map<std::string, std::vector<std::string>> reasons_;
};

}  // namespace

std::string funnel(const std::filesystem::path& store_folder) {
  const std::filesystem::path file = store_folder / "funnel.csv";
  if (!std::filesystem::exists(file)) return "";
  const Csv csv = read_csv(file);
  FunnelTable funnel;
  for (const auto& row : csv.rows)
    funnel.add(row[csv.at("input")], row[csv.at("stage")], row[csv.at("code")], parse_integer(row[csv.at("count")]).value_or(0));
  return funnel.empty()
             ? ""
             : report::paragraph("What was found, accepted and refused when the data were read; the store's ledger.csv names every item.") +
                   funnel.table();
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
