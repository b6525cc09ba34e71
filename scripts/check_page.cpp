#include "scripts/check_page.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/report/html.h"
#include "core/report/picture.h"
#include "scripts/evaluate_page_slice.h"

namespace chiasm {

namespace {

constexpr size_t findings_of_a_check = 40, shown_cases = 24, cases_of_a_check = 8;

// Errors first.
std::vector<const CheckFinding*> in_order(const CheckReport& report) {
  std::vector<const CheckFinding*> order;
  for (const CheckFinding& finding : report.findings) order.push_back(&finding);
  std::stable_sort(order.begin(), order.end(), [](const CheckFinding* a, const CheckFinding* b) { return a->error > b->error; });
  return order;
}

std::string finding_table(const std::vector<const CheckFinding*>& findings) {
  if (findings.empty()) return report::paragraph("Nothing was found.");
  std::vector<std::vector<std::string>> rows;
  std::map<std::string, size_t> shown;
  for (const CheckFinding* finding : findings)
    if (shown[finding->check]++ < findings_of_a_check)
      rows.push_back({finding->error ? "error" : "warning", finding->check, "in " + finding->where, finding->message});
  std::string out = report::table({"level", "check", "where", "what"}, rows);
  if (findings.size() > rows.size()) out += report::paragraph(std::to_string(findings.size() - rows.size()) + " more are in check.json.");
  return out;
}

std::string figure_of(const StoreReader& store, const CheckImage& place) {
  const std::string name = place.input + ", study " + store.entry(place.study).study;
  try {
    const StudyRecord record = store.read(place.study, {place.input});
    const Volume& volume = record.inputs.at(place.input).at(place.row).volume;
    Prepared image = prepare(volume, page::small_view(volume, store.schema().inputs.at(place.input).modality));
    for (float& value : image.values)
      if (!std::isfinite(value)) value = 0;
    std::string caption = name + ". " + page::size_text(volume.size);
    if (volume.size[0] > 1) caption += " of " + page::spacing_text(spacing_mm(volume));
    return page::figure(page::draw_slice(image, page::layout_of(image, volume), image.size[0] / 2), caption);
  } catch (const InputError& error) {
    return report::banner(name + ": " + error.what(), true);
  } catch (const Refused& refused) {
    return report::banner(name + ": " + refused.code + ", " + refused.detail, true);
  }
}

// Some cases of every check, so that many of one kind do not hide the others.
std::string pictures(const StoreReader& store, const std::vector<const CheckFinding*>& findings) {
  std::map<std::string, size_t> shown;
  size_t cases = 0;
  std::string out;
  for (const CheckFinding* finding : findings) {
    if (finding->images.empty() || cases == shown_cases || shown[finding->check] == cases_of_a_check) continue;
    ++cases;
    ++shown[finding->check];
    std::vector<std::string> figures;
    for (const CheckImage& image : finding->images) figures.push_back(figure_of(store, image));
    out += report::heading(3, (finding->error ? "Error, " : "Warning, ") + finding->check + ": " + finding->where) +
           report::paragraph(finding->message) + report::gallery(figures, true);
  }
  return out.empty() ? "" : report::heading(2, "Suspicious images") + out;
}

std::string range_text(const Spread<Size3>& spread, size_t axis) {
  return std::to_string(spread.least[axis]) + " / " + std::to_string(spread.median[axis]) + " / " + std::to_string(spread.greatest[axis]);
}

std::string range_text(const Spread<Spacing3>& spread, size_t axis) {
  return fixed(spread.least[axis], 2) + " / " + fixed(spread.median[axis], 2) + " / " + fixed(spread.greatest[axis], 2);
}

std::string image_tables(const Fingerprint& fingerprint) {
  if (fingerprint.empty()) return "";
  std::vector<std::vector<std::string>> shapes, values;
  for (const auto& [name, input] : fingerprint) {
    std::vector<std::string> shape{name, std::to_string(input.images), std::to_string(input.constant)};
    for (size_t axis = 0; axis < 3; ++axis) shape.push_back(range_text(input.size, axis));
    for (size_t axis = 0; axis < 3; ++axis) shape.push_back(range_text(input.spacing_mm, axis));
    shapes.push_back(shape);
    std::vector<std::string> row{name, fixed(input.low, 1)};
    for (const double percentile : input.percentiles) row.push_back(fixed(percentile, 1));
    row.insert(row.end(), {fixed(input.high, 1), fixed(input.mean, 1), fixed(input.deviation, 1)});
    values.push_back(row);
  }
  return report::heading(2, "Images") + report::paragraph("Sizes and spacings: least / median / greatest.") +
         report::table({"input", "images", "constant", "slices", "rows", "columns", "between slices, mm", "rows, mm", "columns, mm"},
                       shapes) +
         report::paragraph("Intensities: percentiles are medians over the images.") +
         report::table({"input", "least", "0.5 %", "1 %", "50 %", "99 %", "99.5 %", "greatest", "mean", "deviation"}, values);
}

std::string class_table(const CheckReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [part, classes] : report.classes)
    for (const auto& [name, count] : classes)
      rows.push_back({name, part, std::to_string(count.negative), std::to_string(count.positive), std::to_string(count.uncertain),
                      std::to_string(count.unknown)});
  if (rows.empty()) return "";
  return report::heading(2, "Classes") + report::table({"class", "part", "negative", "positive", "uncertain", "unknown"}, rows);
}

}  // namespace

std::string check_page(const CheckReport& report, const StoreReader& store) {
  const std::vector<const CheckFinding*> findings = in_order(report);
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const CheckFinding* finding) { return finding->error; });
  const std::string verdict = (report.passed() ? "Passed" : "Failed") + std::string(": ") + std::to_string(errors) + " errors and " +
                              std::to_string(static_cast<int64_t>(findings.size()) - errors) + " warnings in " +
                              std::to_string(report.studies) + " studies of " + std::to_string(report.patients) + " patients.";
  return report::html_page("Check of a store", report::banner(verdict, !report.passed()) +
                                                   report::paragraph("Data " + report.data_sha256 + ".") + report::heading(2, "Findings") +
                                                   finding_table(findings) + pictures(store, findings) + image_tables(report.intensities) +
                                                   class_table(report));
}

}  // namespace chiasm
