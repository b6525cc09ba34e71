#include "scripts/evaluate_run.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/evaluate/summary.h"
#include "scripts/baselines.h"
#include "scripts/data_setup.h"
#include "scripts/evaluate_masks.h"
#include "scripts/evaluate_page.h"
#include "scripts/evaluate_print.h"
#include "scripts/evaluate_retrieval.h"
#include "scripts/evaluate_studies.h"
#include "scripts/evaluate_texts.h"
#include "scripts/run_folder.h"
#include "scripts/subsets.h"
#include "scripts/trained.h"

namespace chiasm {
namespace {

class Evaluation {
 public:
  Evaluation(const EvaluateOptions& options, Trained trained, Judged judged, fs::path out)
      : options_(options), trained_(std::move(trained)), judged_(std::move(judged)), out_(std::move(out)), group_(dist::single_process()) {
    for (const TaskSlot& slot : trained_.model->tasks()) {
      for (const std::string& need : slot.task->needs()) targets_.push_back(need);
      for (const std::string& input : slot.task->reads()) read_.insert(input);
    }
    for (int64_t i = 0; i < judged_.data.store->size(); ++i) index_of_[judged_.data.store->entry(i).study] = i;
    context_.patient_of = judged_.data.patient_of;
    context_.split = judged_.split;
    context_.fold = static_cast<int>(std::max<int64_t>(trained_.config.data.fold, 0));
    context_.targets = &trained_.preprocess.targets;
    context_.tokenizer = trained_.tokenizer.get();
    bootstrap_.draws = trained_.config.evaluate.bootstrap;
  }

  void predict() {
    torch::NoGradGuard no_gradient;
    const std::vector<Subset> subsets =
        make_subsets({read_.begin(), read_.end()}, trained_.config.evaluate.subsets, trained_.config.evaluate.also);
    Loader loader = make_loader(judged_.studies);
    Progress progress("evaluate", loader.studies());
    while (auto batch = loader.next()) {
      first_row_ = findings_.rows.size();
      Pass full(*trained_.model, *batch);
      keep_features(full, *batch, test_);  // first: the subsets take over what this encodes
      for (const Subset& subset : subsets) walk(full, *batch, subset);
      progress.add(batch->studies());
    }
    progress.finish();
  }

  Json figures() {
    Json metrics = {{"format", "chiasm.metrics"},        {"format_version", 1},
                    {"model", options_.model},           {"split", judged_.split},
                    {"studies", judged_.studies.size()}, {"upper_bound", trained_.config.upper_bound}};
    for (const TaskSlot& slot : trained_.model->tasks()) {
      const std::vector<evaluate::Row> rows = rows_of(slot.name, "all");
      const auto reading = mask_tasks_.count(slot.name) ? evaluate::Reading::masks : evaluate::Reading::scores;
      if (rows.empty()) continue;
      metrics["tasks"][slot.name] = evaluate::summarise(rows, reading, bootstrap_);
      add_subsets(metrics, slot.name, reading);
      if (reading == evaluate::Reading::masks) continue;
      add_complete(metrics, slot.name);
      add_baselines(metrics, slot, rows);
      add_subgroups(metrics, slot.name, rows);
    }
    add_retrieval(metrics, findings_, trained_.config.evaluate.pool, bootstrap_);
    add_texts(metrics);
    return metrics;
  }

  void write(const Json& metrics) {
    write_json(out_ / "metrics.json", metrics);
    evaluate::write_rows(out_ / "predictions.csv", findings_.rows);
    if (!findings_.texts.empty()) write_texts(out_ / "predictions" / "reports.jsonl", findings_.texts);
    write_embeddings(out_ / "predictions", findings_);
    write_page(out_ / "report.html", {trained_, *judged_.data.store, judged_.studies, findings_, metrics, out_});
  }

 private:
  Loader make_loader(const std::vector<std::string>& studies) {
    LoaderOptions options = loader_options(trained_.config, trained_.preprocess, targets_, *group_, /*training=*/false, 8);
    options.require_targets.clear();
    return Loader(judged_.data.store, studies, trained_.tokenizer, options);
  }

