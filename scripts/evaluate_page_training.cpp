// Curves of a page: log.jsonl of the run and ROC of its findings.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/report/chart.h"
#include "core/report/html.h"
#include "core/report/roc.h"
#include "scripts/evaluate_page_parts.h"

namespace chiasm::page {
namespace {

using Curves = std::map<std::string, report::Series>;

void add_point(Curves& curves, const std::string& name, const Json& x, const Json& y) {
  if (!x.is_number()) return;
  report::Series& series = curves[name];
  series.name = name;
  series.x.push_back(x.get<double>());
  series.y.push_back(y.is_number() ? y.get<double>() : std::nan(""));
}

struct Log {
  Curves loss, parts, validation;
};

// A line that was cut off by a killed run is passed over.
Log read_log(const std::filesystem::path& path) {
  Log log;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object() || !line.contains("step")) continue;
    if (line.contains("loss")) add_point(log.loss, "loss", line["step"], line["loss"]);
    for (const auto& [section, curves] : {std::pair{"parts", &log.parts}, {"validation", &log.validation}})
      if (line.contains(section) && line[section].is_object())
        for (const auto& [name, value] : line[section].items()) add_point(*curves, name, line["step"], value);
  }
  return log;
}

// At most `count` points, each the mean of its neighbours, so that long runs stay readable.
report::Series thinned(const report::Series& series, size_t count) {
  const size_t group = (series.x.size() + count - 1) / count;
  if (group <= 1) return series;
  report::Series out{series.name, {}, {}};
  for (size_t start = 0; start < series.x.size(); start += group) {
    double x = 0, y = 0, points = 0;
    for (size_t i = start; i < std::min(start + group, series.x.size()); ++i) {
      x += series.x[i];
      y += series.y[i];
      points += 1;
    }
    out.x.push_back(x / points);
    out.y.push_back(y / points);
  }
  return out;
}

std::string chart(const Curves& curves, const std::string& title, bool log_y) {
  constexpr size_t most_points = 300;
  std::vector<report::Series> list;
  for (const auto& [name, series] : curves) list.push_back(thinned(series, most_points));
  return report::line_chart(list, {title, "step", "", log_y});
}

}  // namespace

std::string training(const std::filesystem::path& run_folder) {
  const Log log = read_log(run_folder / "log.jsonl");
  return report::charts({chart(log.loss, "Loss", false), chart(log.loss, "Loss, logarithmic", true),
                         log.parts.size() > 1 ? chart(log.parts, "Parts of the loss, logarithmic", true) : "",
                         chart(log.validation, "Validation", false)});
}

std::string roc(const Rows& rows, const Json& metrics) {
  constexpr size_t most_curves = 6;
  std::map<std::string, std::map<std::string, report::RocCurve>> tasks;
  for (const evaluate::Row& row : rows) {
    if (row.subset != "all" || std::isnan(row.label) || is_mask_task(metrics, row.task)) continue;
    report::RocCurve& curve = tasks[row.task][row.target];
    curve.scores.push_back(row.score);
    curve.labels.push_back(row.label > 0.5);
  }
  std::vector<std::string> list;
  for (auto& [task, targets] : tasks) {
    std::vector<report::RocCurve> curves;
    for (auto& [target, curve] : targets) {
      const Json figures = metrics["tasks"].value(task, Json::object()).value(target, Json::object());
      curve.name = target + (figures.contains("auroc") ? " " + figure_text(figures["auroc"]) : "");
      curves.push_back(std::move(curve));
    }
    for (size_t start = 0; start < curves.size(); start += most_curves)
      list.push_back(report::roc_chart({curves.begin() + static_cast<std::ptrdiff_t>(start),
                                        curves.begin() + static_cast<std::ptrdiff_t>(std::min(start + most_curves, curves.size()))},
                                       task + ": ROC with AUROC"));
  }
  return report::charts(list);
}

}  // namespace chiasm::page
