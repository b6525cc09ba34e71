#include <CLI/CLI.hpp>
#include <memory>

#include "scripts/commands.h"
#include "scripts/predict_run.h"

namespace chiasm {

Verb add_predict(CLI::App& app) {
  auto options = std::make_shared<PredictOptions>();
  app.add_option("bundle", options->bundle, "A bundle of `chiasm export`.")->required();
  app.add_option("inputs", options->inputs, "DICOM folders or files; each is one study of one patient.");
  app.add_option("--out", options->out, "Folder for the results; never overwritten.")->required();
  app.add_option("--image", options->images, "NAME=PATH: a NIfTI, NRRD, NPZ, PNG, JPEG or TIFF file for an input, instead of DICOM.");
  app.add_option("--text", options->texts, "NAME=TEXT or NAME=@FILE for a text input.");
  app.add_option(
      "--clinical", options->tables,
      "CSV, one row a study: column `study` is the INPUT path, other columns are text inputs and table columns, written as in the "
      "tables of the data set.");
  app.add_flag("--json", options->json, "Print the results as JSON.");
  return [options] { return predict_run(*options); };
}

}  // namespace chiasm
