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

void print_section(const Json& section) {
  for (const auto& [task, targets] : section.items()) {
    std::cout << task << "\n";
    for (const auto& [target, list] : targets.items())
      for (const auto& [name, figure] : list.items())
        if (is_headline(name)) print_line(target + " " + name, figure);
  }
}

void print_texts(const Json& section) {
  for (const auto& [target, list] : section.items()) {
    std::cout << "generated " << target << "\n";
    for (const auto& [name, figure] : list.items()) print_line(name, figure);
    if (!list.contains("baseline:best_constant")) continue;
    for (const auto& [name, figure] : list["baseline:best_constant"].items()) print_line("best constant text, " + name, figure);
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
        for (const char* figure : {"auroc", "dice"})
          if (target == "macro" && list.contains(figure)) print_line(subset + " macro " + figure, list[figure]);
        if (list.contains("r10")) print_line(subset + " " + target + " r10", list["r10"]);
      }
  }
}

// Of every subset the figure of mentions, or of words where no lexicon was given.
void print_text_subsets(const Json& section) {
  for (const auto& [target, subsets] : section.items()) {
    if (subsets.size() < 2) continue;
    std::cout << "generated " << target << ", by the inputs that are given\n";
    for (const auto& [subset, figures] : subsets.items()) {
      const std::string figure = figures.contains("visible_mention_f1") ? "visible_mention_f1"
                                 : figures.contains("mention_f1")       ? "mention_f1"
                                                                        : "rouge_l";
      print_line(subset + " " + figure, figures[figure]);
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
  if (metrics.value("upper_bound", false))
    std::cout << "upper bound: this run reads what its targets were taken from; it is no model to use\n";
  if (metrics.contains("tasks")) print_section(metrics["tasks"]);
  if (metrics.contains("texts")) print_texts(metrics["texts"]);
  if (metrics.contains("baselines")) print_baselines(metrics["baselines"]);
  if (metrics.contains("subsets")) print_subsets(metrics["subsets"]);
  if (metrics.contains("text_subsets")) print_text_subsets(metrics["text_subsets"]);
  if (metrics.contains("complete")) print_gains(metrics["complete"]);
}

}  // namespace chiasm
