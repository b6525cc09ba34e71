// The list of verbs. To add one: write scripts/VERB.cpp with `void add_VERB(CLI::App& app)` and add a line in commands.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace chiasm {

// A verb adds its options to its subcommand and returns what runs when it is chosen: the exit code as int (core/base/error.h).
using Verb = std::function<int()>;

struct Command {
  std::string name, help, example;
  Verb (*add)(CLI::App& subcommand);
};

const std::vector<Command>& commands();

Verb add_synth(CLI::App& app);
Verb add_scan(CLI::App& app);
Verb add_convert(CLI::App& app);
Verb add_ingest(CLI::App& app);
Verb add_check(CLI::App& app);
Verb add_split(CLI::App& app);
Verb add_tokenizer(CLI::App& app);
Verb add_plan(CLI::App& app);
Verb add_pretrain(CLI::App& app);
Verb add_finetune(CLI::App& app);
Verb add_launch(CLI::App& app);
Verb add_evaluate(CLI::App& app);
Verb add_export(CLI::App& app);
Verb add_predict(CLI::App& app);
Verb add_inspect(CLI::App& app);
Verb add_config(CLI::App& app);
Verb add_prove(CLI::App& app);
Verb add_deidentify(CLI::App& app);

}  // namespace chiasm
