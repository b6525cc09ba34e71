#include "data/agreement.h"

#include <limits>

#include "data/manifest.h"

namespace chiasm {

Agreement agreement_of(const std::vector<LabelCell>& first, const std::vector<LabelCell>& second) {
  const auto judged = [](LabelCell cell) { return cell == LabelCell::positive || cell == LabelCell::negative; };
  Agreement out;
  double equal = 0, first_positive = 0, second_positive = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    if (!judged(first[i]) || !judged(second[i])) continue;
    ++out.studies;
    equal += first[i] == second[i] ? 1 : 0;
    first_positive += first[i] == LabelCell::positive ? 1 : 0;
    second_positive += second[i] == LabelCell::positive ? 1 : 0;
  }
  const double n = static_cast<double>(out.studies), p = first_positive / n, q = second_positive / n;
  const double by_chance = p * q + (1 - p) * (1 - q);
  out.observed = equal / n;
  out.kappa = out.studies > 0 && by_chance < 1 ? (out.observed - by_chance) / (1 - by_chance) : std::numeric_limits<double>::quiet_NaN();
  return out;
}

std::vector<Agreement> reader_agreement(const DatasetFile& dataset, const ScanResult& scan) {
  std::vector<Agreement> pairs;
  for (const auto& [name, target] : dataset.targets) {
    std::vector<std::vector<LabelCell>> judgements(target.readers.size());
    for (const FoundStudy& study : scan.studies) {
      const auto items = study.items.find(name);
      if (items == study.items.end() || items->second.empty() || !items->second.front().text) continue;
      const Cells cells = parse_cells(*items->second.front().text);
      for (size_t r = 0; r < target.readers.size(); ++r) {
        const auto cell = cells.find(target.readers[r]);
        judgements[r].push_back(cell == cells.end() ? LabelCell::missing : read_label(target, cell->second));
      }
    }
    for (size_t a = 0; a < judgements.size(); ++a)
      for (size_t b = a + 1; b < judgements.size(); ++b) {
        pairs.push_back(agreement_of(judgements[a], judgements[b]));
        pairs.back().target = name;
        pairs.back().first = target.readers[a];
        pairs.back().second = target.readers[b];
      }
  }
  return pairs;
}

}  // namespace chiasm
