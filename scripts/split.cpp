// chiasm split STORE
#include "data/split.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/progress.h"
#include "core/base/threads.h"
#include "scripts/commands.h"

namespace chiasm {

namespace {

struct SplitCall {
  std::string store, out;
  bool json = false, ignore_related = false;
  SplitOptions split;
};

// An older file may say the same in an older format.
bool is_same(const fs::path& path, const Split& split, const StoreReader& store) {
  try {
    const Split before = load_split(path, store);
    return before.seed == split.seed && before.by == split.by && before.parts == split.parts && before.folds == split.folds;
  } catch (const InputError&) {
    return false;
  }
}

int run(const SplitCall& options) {
  if (options.json) Progress::set_quiet(true);
  const StoreReader store(options.store);
  const fs::path out = options.out.empty() ? default_split_path(options.store, options.split.name) : fs::path(options.out);
  std::vector<Relation> relations;
  if (!options.ignore_related) relations = find_relations(store, survey(store, available_cores()), available_cores());
  Split split = make_split(store, options.split, relations);
  // The same command may be repeated; a different split does not replace an older one.
  if (!fs::exists(out))
    save_split(out, split);
  else if (!is_same(out, split, store))
    throw UsageError(out.string() + " exists and is another split; choose another --name or --out, or remove it");
  Json sizes = Json::object();
  for (const auto& [name, studies] : split.parts) sizes[name] = studies.size();
  for (size_t k = 0; k < split.folds.size(); ++k) sizes["fold " + std::to_string(k)] = split.folds[k].size();
  if (options.json) {
    std::cout << Json{{"path", out.string()},
                      {"sha256", split.sha256},
                      {"studies", sizes},
                      {"left_out", split.left_out.size()},
                      {"joined", split.joined.size()}}
                     .dump(2)
              << "\n";
    return static_cast<int>(Exit::ok);
  }
  for (const auto& [name, count] : sizes.items()) std::cout << name << ": " << count << " studies\n";
  if (!split.left_out.empty())
    std::cout << split.left_out.size() << " studies are left out: undated, or earlier ones of patients in test\n";
  if (!split.joined.empty())
    std::cout << split.joined.size()
              << " groups of patients share images, reports or a name and stay together; 'chiasm check' names them\n";
  std::cout << out.string() << "\n";
  return static_cast<int>(Exit::ok);
}

}  // namespace

Verb add_split(CLI::App& app) {
  auto options = std::make_shared<SplitCall>();
  app.add_option("store", options->store, "Folder of the store.")->required();
  app.add_option("--out", options->out, "File to write (default STORE.splits/NAME.json).");
  app.add_option("--name", options->split.name, "Name of the split.")->capture_default_str();
  app.add_option("--seed", options->split.seed, "Another seed, another split.")->capture_default_str();
  app.add_option("--train", options->split.train, "Share of patients.")->capture_default_str();
  app.add_option("--val", options->split.val, "Share of patients.")->capture_default_str();
  app.add_option("--test", options->split.test, "Share of patients.")->capture_default_str();
  app.add_option("--folds", options->split.folds, "So many equal folds instead of three parts.");
  app.add_option("--stratify", options->split.stratify, "A labels target whose patterns are spread evenly.");
  app.add_option("--by", options->split.by, "patient, or a fact such as site or scanner: none of its values is on two sides.")
      ->capture_default_str();
  app.add_flag("--ignore-related", options->ignore_related,
               "Do not look for patients that share images, reports or a name; without it every image is read.");
  app.add_flag("--json", options->json, "Print the result as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
