#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "scripts/bundle.h"
#include "scripts/commands.h"

namespace chiasm {

Verb add_export(CLI::App& app) {
  struct Options {
    std::string run, out;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("run", options->run, "The run folder.")->required();
  app.add_option("--out", options->out, "The bundle folder; never overwritten.")->required();
  app.add_flag("--json", options->json, "Print the parity evidence as JSON.");
  return [options] {
    const Json parity = write_bundle(options->run, options->out);
    if (options->json) {
      std::cout << parity.dump(2) << "\n";
    } else {
      double largest = 0;
      for (const Json& item : parity["model"]) largest = std::max(largest, item["max_abs_difference"].get<double>());
      std::cout << "bundle in " << options->out << "; TorchScript agrees with the model to " << largest << " in " << parity["model"].size()
                << " cases\n";
    }
    return static_cast<int>(Exit::ok);
  };
}

}  // namespace chiasm
