// A check report as JSON and as text.
#include <algorithm>
#include <cstdio>

#include "core/base/text.h"
#include "data/check.h"

namespace chiasm {

namespace {

constexpr int64_t kShownOfAKind = 5;

Json to_json(const ClassCount& count) {
  return {{"negative", count.negative}, {"positive", count.positive}, {"uncertain", count.uncertain}, {"unknown", count.unknown}};
}

// Columns padded to the widest cell; the first is left-aligned.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      text += i == 0 ? row[i] + space : "  " + space + row[i];
    }
    text += "\n";
  }
  return text;
}

std::string findings_text(const CheckReport& report) {
  std::map<std::string, int64_t> shown;
  std::string text;
  for (const bool errors : {true, false})
    for (const CheckFinding& finding : report.findings) {
      if (finding.error != errors) continue;
      const std::string kind = (errors ? "ERROR    " : "warning  ") + finding.check;
      if (++shown[kind] <= kShownOfAKind) text += kind + "  " + finding.where + ": " + finding.message + "\n";
    }
  for (const auto& [kind, count] : shown)
    if (count > kShownOfAKind) text += kind + "  " + std::to_string(count - kShownOfAKind) + " more\n";
  return text;
}

}  // namespace

Json to_json(const CheckReport& report) {
  Json findings = Json::array(), classes = Json::object();
  for (const CheckFinding& finding : report.findings)
    findings.push_back(
        {{"level", finding.error ? "error" : "warning"}, {"check", finding.check}, {"where", finding.where}, {"message", finding.message}});
  for (const auto& [part, counts] : report.classes)
    for (const auto& [name, count] : counts) classes[part][name] = to_json(count);
  return {{"passed", report.passed()}, {"data_sha256", report.data_sha256},
          {"studies", report.studies}, {"patients", report.patients},
          {"findings", findings},      {"classes", classes},
          {"faces", report.faces},     {"intensities", to_json(report.intensities, report.data_sha256, "all").at("inputs")}};
}

std::string to_text(const CheckReport& report) {
  std::string text = findings_text(report);
  if (!report.intensities.empty()) {
    std::vector<std::vector<std::string>> rows{{"input", "images", "constant", "min", "p1", "mean", "deviation", "p99", "max"}};
    for (const auto& [input, facts] : report.intensities)
      rows.push_back({input, std::to_string(facts.images), std::to_string(facts.constant), fixed(facts.low, 1),
                      fixed(facts.percentiles[1], 1), fixed(facts.mean, 1), fixed(facts.deviation, 1), fixed(facts.percentiles[3], 1),
                      fixed(facts.high, 1)});
    text += "\n" + table(rows);
  }
  if (!report.classes.empty()) {
    std::vector<std::vector<std::string>> rows{{"class", "part", "negative", "positive", "uncertain", "unknown"}};
    for (const auto& [part, counts] : report.classes)
      for (const auto& [name, count] : counts)
        rows.push_back({name, part, std::to_string(count.negative), std::to_string(count.positive), std::to_string(count.uncertain),
                        std::to_string(count.unknown)});
    text += "\n" + table(rows);
  }
  std::vector<std::string> faces;
  for (const auto& [fact, images] : report.faces) faces.push_back(std::to_string(images) + " " + fact);
  if (!faces.empty()) text += "\nfaces: " + join(faces, ", ") + "\n";
  const auto errors =
      std::count_if(report.findings.begin(), report.findings.end(), [](const CheckFinding& finding) { return finding.error; });
  text += "\n" + std::to_string(report.studies) + " studies of " + std::to_string(report.patients) +
          " patients: " + (errors == 0 ? "passed" : std::to_string(errors) + " errors") + ", " +
          std::to_string(static_cast<int64_t>(report.findings.size()) - errors) + " warnings\n";
  return text;
}

}  // namespace chiasm
