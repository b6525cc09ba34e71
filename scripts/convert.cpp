// chiasm convert IN --out DIR [--window stated|CENTER,WIDTH]
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "data/nifti.h"
#include "scripts/commands.h"
#include "scripts/inspect_volumes.h"

namespace chiasm {
namespace {

struct ConvertCall {
  std::string in, out, window;
  bool json = false;
};

// "007_ct": no word of the source, which may name a patient.
std::string name_of(int64_t number, const FoundVolume& found) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits + "_" + found.modality;
}

// A window given on the command line, else nothing: then that of the file counts.
std::optional<dicom::Voi> given_window(const std::string& text) {
  if (text.empty() || text == "stated") return std::nullopt;
  dicom::Voi voi;
  voi.window = dicom::parse_window(text);
  if (!voi.window)
    throw UsageError("--window is '" + text +
                     "'; it is 'stated' or CENTER,WIDTH or CENTER,WIDTH,FUNCTION with linear, linear_exact or sigmoid");
  return voi;
}

// Display values instead of values. An image that states no window keeps its values and says so.
FoundVolume as_shown(FoundVolume found, const std::optional<dicom::Voi>& given) {
  const std::optional<dicom::Voi>& voi = given ? given : found.voi;
  if (found.volume && voi) {
    dicom::show(*found.volume, *voi);
    found.notes.push_back("display values, 0 to 1");
  } else if (found.volume) {
    found.notes.push_back("no window is stated: values are kept");
  }
  return found;
}

void print(const Json& result, bool json, int64_t read, int64_t refused) {
  if (json) {
    std::cout << result.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    for (const Json& item : result)
      if (item["status"] == "refused")
        std::cout << "refused " << item["reason"].get<std::string>() << ": " << item["path"].get<std::string>() << ": "
                  << item["detail"].get<std::string>() << "\n";
    std::cout << read << " written, " << refused << " refused\n";
  }
}

int run(const ConvertCall& options) {
  if (options.json) log::set_quiet(true);
  const std::optional<dicom::Voi> window = given_window(options.window);
  const fs::path out = options.out;
  if (fs::exists(out) && !fs::is_empty(out)) throw UsageError(out.string() + " is not empty; nothing is overwritten: choose another --out");
  Json result = Json::array();
  int64_t read = 0, refused = 0;
  for_each_volume(options.in, [&](const FoundVolume& read_volume) {
    std::optional<FoundVolume> shown;
    if (!options.window.empty()) shown = as_shown(read_volume, window);
    const FoundVolume& found = shown ? *shown : read_volume;
    Json description = describe(found);
    if (found.volume) {
      const std::string name = name_of(++read, found);
      description["output"] = (out / (name + ".nii.gz")).string();
      write_nifti(out / (name + ".nii.gz"), *found.volume);
      write_json(out / (name + ".json"), description);
    } else {
      ++refused;
    }
    if (!options.json && found.volume) std::cout << description["output"].get<std::string>() << "\n";
    result.push_back(std::move(description));
  });
  print(result, options.json, read, refused);
  return exit_code(read, refused);
}

}  // namespace

Verb add_convert(CLI::App& app) {
  auto options = std::make_shared<ConvertCall>();
  app.add_option("in", options->in, "DICOM file or folder; NIfTI, NRRD, NPZ, PNG, JPEG and TIFF are read too.")->required();
  app.add_option("--out", options->out, "Folder for NUMBER_MODALITY.nii.gz and a .json beside each; must be empty.")->required();
  app.add_option(
      "--window", options->window,
      "Write display values 0 to 1 instead of values: 'stated' takes the window or table of the file, CENTER,WIDTH[,FUNCTION] another "
      "window in the unit of the values (linear, linear_exact, sigmoid).");
  app.add_flag("--json", options->json, "Print what was written and refused as JSON.");
  return [options] { return run(*options); };
}

}  // namespace chiasm
