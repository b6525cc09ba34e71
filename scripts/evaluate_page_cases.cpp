// One right and one wrong case of a page.
#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/report/html.h"
#include "core/report/picture.h"
#include "scripts/evaluate_page_overlay.h"
#include "scripts/evaluate_page_parts.h"
#include "scripts/evaluate_page_slice.h"

namespace chiasm::page {
namespace {

using evaluate::Row;

bool is_right(const Row& row) { return (row.score > 0.5) == (row.label > 0.5); }

// The surest row among the right or the wrong ones, or null. A right "present" tells more than a right "absent".
const Row* surest(const std::vector<const Row*>& rows, bool right) {
  const Row* best = nullptr;
  const auto worth = [](const Row& row) { return std::abs(row.score - 0.5) + (row.label > 0.5 ? 1.0 : 0.0); };
  for (const Row* row : rows) {
    if (is_right(*row) != right) continue;
    if (best == nullptr || (right ? worth(*row) > worth(*best) : std::abs(row->score - 0.5) > std::abs(best->score - 0.5))) best = row;
  }
  return best;
}

std::vector<std::string> study_pictures(const Images& images, const std::string& study) {
  std::vector<std::string> names, out;
  for (const auto& entry : images.preparations) names.push_back(entry.first);
  const StudyRecord record = images.store.read(images.index_of.at(study), names);
  for (const std::string& name : names) {
    const auto found = record.inputs.find(name);
    if (found == record.inputs.end()) continue;
    const Volume& source = found->second.front().volume;
    const Prepared image = prepare(source, images.preparations.at(name));
    out.push_back(figure(draw_slice(image, layout_of(image, source), image.size[0] / 2), name));
  }
  return out;
}

std::string score_case(const Images& images, const std::vector<const Row*>& rows, const Row& chosen, const std::string& title) {
  std::vector<std::vector<std::string>> table;
  for (const Row* row : rows)
    if (row->study == chosen.study)
      table.push_back({row->target, fixed(row->score, 3), row->label > 0.5 ? "present" : "absent", is_right(*row) ? "" : "wrong"});
  const std::vector<std::string> pictures = study_pictures(images, chosen.study);
  return report::heading(3, title + ": " + chosen.target + ", study " + chosen.study) +
         report::table({"finding", "probability", "truth", "at 0.5"}, table) + (pictures.empty() ? "" : report::gallery(pictures));
}

std::string score_cases(const Images& images, const std::vector<const Row*>& rows) {
  std::string out;
  if (const Row* right = surest(rows, true)) out += score_case(images, rows, *right, "Surest right finding");
  if (const Row* wrong = surest(rows, false)) out += score_case(images, rows, *wrong, "Surest wrong finding");
  return out;
}

// Best and worst mask of the structure with the fewest voxels, which is the hardest.
std::string extreme_masks(const Images& images, const Rows& rows, const Json& metrics) {
  const std::vector<MaskCase>* smallest = nullptr;
  double fewest = 0;
  const auto cases = mask_cases(rows, metrics);
  for (const auto& [structure, list] : cases) {
    double voxels = 0;
    for (const MaskCase& one : list) voxels += one.truth / static_cast<double>(list.size());
    if (smallest == nullptr || voxels < fewest) {
      smallest = &list;
      fewest = voxels;
    }
  }
  if (smallest == nullptr) return "";
  std::vector<std::string> pictures{overlay(images, smallest->front())};
  if (smallest->size() > 1) pictures.push_back(overlay(images, smallest->back()));
  std::erase(pictures, "");
  if (pictures.empty()) return "";
  return report::heading(3, "Best and worst segmentation of " + smallest->front().structure) + report::paragraph(overlay_legend) +
         report::gallery(pictures, /*large=*/true);
}

}  // namespace

std::string cases(const Images& images, const Rows& rows, const Json& metrics) {
  std::map<std::string, std::vector<const Row*>> by_task;
  for (const Row& row : rows)
    if (row.subset == "all" && !std::isnan(row.label) && !is_mask_task(metrics, row.task)) by_task[row.task].push_back(&row);
  std::string out;
  for (const auto& [task, list] : by_task) out += score_cases(images, list);
  return out + extreme_masks(images, rows, metrics);
}

}  // namespace chiasm::page
