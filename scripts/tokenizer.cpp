// chiasm tokenizer STORE
#include "data/tokenizer.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/split.h"
#include "scripts/commands.h"
#include "scripts/run_folder.h"

namespace chiasm {

namespace {

struct TokenizerCall {
  std::string store, split, part = "train", out;
  std::vector<std::string> inputs;
  int64_t fold = -1;
  bool json = false;
  TokenizerOptions tokenizer;
};

void check_inputs(const StoreSchema& schema, const std::vector<std::string>& inputs) {
  std::vector<std::string> known;
  for (const auto& [name, input] : schema.inputs)
    if (input.form == Form::text) known.push_back(name);
  for (const std::string& name : inputs)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError("tokenizer: '" + name + "' is not a text input of the store" + did_you_mean(name, known));
}

// Studies to learn from: a part, or all folds but one.
std::vector<std::string> chosen_studies(const Split& split, const TokenizerCall& options) {
  if (split.folds.empty()) {
    const auto part = split.parts.find(options.part);
    if (part == split.parts.end() || options.fold >= 0)
      throw UsageError(options.split + ": the split has no part '" + options.part + "' or no folds");
    return part->second;
  }
  const auto folds = static_cast<int64_t>(split.folds.size());
  if (options.fold < 0 || options.fold >= folds)
    throw UsageError(options.split + " has folds: name the one to leave out, --fold 0 to " + std::to_string(folds - 1));
  std::vector<std::string> studies;
  for (int64_t k = 0; k < folds; ++k) {
    const auto& fold = split.folds[static_cast<size_t>(k)];
    if (k != options.fold) studies.insert(studies.end(), fold.begin(), fold.end());
  }
  return studies;
}

// Texts of the named inputs, of the chosen studies alone.
std::vector<std::string> part_texts(const StoreReader& store, const std::vector<std::string>& studies,
                                    const std::vector<std::string>& inputs) {
  const std::set<std::string> wanted(studies.begin(), studies.end());
  std::vector<std::string> texts;
  for (int64_t i = 0; i < store.size(); ++i) {
    if (!wanted.count(store.entry(i).study)) continue;
    const StudyRecord record = store.read(i, inputs);
    for (const auto& [name, items] : record.inputs)
      for (const StudyItem& item : items) texts.push_back(item.text);
  }
  return texts;
}

Json lengths_of(const Tokenizer& tokenizer, const std::vector<std::string>& texts) {
  std::vector<size_t> lengths;
  for (const std::string& text : texts) lengths.push_back(tokenizer.encode(text, int64_t{1} << 30).size());
  std::sort(lengths.begin(), lengths.end());
  double sum = 0;
  for (const size_t length : lengths) sum += static_cast<double>(length);
  const auto count = static_cast<double>(lengths.size());
  return {{"mean", sum / count}, {"p95", lengths[static_cast<size_t>(0.95 * (count - 1) + 0.5)]}, {"max", lengths.back()}};
}

// Digests of the patients whose texts it learned from: a run that uses the tokenizer has seen them.
std::set<std::string> learned_from(const StoreReader& store, const std::vector<std::string>& studies) {
  const std::set<std::string> wanted(studies.begin(), studies.end());
  std::set<std::string> digests;
  for (int64_t i = 0; i < store.size(); ++i)
    if (wanted.count(store.entry(i).study)) digests.insert(patient_digest(store.entry(i).patient));
  return digests;
}

int run(const TokenizerCall& options) {
  const StoreReader store(options.store);
  check_inputs(store.schema(), options.inputs);
  const Split split = load_split(options.split, store);
  const auto studies = chosen_studies(split, options);
  const auto texts = part_texts(store, studies, options.inputs);
  const Tokenizer tokenizer(Tokenizer::train(texts, options.tokenizer));
  const Json facts{{"format", "chiasm.tokenizer"},
                   {"format_version", 1},
                   {"data_sha256", store.data_sha256()},
                   {"split", split.name},
                   {"split_sha256", split.sha256},
                   {"part", split.folds.empty() ? options.part : "all folds but " + std::to_string(options.fold)},
                   {"inputs", options.inputs},
                   {"texts", texts.size()},
                   {"settings", {{"vocabulary", options.tokenizer.vocabulary}, {"coverage", options.tokenizer.coverage}}},
                   {"vocabulary", tokenizer.vocabulary()},
                   {"sha256", tokenizer.sha256()},
                   {"tokens_per_text", lengths_of(tokenizer, texts)},
                   {"seen_patients", learned_from(store, studies)}};
  // The same command may be repeated; a different model does not replace an older one.
  if (fs::exists(options.out) && read_file(options.out) != tokenizer.model_bytes())
    throw UsageError(options.out + " exists and is another model; choose another --out or remove it");
  write_file_atomic(options.out, tokenizer.model_bytes());
  write_json(options.out + ".json", facts);
  if (options.json)
    std::cout << facts.dump(2) << "\n";
  else
    std::cout << options.out << ": " << tokenizer.vocabulary() << " pieces from " << texts.size() << " texts ("
              << facts["part"].get<std::string>() << "), " << fixed(facts["tokens_per_text"]["mean"].get<double>(), 1)
              << " tokens a text (95th percentile " << facts["tokens_per_text"]["p95"] << ")\n";
  return static_cast<int>(Exit::ok);
}

}  // namespace

Verb add_tokenizer(CLI::App& app) {
  auto options = std::make_shared<TokenizerCall>();
  app.add_option("store", options->store, "Folder of the store.")->required();
  app.add_option("--split", options->split, "Split file.")->required();
  app.add_option("--part", options->part, "Part whose texts are learned from.")->capture_default_str();
  app.add_option("--fold", options->fold, "Of a split with folds: learn from all but this one.");
  app.add_option("--inputs", options->inputs, "Text inputs, separated by commas.")->required()->delimiter(',');
  app.add_option("--out", options->out, "Model file to write; FILE.json beside it says where it came from.")->required();
  app.add_option("--vocabulary", options->tokenizer.vocabulary, "Pieces at most.")->capture_default_str();
  app.add_flag("--json", options->json, "Print the result as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