  void walk(const Pass& full, const Batch& batch, const Subset& subset) {
    Pass pass(full, subset.hidden);
    RowContext context = context_;
    context.subset = subset.name;
    std::vector<bool> seen_any = any_shown(pass, batch, subset);
    for (const TaskSlot& slot : trained_.model->tasks()) {
      if (mask_tasks_.count(slot.name) && reads_all(*slot.task, subset)) {
        repeat_rows(slot.name, subset.name);
        continue;
      }
      Finding finding = slot.task->find(pass, batch);
      std::erase_if(finding.scores, [&](const Finding::Score& s) { return !seen_any[static_cast<size_t>(s.study)]; });
      if (!finding.masks.empty()) {
        mask_tasks_.insert(slot.name);
        add_native_masks(findings_, finding, slot.name, batch, trained_, *judged_.data.store, index_of_, context,
                         subset.name == "all" ? out_ / "predictions" : fs::path());
        finding.masks.clear();
      }
      const size_t texts = findings_.texts.size();
      add_finding(findings_, finding, slot.name, batch, context);
      use_whole_references(texts);
      note_shown(pass, batch, subset, texts);
    }
  }

  // Whether the subset, other than "all" itself, shows all that the task reads: its masks are then those of all inputs.
  static bool reads_all(const Task& task, const Subset& subset) {
    const std::vector<std::string> reads = task.reads();
    return subset.name != "all" && std::none_of(subset.hidden.begin(), subset.hidden.end(), [&](const std::string& hidden) {
             return std::find(reads.begin(), reads.end(), hidden) != reads.end();
           });
  }

  // The rows that this batch gave with all inputs, as rows of a subset.
  void repeat_rows(const std::string& task, const std::string& subset) {
    const size_t count = findings_.rows.size();
    for (size_t i = first_row_; i < count; ++i) {
      if (findings_.rows[i].task != task || findings_.rows[i].subset != "all") continue;
      evaluate::Row row = findings_.rows[i];
      row.subset = subset;
      findings_.rows.push_back(row);
    }
  }

  // A model learns texts up to its length; they are judged against what the reader wrote, uncut.
  void use_whole_references(size_t first) {
    for (size_t i = first; i < findings_.texts.size(); ++i) {
      TextPair& pair = findings_.texts[i];
      if (pair.reference.empty()) continue;
      const StudyRecord record = judged_.data.store->read(index_of_.at(pair.study), {pair.target});
      if (const auto found = record.inputs.find(pair.target); found != record.inputs.end()) pair.reference = found->second.front().text;
    }
  }

  void note_shown(Pass& pass, const Batch& batch, const Subset& subset, size_t first) {
    std::map<std::string, std::vector<std::string>> shown;
    if (first == findings_.texts.size()) return;
    for (const std::string& name : subset.shown) {
      const at::Tensor has = pass.has(name);
      for (int64_t b = 0; b < batch.studies(); ++b)
        if (has[b].item<bool>()) shown[batch.study_ids[static_cast<size_t>(b)]].push_back(name);
    }
    for (size_t i = first; i < findings_.texts.size(); ++i) findings_.texts[i].shown = shown[findings_.texts[i].study];
  }

  // Studies with at least one shown input: the others have nothing to go by in this subset.
  static std::vector<bool> any_shown(Pass& pass, const Batch& batch, const Subset& subset) {
    at::Tensor any = at::zeros({batch.studies()}, at::kBool);
    for (const std::string& name : subset.shown) any = any.logical_or(pass.has(name));
    std::vector<bool> out;
    for (int64_t b = 0; b < batch.studies(); ++b) out.push_back(any[b].item<bool>());
    return out;
  }

