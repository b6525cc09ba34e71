#include "scripts/scan_page.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/report/html.h"
#include "core/report/picture.h"
#include "data/agreement.h"
#include "data/image_file.h"
#include "data/reasons.h"
#include "scripts/evaluate_page_slice.h"

namespace chiasm {

namespace {

constexpr size_t shown_studies = 16;

struct Count {
  std::string input, stage, code;
  int64_t number = 0;
};

std::vector<Count> counts_of(const Funnel& funnel) {
  std::vector<Count> counts;
  for (const auto& row : parse_csv(funnel.csv(), "funnel").rows)
    counts.push_back({row[0], row[1], row[2], parse_integer(row[3]).value_or(0)});
  return counts;
}

// A row for each input and target, a column for each stage; the codes of a stage together.
std::string funnel_table(const std::vector<Count>& counts) {
  std::vector<std::string> stages, inputs;
  std::map<std::pair<std::string, std::string>, int64_t> totals;
  for (const Count& count : counts) {
    if (count.input.find('.') != std::string::npos) continue;  // a class: told with the labels
    if (std::find(stages.begin(), stages.end(), count.stage) == stages.end()) stages.push_back(count.stage);
    if (std::find(inputs.begin(), inputs.end(), count.input) == inputs.end()) inputs.push_back(count.input);
    totals[{count.input, count.stage}] += count.number;
  }
  std::vector<std::vector<std::string>> rows;
  for (const std::string& input : inputs) {
    rows.push_back({input});
    for (const std::string& stage : stages) rows.back().push_back(std::to_string(totals[{input, stage}]));
  }
  std::vector<std::string> header{"input or target"};
  header.insert(header.end(), stages.begin(), stages.end());
  return report::table(header, rows);
}

// Labels by their meaning.
std::string class_table(const std::vector<Count>& counts) {
  std::vector<std::vector<std::string>> rows;
  for (const Count& count : counts)
    if (count.stage == "found" && !count.code.empty()) rows.push_back({count.input, count.code, std::to_string(count.number)});
  return rows.empty() ? "" : report::heading(2, "Labels") + report::table({"class", "value", "studies"}, rows);
}

std::string refusal_table(const ScanResult& result) {
  std::map<std::pair<std::string, std::string>, int64_t> refused;
  for (const ScanRefusal& refusal : result.refusals) ++refused[{refusal.input, refusal.code}];
  if (refused.empty()) return report::paragraph("Nothing was refused.");
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, number] : refused) {
    const Reason& why = reason(key.second);
    rows.push_back({key.first.empty() ? "archive" : key.first, key.second, std::to_string(number), why.meaning, why.mend});
  }
  return report::table({"input or target", "code", "items", "what it means", "what to do"}, rows);
}

std::string agreement_table(const std::vector<Agreement>& pairs) {
  if (pairs.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const Agreement& pair : pairs)
    rows.push_back({pair.target, pair.first, pair.second, std::to_string(pair.studies), fixed(pair.observed, 3), fixed(pair.kappa, 3)});
  return report::heading(2, "Readers") +
         report::table({"target", "reader", "other reader", "studies of both", "equal", "Cohen's kappa"}, rows);
}

Volume read_series(const dicom::Group& group) {
  dicom::ReadResult read = dicom::read_group(group);
  if (!read.volume) throw Refused(read.code, read.detail);
  return std::move(*read.volume);
}

Volume read_item(const FoundItem& item) {
  if (item.series) return read_series(item.series->files.open());
  if (is_image_file(item.path)) return read_image_file(item.path);
  const auto groups = dicom::group_files(dicom::scan_tree(item.path, 1));
  if (groups.size() != 1) throw Refused("AMBIGUOUS", "the path holds more than one volume, or none");
  return read_series(groups.front());
}

std::string figure_of(const std::string& name, const std::string& modality, const std::string& study, const FoundItem& item) {
  try {
    const Volume volume = read_item(item);
    const Prepared image = prepare(volume, page::small_view(volume, modality));
    std::string caption = name + ", " + study + ". " + page::size_text(volume.size);
    if (volume.size[0] > 1) caption += " of " + page::spacing_text(spacing_mm(volume));
    return page::figure(page::draw_slice(image, page::layout_of(image, volume), image.size[0] / 2), caption);
  } catch (const Refused& refused) {
    return report::banner(name + ", " + study + ": " + refused.code + ", " + refused.detail, true);
  }
}

std::string pictures(const DatasetFile& dataset, const ScanResult& result) {
  std::vector<size_t> order(result.studies.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random random(hash_key(1, "scan page"));
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[static_cast<size_t>(random.integer(static_cast<int64_t>(i)))]);
  order.resize(std::min(order.size(), shown_studies));
  std::sort(order.begin(), order.end());
  std::vector<std::string> figures;
  for (const size_t index : order)
    for (const auto& [name, items] : result.studies[index].items) {
      const auto input = dataset.inputs.find(name);
      if (input == dataset.inputs.end() || items.empty() || items.front().text) continue;
      const std::string modality = origin_of(dataset, input->second).modality;
      figures.push_back(
          figure_of(name, modality, "study " + std::to_string(index + 1) + " of " + std::to_string(result.studies.size()), items.front()));
    }
  return report::gallery(figures);
}

}  // namespace

std::string scan_page(const DatasetFile& dataset, const ScanResult& result) {
  const std::vector<Count> counts = counts_of(result.funnel);
  const std::string title = "Scan of " + (dataset.name.empty() ? std::string("a data set") : dataset.name);
  return report::html_page(
      title, report::banner("Confidential: images of patients before de-identification. Look for text in the pixels, and for sides, "
                            "directions and windows that are wrong.",
                            true) +
                 report::paragraph(std::to_string(result.studies.size()) + " studies; " + std::to_string(result.refusals.size()) +
                                   " items were refused or left out.") +
                 report::heading(2, "From found to matched") + funnel_table(counts) + report::heading(2, "Refused, and why") +
                 refusal_table(result) + class_table(counts) + agreement_table(reader_agreement(dataset, result)) +
                 report::heading(2, "Sixteen studies, drawn at random") +
                 report::paragraph("The middle slice of each chosen image, seen from the feet with the front up. Numbers are those of the "
                                   "sorted manifest.") +
                 pictures(dataset, result));
}

}  // namespace chiasm
