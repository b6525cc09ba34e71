#include "scripts/predict_run.h"

#include <torch/torch.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/export/model_program.h"
#include "data/image_file_apart.h"
#include "scripts/bundle.h"
#include "scripts/data_setup.h"
#include "scripts/gather_study.h"
#include "scripts/predict_outputs.h"

namespace chiasm {
namespace {

struct Item {
  std::string path;
  GatheredStudy study;
  std::string code, detail;  // refused
};

Item gather(const std::string& path, const PredictOptions& options, const Trained& bundle, const Json& contract,
            const std::optional<Csv>& clinical) {
  Item item{path, {}, "", ""};
  try {
    if (path.empty()) {
      item.study.record.study = "study";
    } else {
      item.study = gather_dicom(path, bundle, contract);
    }
    add_images(item.study, options.images, bundle, contract);
    add_texts(item.study, options.texts, bundle);
    if (clinical) add_clinical(item.study, *clinical, path, bundle);
    for (const std::string& name : bundle.config.inputs.required)
      if (!item.study.record.inputs.count(name))
        throw Refused("OUTSIDE_CONTRACT", "required input '" + name + "' is missing" +
                                              (item.study.notes.empty() ? "" : " (" + join(item.study.notes, "; ") + ")"));
  } catch (const Refused& refused) {
    item.code = refused.code;
    item.detail = refused.detail;
  }
  item.study.record.patient = item.study.record.study;
  return item;
}

// The inputs of a study that the model reads, joined as evaluation names its subsets.
std::string subset_of(const StudyRecord& record, const std::vector<std::string>& read) {
  std::vector<std::string> shown;
  for (const std::string& name : read)
    if (record.inputs.count(name)) shown.push_back(name);
  return shown.size() == read.size() ? "all" : join(shown, "+");
}

void refuse_unseen_subsets(std::vector<Item>& items, const Json& contract, const std::vector<std::string>& read) {
  const Json& evaluated = contract.at("evaluated_subsets");
  for (Item& item : items) {
    if (!item.code.empty() || item.study.record.inputs.empty()) continue;
    const std::string subset = subset_of(item.study.record, read);
    if (evaluated.contains(subset)) continue;
    item.code = "OUTSIDE_CONTRACT";
    item.detail = evaluated.empty() ? "the model was exported before it was evaluated; use `chiasm evaluate`, then `chiasm export` again"
                                    : "the subset of inputs '" + subset + "' was never evaluated; see evaluate.subsets and evaluate.also";
  }
}

// Through a store of its own, so that a study takes the very path that evaluation takes.
std::shared_ptr<const StoreReader> transient_store(const fs::path& folder, const std::vector<Item>& items, const Trained& bundle) {
  StoreWriter writer(folder, bundle.preprocess.schema);
  for (const Item& item : items)
    if (item.code.empty()) writer.add(item.study.record);
  writer.commit();
  return std::make_shared<StoreReader>(folder);
}

void predict_all(const std::vector<Item>& items, Trained& bundle, const Json& contract, const fs::path& out, Json& results) {
  const fs::path folder = out / ".store";
  const auto store = transient_store(folder, items, bundle);
  std::vector<std::string> studies;
  for (int64_t i = 0; i < store->size(); ++i) studies.push_back(store->entry(i).study);
  const auto group = dist::single_process();
  LoaderOptions options = loader_options(bundle.config, bundle.preprocess, {}, *group, /*training=*/false, 4);
  options.require.clear();
  Loader loader(store, studies, bundle.tokenizer, options);
  Progress progress("predict", static_cast<int64_t>(studies.size()));
  torch::NoGradGuard no_gradient;
  while (auto batch = loader.next()) {
    Pass pass(*bundle.model, *batch);
    std::map<std::string, Finding> findings;
    for (const TaskSlot& slot : bundle.model->tasks()) findings[slot.name] = slot.task->find(pass, *batch);
    for (int64_t b = 0; b < batch->studies(); ++b) {
      const std::string& study = batch->study_ids[static_cast<size_t>(b)];
      const auto item = std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.study.record.study == study; });
      results.push_back(write_study({bundle, *store, contract, item->path, item->study, b, findings}, out / study));
      progress.add();
    }
  }
  progress.finish();
  fs::remove_all(folder);
}

}  // namespace

int predict_run(const PredictOptions& options) {
  if (fs::exists(options.out)) throw UsageError("'" + options.out + "' exists; results are never overwritten, choose another --out");
  if (options.inputs.size() > 1 && !(options.images.empty() && options.texts.empty()))
    throw UsageError("--image and --text belong to one study, but " + std::to_string(options.inputs.size()) +
                     " studies were given; run predict once for each");
  if (options.inputs.empty() && options.images.empty()) throw UsageError("predict needs at least one DICOM folder or --image NAME=PATH");
  dicom::start();
  start_image_readers();
  Trained bundle = load_trained(options.bundle);
  if (!bundle.bundle) throw UsageError("'" + options.bundle + "' is a run; make a bundle of it with `chiasm export`");
  verify_bundle(bundle);
  const Json contract = read_json(fs::path(options.bundle) / "io_contract.json");
  const std::optional<Csv> clinical = options.tables.empty() ? std::nullopt : std::optional<Csv>(read_csv(options.tables));
  std::vector<Item> items;
  for (const std::string& path : options.inputs.empty() ? std::vector<std::string>{""} : options.inputs)
    items.push_back(gather(path, options, bundle, contract, clinical));
  refuse_unseen_subsets(items, contract, read_inputs(*bundle.model));

  Staged staged(options.out, Staged::Kind::folder);
  fs::create_directories(staged.temporary());
  Json results = Json::array();
  int64_t refused = 0, empty = 0;
  for (Item& item : items) {
    if (item.code.empty() && item.study.record.inputs.empty()) {
      item.code = "EMPTY_STUDY";
      item.detail = "no input of the model was found";
      ++empty;
    }
    if (item.code.empty()) continue;
    ++refused;
    results.push_back(
        {{"input", item.path}, {"status", "refused"}, {"reason", item.code}, {"detail", item.detail}, {"notes", item.study.notes}});
    log::warn("input " + std::to_string(&item - items.data() + 1) + " was refused: " + item.code + ", " + item.detail);
  }
  if (refused < static_cast<int64_t>(items.size())) predict_all(items, bundle, contract, staged.temporary(), results);
  write_json(staged.temporary() / "summary.json",
             {{"format", "chiasm.predictions"}, {"format_version", 1}, {"bundle", options.bundle}, {"results", results}});
  staged.commit();
  if (options.json)
    std::cout << results.dump(2) << "\n";
  else
    std::cout << "predict: " << items.size() - static_cast<size_t>(refused) << " of " << items.size() << " studies, in " << options.out
              << "\n";
  if (refused == 0) return static_cast<int>(Exit::ok);
  if (refused < static_cast<int64_t>(items.size())) return static_cast<int>(Exit::partial);
  return static_cast<int>(empty == refused ? Exit::not_applicable : Exit::bad_input);
}

}  // namespace chiasm
