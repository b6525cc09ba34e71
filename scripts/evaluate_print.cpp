#include "scripts/evaluate_print.h"

#include <iostream>
#include <set>
#include <string>

#include "core/base/text.h"

namespace chiasm {
namespace {

void print_line(const std::string& name, const Json& figure, const std::string& indent = "  ") {
  if (!figure.is_object() || !figure.contains("value") || figure["value"].is_null()) return;
  std::cout << indent << name << " " << fixed(figure["value"], 3);
  if (figure.contains("low") && !figure["low"].is_null())
    std::cout << " [" << fixed(figure["low"], 3) << ", " << fixed(figure["high"], 3) << "]";
  std::cout << "\n";
}

// The figures that a reader looks for first; the others stand in metrics.json.
bool is_headline(const std::string& name) {
  static const std::set<std::string> names{"auroc", "dice", "pool", "r1", "r5", "r10", "chance_r10", "lift_r10", "median_rank"};
  return names.count(name) > 0;
}

void print_section(const Json& section, bool every) {
  for (const auto& [task, targets] : section.items()) {
    std::cout << task << "\n";
    for (const auto& [target, list] : targets.items())
      for (const auto& [name, figure] : list.items())
        if (every || is_headline(name)) print_line(target + " " + name, figure);
  }
}

void print_baselines(const Json& section) {
  for (const auto& [task, baselines] : section.items())
    for (const auto& [name, targets] : baselines.items()) {
      std::cout << task << ", baseline " << name << "\n";
      for (const auto& [target, list] : targets.items())
        if (list.contains("auroc")) print_line(target + " auroc", list["auroc"]);
    }
}

// Of every subset of inputs the macro figure.
void print_subsets(const Json& section) {
  for (const auto& [task, subsets] : section.items()) {
    std::cout << task << ", by the inputs that are given\n";
    for (const auto& [subset, targets] : subsets.items())
      for (const auto& [target, list] : targets.items()) {
        if (target == "macro" && list.contains("auroc")) print_line(subset + " macro auroc", list["auroc"]);
        if (list.contains("r10")) print_line(subset + " " + target + " r10", list["r10"]);
      }
  }
}

void print_gains(const Json& section) {
  for (const auto& [task, part] : section.items())
    if (part.contains("gain_over_best_single"))
      print_line(task + ", all inputs over " + part["best_single"].get<std::string>() + " alone (complete studies)",
                 part["gain_over_best_single"]);
}

}  // namespace

void print_figures(const Json& metrics) {
  if (metrics.contains("tasks")) print_section(metrics["tasks"], /*every=*/false);
  if (metrics.contains("texts")) print_section(metrics["texts"], /*every=*/true);
  if (metrics.contains("baselines")) print_baselines(metrics["baselines"]);
  if (metrics.contains("subsets")) print_subsets(metrics["subsets"]);
  if (metrics.contains("complete")) print_gains(metrics["complete"]);
}

}  // namespace chiasm
