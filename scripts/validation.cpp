#include "scripts/validation.h"

#include <torch/torch.h>

#include <cmath>
#include <set>

#include "core/base/json.h"
#include "core/evaluate/metrics.h"
#include "core/train/precision.h"

namespace chiasm {
namespace {

using Sums = std::map<std::string, std::pair<double, double>>;

void add(Sums& sums, const std::string& name, double sum, double count) {
  sums[name].first += sum;
  sums[name].second += count;
}

void add_losses(Sums& sums, Pass& pass, const TaskSlot& slot, const Batch& batch) {
  const auto counts = slot.task->counts(batch);
  double total = 0, known = 0;
  for (const auto& [name, sum] : slot.task->losses(pass, batch)) {
    if (counts.at(name) <= 0) continue;
    total += sum.item<double>() / counts.at(name) * static_cast<double>(batch.studies());
    known = static_cast<double>(batch.studies());
  }
  add(sums, slot.name + ".loss", total, known);
  for (const auto& [name, value] : slot.task->measure(pass, batch)) add(sums, slot.name + "." + name, value.first, value.second);
}

// What validation needs of a row; `mask`: the score is a Dice.
struct Scored {
  std::string task, target;
  double label, score;
  bool mask;
};

std::vector<Scored> gathered(const std::vector<evaluate::Row>& mine, const std::set<std::string>& mask_tasks, dist::Group& group) {
  Json packed = Json::array();
  const auto number = [](double value) { return std::isnan(value) ? Json() : Json(value); };
  for (const auto& row : mine)
    packed.push_back({row.task, row.target, number(row.label), number(row.score), mask_tasks.count(row.task) > 0});
  std::vector<Scored> out;
  const auto value = [](const Json& item) { return item.is_null() ? std::nan("") : item.get<double>(); };
  for (const std::string& part : group.gather_bytes(packed.dump()))
    for (const Json& item : Json::parse(part)) out.push_back({item[0], item[1], value(item[2]), value(item[3]), item[4].get<bool>()});
  return out;
}

// Macro AUROC from scores, mean Dice over classes from masks.
void add_figures(std::map<std::string, double>& figures, const std::vector<Scored>& rows) {
  std::map<std::pair<std::string, std::string>, std::pair<std::vector<double>, std::vector<int>>> by_target;
  std::map<std::string, std::map<std::string, std::vector<double>>> dice;
  for (const Scored& row : rows) {
    if (row.mask) {
      if (!std::isnan(row.score)) dice[row.task][row.target].push_back(row.score);
    } else if (!std::isnan(row.label)) {
      auto& [scores, labels] = by_target[{row.task, row.target}];
      scores.push_back(row.score);
      labels.push_back(row.label > 0.5);
    }
  }
  std::map<std::string, std::vector<double>> macro;
  for (const auto& [key, value] : by_target)
    if (const double area = evaluate::auroc(value.first, value.second); !std::isnan(area)) macro[key.first].push_back(area);
  const auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += x;
    return sum / static_cast<double>(v.size());
  };
  for (const auto& [task, areas] : macro) figures[task + ".auroc"] = mean(areas);
  for (const auto& [task, classes] : dice) {
    std::vector<double> means;
    for (const auto& entry : classes) means.push_back(mean(entry.second));
    figures[task + ".dice"] = mean(means);
  }
}

}  // namespace

std::map<std::string, double> validate(Model& model, Loader& loader, dist::Group& group, const std::string& precision, int64_t studies,
                                       const RowContext& context) {
  torch::NoGradGuard no_gradient;
  model.eval();
  Sums sums;
  Findings findings;
  std::set<std::string> mask_tasks;
  loader.seek(0, 0);
  const at::Device device = model.parameters().front().device();
  for (int64_t seen = 0; seen * group.size() < studies;) {
    const auto loaded = loader.next();
    if (!loaded) break;
    const Batch batch = to_device(*loaded, device);
    seen += batch.studies();
    Pass pass(model, batch);
    Autocast autocast(precision, device);
    for (const TaskSlot& slot : model.tasks()) {
      add_losses(sums, pass, slot, batch);
      if (slot.task->writes_text()) continue;
      const Finding finding = slot.task->find(pass, batch);
      if (!finding.masks.empty()) mask_tasks.insert(slot.name);
      add_finding(findings, finding, slot.name, batch, context);
    }
  }
  Json packed = Json::object();
  for (const auto& [name, value] : sums) packed[name] = {value.first, value.second};
  Sums all;
  for (const std::string& part : group.gather_bytes(packed.dump())) {
    const Json parsed = Json::parse(part);
    for (const auto& [name, value] : parsed.items()) add(all, name, value[0], value[1]);
  }
  std::map<std::string, double> figures;
  for (const auto& [name, value] : all)
    if (value.second > 0) figures[name] = value.first / value.second;
  add_figures(figures, gathered(findings.rows, mask_tasks, group));
  return figures;
}

}  // namespace chiasm