  // Mean fused tokens of the visible inputs, for the linear probe.
  void keep_features(Pass& pass, const Batch& batch, StudyFeatures& into) {
    const Tokens& fused = pass.fuse(std::vector<std::string>(read_.begin(), read_.end()));
    const at::Tensor weight = fused.valid.to(at::kFloat).unsqueeze(-1);
    const at::Tensor mean = (fused.values * weight).sum(1) / weight.sum(1).clamp_min(1.0);
    for (int64_t b = 0; b < batch.studies(); ++b) {
      const at::Tensor row = mean[b].to(at::kDouble).contiguous();
      into.studies.push_back(batch.study_ids[static_cast<size_t>(b)]);
      into.values.emplace_back(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
    }
  }

  std::vector<evaluate::Row> rows_of(const std::string& task, const std::string& subset) const {
    std::vector<evaluate::Row> out;
    for (const evaluate::Row& row : findings_.rows)
      if (row.task == task && row.subset == subset) out.push_back(row);
    return out;
  }

  bool complete(const std::string& study) const {
    const StudyEntry& entry = judged_.data.store->entry(index_of_.at(study));
    return std::all_of(read_.begin(), read_.end(), [&](const std::string& name) {
      return entry.inputs.count(name) > 0 || is_prior(judged_.data.store->schema(), name);
    });
  }

  void add_subsets(Json& metrics, const std::string& task, evaluate::Reading reading) {
    std::map<std::string, std::vector<evaluate::Row>> by_subset;
    for (const evaluate::Row& row : findings_.rows)
      if (row.task == task) by_subset[row.subset].push_back(row);
    for (const auto& [name, rows] : by_subset) metrics["subsets"][task][name] = evaluate::summarise(rows, reading, bootstrap_);
  }

  // Every subset of texts; those of all inputs are the headline.
  void add_texts(Json& metrics) {
    std::map<std::string, std::vector<TextPair>> by_subset;
    for (const TextPair& pair : findings_.texts) by_subset[pair.subset].push_back(pair);
    const std::map<std::string, std::vector<std::string>> training = training_texts();
    for (const auto& [name, texts] : by_subset) {
      const Json figures = text_figures(texts, training, {trained_.config.evaluate.lexicon, trained_.config.evaluate.visible}, bootstrap_);
      if (name == "all") metrics["texts"] = figures;
      for (const auto& [target, list] : figures.items()) metrics["text_subsets"][target][name] = list;
    }
  }

  // All inputs on complete studies, with the paired difference to the best single input.
  void add_complete(Json& metrics, const std::string& task) {
    std::map<std::string, std::vector<evaluate::Row>> whole;
    for (const evaluate::Row& row : findings_.rows)
      if (row.task == task && complete(row.study)) whole[row.subset].push_back(row);
    const auto all = whole.find("all");
    if (all == whole.end()) return;
    Json& out = metrics["complete"][task];
    for (const auto& [name, rows] : whole) out["subsets"][name] = evaluate::summarise(rows, evaluate::Reading::scores, bootstrap_);
    std::string best;
    double best_value = -1;
    for (const std::string& name : read_)
      if (out["subsets"].contains(name)) {
        const Json& value = out["subsets"][name]["macro"]["auroc"]["value"];
        if (!value.is_null() && value.get<double>() > best_value) {
          best_value = value;
          best = name;
        }
      }
    if (best.empty()) return;
    out["best_single"] = best;
    out["gain_over_best_single"] = evaluate::to_json(evaluate::paired_macro_auroc(all->second, whole.at(best), bootstrap_));
  }

  // The labels that a task learns.
  LabelTable labels(const Task& task) const {
    const std::vector<std::string> needs = task.needs();
    LabelTable table;
    for (const auto& [name, target] : trained_.preprocess.schema.targets)
      if (target.kind == TargetKind::labels && std::find(needs.begin(), needs.end(), name) != needs.end()) {
        table.classes = target.classes;
        for (int64_t i = 0; i < judged_.data.store->size(); ++i) {
          const StudyEntry& entry = judged_.data.store->entry(i);
          if (const auto found = entry.labels.find(name); found != entry.labels.end()) table.of_study[entry.study] = found->second;
        }
      }
    return table;
  }

  // The table inputs that the model reads.
  std::vector<std::string> tables_read() const {
    std::vector<std::string> tables;
    for (const std::string& name : read_)
      if (trained_.preprocess.inputs.at(name).form == Form::table) tables.push_back(name);
    return tables;
  }

  void add_baselines(Json& metrics, const TaskSlot& slot, const std::vector<evaluate::Row>& rows) {
    if (judged_.data.train.empty() || trained_.config.evaluate.baselines.empty()) return;
    const LabelTable table = labels(*slot.task);
    const BaselineFeatures features(*judged_.data.store, judged_.data.train, tables_read());
    for (const std::string& name : trained_.config.evaluate.baselines) {
      const StudyFeatures train = name == "probe" ? probe_features() : features.of(name, judged_.data.train);
      const auto mine = baseline_rows(name, rows, table, train, name == "probe" ? test_ : features.of(name, judged_.studies));
      metrics["baselines"][slot.name][name] = evaluate::summarise(mine, evaluate::Reading::scores, bootstrap_);
    }
  }

  StudyFeatures probe_features() {
    torch::NoGradGuard no_gradient;
    StudyFeatures out;
    Loader loader = make_loader(judged_.data.train);
    while (auto batch = loader.next()) {
      Pass pass(*trained_.model, *batch);
      keep_features(pass, *batch, out);
    }
    return out;
  }

  void add_subgroups(Json& metrics, const std::string& task, const std::vector<evaluate::Row>& rows) {
    constexpr size_t fewest_patients = 10;
    for (const std::string& fact : trained_.config.evaluate.subgroups) {
      std::map<std::string, std::vector<evaluate::Row>> groups;
      for (const evaluate::Row& row : rows) {
        const auto& facts = judged_.data.store->entry(index_of_.at(row.study)).facts;
        const auto found = facts.find(fact);
        groups[found == facts.end() ? "unknown" : found->second].push_back(row);
      }
      for (const auto& [value, list] : groups) {
        std::set<std::string> patients;
        for (const auto& row : list) patients.insert(row.patient);
        metrics["subgroups"][task][fact][value] = patients.size() < fewest_patients
                                                      ? Json{{"insufficient", patients.size()}}
                                                      : evaluate::summarise(list, evaluate::Reading::scores, bootstrap_);
      }
    }
  }

  // The train part's texts of each target.
  std::map<std::string, std::vector<std::string>> training_texts() const {
    std::map<std::string, std::vector<std::string>> out;
    for (const TextPair& pair : findings_.texts) out[pair.target];
    for (const std::string& study : judged_.data.train)
      for (auto& [target, texts] : out) {
        const StudyRecord record = judged_.data.store->read(index_of_.at(study), {target});
        if (const auto found = record.inputs.find(target); found != record.inputs.end()) texts.push_back(found->second.front().text);
      }
    return out;
  }

  const EvaluateOptions& options_;
  Trained trained_;
  Judged judged_;
  fs::path out_;
  std::shared_ptr<dist::Group> group_;
  std::vector<std::string> targets_;
  std::set<std::string> read_, mask_tasks_;
  size_t first_row_ = 0;  // of the batch at hand
  std::map<std::string, int64_t> index_of_;
  RowContext context_;
  evaluate::BootstrapOptions bootstrap_;
  Findings findings_;
  StudyFeatures test_;
};

}  // namespace

int evaluate_run(const EvaluateOptions& options) {
  keep_freed_memory();
  Trained trained = load_trained(options.model);
  Judged judged = choose_studies(options, trained);
  const std::string contaminated = contamination(options, judged);
  const fs::path out = !options.out.empty() ? fs::path(options.out)
                       : trained.bundle     ? fs::path(default_run_path("evaluate"))
                                            : fs::path(options.model);
  fs::create_directories(out);
  const bool test = judged.split == "test", bundle = trained.bundle;
  Evaluation evaluation(options, std::move(trained), std::move(judged), out);
  evaluation.predict();
  Json metrics = evaluation.figures();
  metrics["contaminated"] = contaminated;
  if (test) {
    const int64_t uses = count_test_use(bundle ? out.string() : options.model);  // of the run, wherever its figures go
    metrics["test_uses"] = uses;
    log::info("the test part has now been used " + std::to_string(uses) + " time(s) by this run");
  }
  evaluation.write(metrics);
  if (options.json) {
    std::cout << metrics.dump(2) << "\n";
  } else {
    print_figures(metrics);
    std::cout << "patients seen in training: " << contaminated << "; written to " << out.string() << "\n";
  }
  return static_cast<int>(Exit::ok);
}

}  // namespace chiasm
