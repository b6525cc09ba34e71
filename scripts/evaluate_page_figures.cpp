// Figures of a page: tasks beside baselines, subsets of inputs, subgroups.
#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/report/chart.h"
#include "core/report/html.h"
#include "scripts/evaluate_page_parts.h"

namespace chiasm::page {
namespace {

using Table = std::vector<std::vector<std::string>>;

// metrics[a][b]..., or null.
const Json& at(const Json& json, const std::vector<std::string>& keys) {
  static const Json nothing;
  const Json* here = &json;
  for (const std::string& key : keys) {
    if (!here->is_object() || !here->contains(key)) return nothing;
    here = &(*here)[key];
  }
  return *here;
}

std::string count_text(const Json& figure, const char* key) { return figure.is_object() && figure.contains(key) ? figure[key].dump() : ""; }

double number_or_nan(const Json& figure, const char* key) {
  return figure.is_object() && figure.contains(key) && figure[key].is_number() ? figure[key].get<double>() : std::nan("");
}

// AUROC beside the baselines, then the other figures.
std::string score_task(const Json& metrics, const std::string& task, const Json& targets) {
  const Json& baselines = at(metrics, {"baselines", task});
  std::vector<std::string> header{"finding", "labels", "positive", "AUROC"};
  if (baselines.is_object())
    for (const auto& [name, list] : baselines.items()) header.push_back("baseline: " + name);
  Table beside, others;
  for (const auto& [target, list] : targets.items()) {
    const Json& auroc = at(list, {"auroc"});
    beside.push_back({target, count_text(auroc, "n"), count_text(auroc, "n_positive"), figure_text(auroc)});
    if (baselines.is_object())
      for (const auto& [name, figures] : baselines.items()) beside.back().push_back(figure_text(at(figures, {target, "auroc"})));
    if (!list.contains("brier")) continue;
    others.push_back({target});
    for (const char* metric : {"prevalence", "average_precision", "brier", "calibration_error"})
      others.back().push_back(figure_text(at(list, {metric})));
  }
  return report::heading(3, task) + report::table(header, beside) +
         (others.empty() ? "" : report::table({"finding", "prevalence", "average precision", "Brier", "calibration error"}, others));
}

std::string mask_task(const std::string& task, const Json& targets) {
  Table rows;
  for (const auto& [target, list] : targets.items()) {
    const Json& dice = at(list, {"dice"});
    rows.push_back(
        {target, count_text(dice, "n"), count_text(dice, "n_positive"), figure_text(dice), figure_text(at(list, {"false_positive_rate"}))});
  }
  return report::heading(3, task) + report::table({"structure", "studies", "with it", "Dice where present", "found where absent"}, rows);
}

bool is_retrieval(const Json& targets) {
  return targets.is_object() && std::any_of(targets.begin(), targets.end(), [](const Json& list) { return list.contains("lift_r10"); });
}

// How often a query finds its partner, beside chance.
std::string retrieval_task(const Json& metrics, const std::string& task, const Json& targets) {
  Table rows;
  for (const auto& [way, list] : targets.items()) {
    const double pool = number_or_nan(at(list, {"pool"}), "value");
    rows.push_back({way, std::isnan(pool) ? "" : fixed(pool, 0)});
    for (const char* metric : {"r1", "chance_r1", "r5", "chance_r5", "r10", "chance_r10", "lift_r10", "median_rank"})
      rows.back().push_back(figure_text(at(list, {metric})));
  }
  return report::heading(3, task) +
         report::table({"retrieval", "pool", "R@1", "chance", "R@5", "chance", "R@10", "chance", "R@10 over chance", "median rank"}, rows) +
         report::paragraph("The pool holds " + metrics.value("retrieval_pool", std::string("every study")) +
                           ". Equally similar candidates count as ordered at random.");
}

std::string task_figures(const Json& metrics, const std::string& task, const Json& targets) {
  if (is_retrieval(targets)) return retrieval_task(metrics, task, targets);
  return is_mask_task(metrics, task) ? mask_task(task, targets) : score_task(metrics, task, targets);
}

std::string text_task(const std::string& target, const Json& list) {
  Table rows;
  for (const auto& [name, figure] : list.items()) {
    if (!figure.is_object() || !figure.contains("value")) continue;
    rows.push_back({name, count_text(figure, "n"), figure_text(figure), figure_text(at(list, {"baseline:best_constant", name}))});
  }
  return report::heading(3, "generated " + target) + report::table({"figure", "texts", "model", "best constant text"}, rows);
}

// Retrieval of every subset that leaves both sides.
std::string retrieval_subsets(const std::string& task, const Json& by_subset) {
  Table rows;
  for (const auto& [name, ways] : by_subset.items())
    for (const auto& [way, list] : ways.items())
      rows.push_back({replace_all(name, "+", " + "), way, figure_text(at(list, {"r10"})), figure_text(at(list, {"chance_r10"}))});
  return report::heading(3, task) + report::table({"inputs", "retrieval", "R@10", "chance"}, rows);
}

// Figures of generated texts in every subset.
std::string text_subsets(const std::string& target, const Json& by_subset) {
  Table rows;
  for (const auto& [name, list] : by_subset.items())
    rows.push_back({name == "all" ? "all inputs" : replace_all(name, "+", " + "), count_text(at(list, {"rouge_l"}), "n"),
                    figure_text(at(list, {"mention_f1"})), figure_text(at(list, {"visible_mention_f1"})),
                    figure_text(at(list, {"rouge_l"}))});
  return report::heading(3, "generated " + target) +
         report::table({"inputs", "texts", "F1 of mentions", "F1 of visible ones", "ROUGE-L"}, rows);
}

// Macro AUROC, or Dice of masks, of every subset as a table and as a chart.
std::string subset_table(const std::string& title, const Json& by_subset) {
  const bool masks = at(by_subset, {"all", "macro", "dice"}).is_object();
  const std::string metric = masks ? "dice" : "auroc", named = masks ? "macro Dice" : "macro AUROC";
  Table rows;
  std::vector<report::Interval> intervals;
  for (const auto& [name, targets] : by_subset.items()) {
    const Json& macro = at(targets, {"macro", metric});
    const std::string shown = name == "all" ? "all inputs" : replace_all(name, "+", " + ");
    rows.push_back({shown, count_text(macro, "n_patients"), figure_text(macro)});
    for (const auto& [target, list] : targets.items())
      if (target != "macro") rows.back().push_back(figure_text(at(list, {metric})));
    intervals.push_back({shown, number_or_nan(macro, "value"), number_or_nan(macro, "low"), number_or_nan(macro, "high")});
  }
  if (rows.empty()) return "";
  std::vector<std::string> header{"inputs", "patients", named};
  size_t widest = 0;
  for (const auto& entry : by_subset.items()) {
    std::vector<std::string> names{header.begin(), header.begin() + 3};
    for (const auto& target : entry.value().items())
      if (target.key() != "macro") names.push_back(target.key());
    if (names.size() > widest) header = names;
    widest = std::max(widest, names.size());
  }
  return report::heading(3, title) + report::interval_chart(intervals, named, masks ? 0.0 : 0.3, 1.0, masks ? 0.0 : 0.5) +
         report::table(header, rows);
}

}  // namespace

bool is_mask_task(const Json& metrics, const std::string& task) {
  const Json& targets = at(metrics, {"tasks", task});
  return targets.is_object() && std::any_of(targets.begin(), targets.end(), [](const Json& list) { return list.contains("dice"); });
}

std::string figure_text(const Json& figure) {
  const double value = number_or_nan(figure, "value"), low = number_or_nan(figure, "low"), high = number_or_nan(figure, "high");
  if (std::isnan(value)) return "";
  return fixed(value, 3) + (std::isnan(low) || std::isnan(high) ? "" : " [" + fixed(low, 3) + ", " + fixed(high, 3) + "]");
}

std::string figures(const Json& metrics) {
  std::string out;
  const Json &tasks = at(metrics, {"tasks"}), &texts = at(metrics, {"texts"});
  if (tasks.is_object())
    for (const auto& [task, targets] : tasks.items()) out += task_figures(metrics, task, targets);
  if (texts.is_object())
    for (const auto& [target, list] : texts.items()) out += text_task(target, list);
  if (out.empty()) return "";
  return report::paragraph("In brackets: 95 % intervals of a bootstrap over patients. AUROC 0.5 is chance.") + out;
}

std::string subsets(const Json& metrics) {
  std::string out;
  const Json &all = at(metrics, {"subsets"}), &complete = at(metrics, {"complete"});
  if (all.is_object())
    for (const auto& [task, by_subset] : all.items())
      out += is_retrieval(at(by_subset, {"all"})) ? retrieval_subsets(task, by_subset)
                                                  : subset_table(task + ", studies with at least one of the inputs", by_subset);
  if (const Json& texts = at(metrics, {"text_subsets"}); texts.is_object())
    for (const auto& [target, by_subset] : texts.items())
      if (by_subset.size() > 1) out += text_subsets(target, by_subset);
  if (complete.is_object())
    for (const auto& [task, part] : complete.items()) {
      if (at(part, {"subsets"}).is_object()) out += subset_table(task + ", studies that have every input", part["subsets"]);
      const std::string gain = figure_text(at(part, {"gain_over_best_single"}));
      if (!gain.empty())
        out += report::paragraph("All inputs over " + part.value("best_single", std::string()) +
                                 " alone, paired over the same patients: " + gain + ".");
    }
  return out;
}

std::string subgroups(const Json& metrics) {
  const Json& tasks = at(metrics, {"subgroups"});
  std::string out;
  if (!tasks.is_object()) return out;
  for (const auto& [task, facts] : tasks.items())
    for (const auto& [fact, values] : facts.items()) {
      Table rows;
      for (const auto& [value, part] : values.items()) {
        const Json& macro = at(part, {"macro", "auroc"});
        const bool few = part.contains("insufficient");
        rows.push_back(
            {value, few ? part["insufficient"].dump() : count_text(macro, "n_patients"), few ? "too few patients" : figure_text(macro)});
      }
      out += report::heading(3, task + " by " + fact) + report::table({fact, "patients", "macro AUROC"}, rows);
    }
  return out;
}

}  // namespace chiasm::page
