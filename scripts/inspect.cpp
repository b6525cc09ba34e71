// chiasm inspect PATH
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/log.h"
#include "scripts/commands.h"
#include "scripts/inspect_artefact.h"
#include "scripts/inspect_volumes.h"

namespace chiasm {
namespace {

struct InspectCall {
  std::string path;
  bool json = false;
};

void print_facts(const Json& facts) {
  for (const auto& [name, value] : facts.items())
    std::cout << name << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
}

int run(const InspectCall& options) {
  if (options.json) log::set_quiet(true);
  if (const std::optional<Json> artefact = describe_artefact(options.path)) {
    if (options.json) {
      std::cout << artefact->dump(2) << "\n";
    } else {
      print_facts(*artefact);
    }
    return static_cast<int>(Exit::ok);
  }
  Json found = Json::array();
  int64_t read = 0, refused = 0;
  for_each_volume(options.path, [&](const FoundVolume& volume) {
    found.push_back(describe(volume));
    ++(volume.volume ? read : refused);
  });
  if (options.json) {
    std::cout << found.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    std::cout << (found.empty() ? std::string("no image found\n") : table_of(found));
  }
  return exit_code(read, refused);
}

}  // namespace

Verb add_inspect(CLI::App& app) {
  auto options = std::make_shared<InspectCall>();
  app.add_option("path", options->path, "DICOM file or folder, NIfTI, NRRD, NPZ, PNG, JPEG, TIFF, store, run, checkpoint or bundle.")
      ->required();
  app.add_flag("--json", options->json, "Print JSON: an array of volumes and refused groups, or one object for a folder of ours.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
