// chiasm prove deid: plants markers where identities stand, runs the real scan and ingest, and looks for what is left.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/program.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/deidentify_files.h"
#include "data/dicom/dicom.h"
#include "data/ingest.h"
#include "data/prove/archive.h"
#include "data/prove/pictures.h"
#include "data/prove/texts.h"
#include "scripts/commands.h"

namespace chiasm {

namespace {

namespace fs = std::filesystem;

struct ProveCall {
  std::string what = "deid";
  int texts = 200, pictures = 1;
  uint64_t seed = 1;
  bool json = false;
};

// A private folder that goes with its content.
class Workplace {
 public:
  Workplace() {
    std::string name = (fs::temp_directory_path() / "chiasm-prove-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw Error(fs::temp_directory_path().string() + ": no folder can be made there; set TMPDIR to a place that may be written");
    path_ = name;
  }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct ArchiveProof {
  size_t planted = 0, places = 0;
  std::vector<prove::Marker> left;
  size_t in_files = 0;  // markers in the DICOM files themselves
  std::vector<prove::Marker> left_in_files;
};

// The same files through `chiasm deidentify` as it is without further options: those that keep device or institution keep markers.
void prove_files(const fs::path& archive, const fs::path& work, const std::vector<prove::Marker>& markers, ArchiveProof& proof) {
  DeidentifyFiles options;
  options.source = archive / "dicom";
  options.out = work / "files";
  options.key = archive / "site.key";
  for (const char* name : {"descriptors", "dates", "patient", "private"}) options.profile.options.insert(kept_options().at(name));
  const DeidentifyFilesReport report = deidentify_files(options);
  if (report.written != report.found) throw Error("the planted files were not written: nothing is proved; try `chiasm deidentify`");
  proof.in_files = prove::find_markers(archive / "dicom", {}, markers).size();
  proof.left_in_files = prove::find_markers(options.out, {}, markers);
}

ArchiveProof prove_archive(uint64_t seed) {
  const Workplace work;
  const prove::Archive archive = prove::plant_archive(work.path() / "archive", seed);
  const fs::path store = work.path() / "out" / "store";
  fs::create_directories(store.parent_path());
  const IngestReport report = ingest(load_dataset(archive.dataset), {store, 0, false, 1});
  if (report.stored != 1) throw Error("the planted study was not stored: nothing is proved; inspect the readers with `chiasm ingest`");
  std::set<std::string> places;
  for (const prove::Marker& marker : archive.markers) places.insert(marker.place);
  ArchiveProof proof{archive.markers.size(), places.size(), prove::find_markers(work.path() / "out", store, archive.markers), 0, {}};
  prove_files(work.path() / "archive", work.path(), archive.markers, proof);
  return proof;
}

struct PictureProof {
  std::vector<prove::PictureRecall> recalls;
  int64_t clean = 0, alarms = 0;  // pictures without letters, and those in which a word was read
};

// Nothing where there is no reader of text in pixels, or none is asked for.
std::optional<PictureProof> prove_pictures(int count, uint64_t seed) {
  if (count == 0 || !program_exists(TextFinderOptions().program)) return std::nullopt;
  const TextFinder finder;
  const std::vector<Volume> clean = prove::clean_pictures(count, seed);
  return PictureProof{prove::measure_pictures(prove::plant_pictures(count, seed), finder, available_cores()),
                      static_cast<int64_t>(clean.size()), prove::false_alarms(clean, finder, available_cores())};
}

Json to_json(const PictureProof& proof) {
  Json json{{"clean", proof.clean}, {"false_alarms", proof.alarms}, {"planted", Json::array()}};
  for (const prove::PictureRecall& r : proof.recalls)
    json["planted"].push_back({{"page", prove::name_of(r.page)},
                               {"height", r.height},
                               {"letters", r.bright ? "white" : "black"},
                               {"planted", r.planted},
                               {"found", r.found},
                               {"refused", r.refused},
                               {"leaked", r.leaked},
                               {"recall_low", r.low},
                               {"recall_high", r.high}});
  return json;
}

Json to_json(const ArchiveProof& archive, const std::vector<prove::Recall>& recalls, const std::optional<PictureProof>& pictures) {
  Json json{{"markers", archive.planted}, {"places", archive.places}, {"left", Json::array()}, {"texts", Json::array()}};
  for (const prove::Marker& marker : archive.left) json["left"].push_back(marker.place);
  json["files"] = {{"markers", archive.in_files}, {"left", Json::array()}};
  for (const prove::Marker& marker : archive.left_in_files) json["files"]["left"].push_back(marker.place);
  for (const prove::Recall& r : recalls)
    json["texts"].push_back({{"language", r.language},
                             {"kind", r.kind},
                             {"known", r.known},
                             {"planted", r.planted},
                             {"removed", r.removed},
                             {"withheld", r.withheld},
                             {"recall_low", r.low},
                             {"recall_high", r.high}});
  if (pictures) json["pictures"] = to_json(*pictures);
  return json;
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

void print(const ArchiveProof& archive, const std::vector<prove::Recall>& recalls) {
  std::cout << "Archive: " << archive.planted << " planted markers in " << archive.places
            << " places of DICOM files, names, tables and reports; " << archive.left.size() << " found in the store\n";
  for (const prove::Marker& marker : archive.left) std::cout << "  left: " << marker.place << "\n";
  std::cout << "Files: " << archive.in_files << " planted markers in the DICOM files; " << archive.left_in_files.size()
            << " found in what `chiasm deidentify` made of them\n";
  for (const prove::Marker& marker : archive.left_in_files) std::cout << "  left: " << marker.place << "\n";
  std::cout << "\nTexts: planted markers removed, or the text withheld\n"
            << padded("", 4) << padded("kind", 26) << padded("stands in headers", 20) << padded("planted", 9) << padded("removed", 9)
            << padded("withheld", 10) << "recall\n";
  for (const prove::Recall& r : recalls) {
    const double recall = static_cast<double>(r.removed + r.withheld) / static_cast<double>(r.planted);
    std::cout << padded(r.language, 4) << padded(r.kind, 26) << padded(r.known ? "yes" : "no", 20) << padded(std::to_string(r.planted), 9)
              << padded(std::to_string(r.removed), 9) << padded(std::to_string(r.withheld), 10) << fixed(recall, 3) << " ["
              << fixed(r.low, 3) << ", " << fixed(r.high, 3) << "]\n";
  }
  std::cout << "\nThese are figures of planted markers in sentences of our own; texts of another hospital may hold what no rule knows.\n";
}

void print(const PictureProof& proof) {
  std::cout << "\nPictures: names, numbers and dates burned in; found by `burned_in: ocr`, and after `burned_in: blank` refused or leaked\n"
            << padded("page", 12) << padded("height", 8) << padded("letters", 9) << padded("planted", 9) << padded("refused", 9)
            << padded("leaked", 8) << "found\n";
  int64_t planted = 0, found = 0, leaked = 0;
  for (const prove::PictureRecall& r : proof.recalls) {
    planted += r.planted;
    found += r.found;
    leaked += r.leaked;
    std::cout << padded(prove::name_of(r.page), 12) << padded(std::to_string(r.height), 8) << padded(r.bright ? "white" : "black", 9)
              << padded(std::to_string(r.planted), 9) << padded(std::to_string(r.refused), 9) << padded(std::to_string(r.leaked), 8)
              << std::to_string(r.found) << " [" << fixed(r.low, 3) << ", " << fixed(r.high, 3) << "]\n";
  }
  const auto [low, high] = prove::wilson(found, planted);
  std::cout << "all: " << found << " of " << planted << " found [" << fixed(low, 3) << ", " << fixed(high, 3) << "], " << leaked
            << " leaked after blanking; a word read in " << proof.alarms << " of " << proof.clean << " pictures without letters\n"
            << "Printed capitals and digits of our own; small, turned, handwritten and faint text is found less.\n";
}

int run(const ProveCall& call) {
  dicom::start();
  log::set_quiet(true);
  Progress::set_quiet(true);
  const ArchiveProof archive = prove_archive(call.seed);
  std::vector<prove::Recall> recalls;
  for (const char* language : {"en", "ja"}) {
    const std::vector<prove::Recall> some = prove::measure_texts(prove::plant_texts(language, call.texts, call.seed));
    recalls.insert(recalls.end(), some.begin(), some.end());
  }
  const std::optional<PictureProof> pictures = prove_pictures(call.pictures, call.seed);
  if (call.json) {
    std::cout << to_json(archive, recalls, pictures).dump(2) << "\n";
  } else {
    print(archive, recalls);
    if (pictures)
      print(*pictures);
    else if (call.pictures > 0)
      std::cout << "\nPictures: not measured: tesseract is not installed (Debian: tesseract-ocr)\n";
  }
  bool left = !archive.left.empty() || !archive.left_in_files.empty();
  for (const prove::Recall& r : recalls) left = left || (r.known && r.removed + r.withheld < r.planted);
  return static_cast<int>(left ? Exit::failed : Exit::ok);
}

}  // namespace

Verb add_prove(CLI::App& app) {
  auto call = std::make_shared<ProveCall>();
  app.add_option("what", call->what, "What to prove: deid.")->required()->check(CLI::IsMember({"deid"}));
  app.add_option("--texts", call->texts, "Planted sentences of each kind and language.")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--pictures", call->pictures,
                 "Planted pictures of each page, height and polarity of letters, read by tesseract; 1 are 25 pictures and takes about a "
                 "minute. 0: none.")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000));
  app.add_option("--seed", call->seed, "Another seed, other markers.")->capture_default_str();
  app.add_flag("--json", call->json, "Print the result as JSON.");
  return [call] { return run(*call); };
}

}  // namespace chiasm
