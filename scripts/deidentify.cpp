// chiasm deidentify SOURCE --out DIR --key FILE
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/deidentify_files.h"
#include "data/dicom/dicom.h"
#include "data/reasons.h"
#include "scripts/commands.h"

namespace chiasm {
namespace {

struct Call {
  DeidentifyFiles files;
  std::vector<std::string> keep{"descriptors", "dates", "patient", "private"};
  bool json = false;
};

void print(const DeidentifyFilesReport& report, const Call& call) {
  if (call.json) {
    std::cout << Json{{"found", report.found},     {"written", report.written}, {"already", report.already},
                      {"blanked", report.blanked}, {"defaced", report.defaced}, {"may_show_faces", report.faces},
                      {"refused", report.refused}, {"partial", report.partial}}
                     .dump(2)
              << "\n";
    return;
  }
  std::cout << report.found << " files found, " << report.written << " written";
  if (report.already > 0) std::cout << ", " << report.already << " there already";
  std::cout << "\n";
  if (report.blanked > 0) std::cout << "  " << report.blanked << " of them with words in their pixels, which were blanked (ledger.csv)\n";
  for (const auto& [code, number] : report.refused)
    std::cout << "  " << code << ": " << number << "  " << reason(code).meaning << "; " << reason(code).mend << "\n";
  if (report.defaced > 0) std::cout << "  the faces of " << report.defaced << " series were removed\n";
  if (report.faces > 0) std::cout << "  " << report.faces << " series may show a face: deface them before you hand them on (ledger.csv)\n";
  std::cout << "in " << call.files.out.string() << " (every refused file: ledger.csv)\n"
            << "Rules and a search for what is known; no proof of anonymity: look at a sample before you hand it on.\n";
}

int run(Call& call) {
  Progress::set_quiet(call.json);
  log::set_quiet(call.json);
  for (const std::string& name : call.keep)
    if (name != "none") call.files.profile.options.insert(kept_options().at(name));
  dicom::start();
  const DeidentifyFilesReport report = deidentify_files(call.files);
  print(report, call);
  if (report.written + report.already == 0) {
    log::error("no file could be written; the reasons are above");
    return static_cast<int>(Exit::bad_input);
  }
  return static_cast<int>(report.partial ? Exit::partial : Exit::ok);
}

}  // namespace

Verb add_deidentify(CLI::App& app) {
  auto call = std::make_shared<Call>();
  call->files.threads = available_cores();
  app.add_option("source", call->files.source, "DICOM file or folder.")->required();
  app.add_option("--out", call->files.out, "Folder for the new files; a run that was cut off goes on in it.")->required();
  app.add_option("--key", call->files.key, "File of 32 random bytes, readable by its owner only.")->required();
  std::vector<std::string> names{"none"};
  for (const auto& entry : kept_options()) names.push_back(entry.first);
  app.add_option("--keep", call->keep,
                 "Options of the profile: descriptors (their words of imaging), dates (moved), patient (age, sex, size, weight), device, "
                 "institution, "
                 "private (safe numbers); or none.")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::IsMember(names));
  app.add_option(
         "--burned-in", call->files.burned_in,
         "Images that may hold text in their pixels (declared, secondary captures, US, ES, XC, ...): refuse; accept; ocr: refuse those in "
         "which tesseract reads a word; blank: blank the words and refuse what still holds one.")
      ->capture_default_str()
      ->check(CLI::IsMember({"refuse", "accept", "ocr", "blank"}));
  app.add_option("--burned-in-modalities", call->files.burned_in_modalities,
                 "Further DICOM modalities of which that is feared, such as CR,DX.")
      ->delimiter(',');
  app.add_option("--text-language", call->files.text_language, "Language of the text in pixels (en, ja, de, ...), where tesseract has it.")
      ->capture_default_str();
  app.add_option(
         "--faces", call->files.faces,
         "CT and MR of the head: flag them, deface them (what lies in front of the brain and below it becomes air; refused where that "
         "is not certain, or where pixels are compressed), or refuse them.")
      ->capture_default_str()
      ->check(CLI::IsMember({"flag", "deface", "refuse"}));
  app.add_option("--linkage", call->files.linkage, "Write this table (mode 0600) that maps pseudonyms back to the archive.");
  app.add_option("--threads", call->files.threads, "Files changed at once.")->check(CLI::Range(1, 256));
  app.add_flag("--json", call->json, "Print the result as JSON.");
  return [call] { return run(*call); };
}

}  // namespace chiasm
