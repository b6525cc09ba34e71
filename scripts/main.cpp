// chiasm VERB: see commands.cpp for the list.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/dist/cuda_library.h"
#include "scripts/commands.h"

namespace {

using namespace chiasm;

// The first word when it is no verb: CLI11 would only say that a verb is required.
void check_verb(int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const Command& command : commands()) names.push_back(command.name);
  if (std::find(names.begin(), names.end(), argv[1]) == names.end())
    throw UsageError(std::string("unknown verb '") + argv[1] + "'" + did_you_mean(argv[1], names) + "; 'chiasm --help' lists them");
}

// Messages of local ranks say whose they are.
void name_rank() {
  const char *rank = std::getenv("RANK"), *world = std::getenv("WORLD_SIZE");
  if (rank != nullptr && world != nullptr && parse_integer(world).value_or(1) > 1)
    log::set_rank(static_cast<int>(parse_integer(rank).value_or(-1)));
}

// oneDNN 3.10 never returns from the bf16 weight gradient of some convolutions in its AMX kernels (12 channels, 96 x 96, seen on a Xeon
// with AMX). Without AMX the same kernels run in AVX-512. Whoever sets the variable decides otherwise.
void leave_amx_out() { setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16", /*overwrite=*/0); }

}  // namespace

int main(int argc, char** argv) {
  leave_amx_out();
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
  name_rank();
  try {
    check_verb(argc, argv);
    app.parse(argc, argv);
  } catch (const UsageError& error) {
    log::error(error.what());
    return static_cast<int>(error.exit());
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  try {
    for (const auto& [subcommand, run] : verbs)
      if (subcommand->parsed()) return run();
  } catch (const Error& error) {
    log::error(error.what());
    return static_cast<int>(error.exit());
  } catch (const std::filesystem::filesystem_error& error) {
    log::error(error.path1().string() + ": " + error.code().message() + "; check that the path exists and may be written");
    return static_cast<int>(Exit::failed);
  } catch (const std::exception& error) {
    log::error(std::string("internal error: ") + error.what());
    return static_cast<int>(Exit::failed);
  }
  return static_cast<int>(Exit::usage);
}
