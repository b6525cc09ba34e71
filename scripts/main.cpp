// chiasm VERB: see commands.cpp for the list.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/dist/cuda_library.h"
#include "scripts/commands.h"

int main(int argc, char** argv) {
  using namespace chiasm;
  dist::open_cuda_library();  // before any ATen call: ATen asks once whether there is CUDA
  CLI::App app{"Chiasm trains, fine-tunes and runs multimodal medical foundation models."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "chiasm 0.1");
  std::vector<std::pair<CLI::App*, Verb>> verbs;
  for (const Command& command : commands()) {
    CLI::App* subcommand = app.add_subcommand(command.name, command.help);
    subcommand->footer("Example:\n  " + command.example);
    verbs.emplace_back(subcommand, command.add(*subcommand));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  try {
    for (const auto& [subcommand, run] : verbs)
      if (subcommand->parsed()) return run();
  } catch (const Error& error) {
    log::error(error.what());
    return static_cast<int>(error.exit());
  } catch (const std::exception& error) {
    log::error(std::string("internal error: ") + error.what());
    return static_cast<int>(Exit::failed);
  }
  return static_cast<int>(Exit::usage);
}
