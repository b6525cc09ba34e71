#include "data/deidentify_files.h"

#include <mutex>
#include <optional>
#include <set>

#include "core/base/csv.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/burned_in.h"
#include "data/deidentify_faces.h"
#include "data/deidentify_key.h"
#include "data/dicom/dicom.h"
#include "data/image_risks.h"
#include "data/ingest_study.h"
#include "data/linkage.h"

namespace chiasm {
namespace {

std::string patient_of(const dicom::Header& header) {  // a file without a patient number is its study's own patient
  return header.patient_id.empty() ? header.study_uid : header.patient_id;
}

PatientKey key_of(const dicom::Header& header) { return {header.issuer, deid::normal_id(patient_of(header))}; }

class Run {
 public:
  explicit Run(const DeidentifyFiles& options)
      : options_(options),
        known_{deid::Pseudonyms(deid::read_key(options.key)), options.profile, {}, {}, {}, options.before},
        names_(known_.names) {
    if (options.burned_in == "ocr" || options.burned_in == "blank") finder_.emplace(TextFinderOptions{.language = options.text_language});
    if (!options.linkage.empty()) require_outside(options.out, options.linkage);
    if (!fs::exists(options.source)) throw InputError(options.source.string() + ": there is no such file or folder");
    require_apart();
    require_same_way();
    lock_.emplace(options.out / ".lock", options.out.string());
    remove_remains();
    files_ = dicom::scan_tree(options.source, options.threads);
    report_.found = static_cast<int64_t>(files_.size());
    if (files_.empty()) throw InputError(options.source.string() + ": the folder holds no files");
    write_json(options.out / "deid.json", statement());
    for (const dicom::ScannedFile& file : files_)
      if (file.header) know(*file.header);
    if (options.faces == "deface") known_.faces = FacePlans(files_, options.threads);
    for (auto& [key, patient] : known_.patients) patient.search.emplace(patient.identity);
    rewriters_.emplace(known_, options.limits);  // now that all is known, and before threads
  }

  DeidentifyFilesReport go() {
    Progress progress("deidentify", report_.found);
    parallel_for(report_.found, options_.threads, [&](int64_t n) {
      one(files_[static_cast<size_t>(n)]);
      progress.add();
    });
    progress.finish();
    rewriters_.reset();  // what is late still writes
    remove_remains();
    write_ledger();
    if (!options_.linkage.empty()) write_linkage(options_.linkage, linkage());
    return report_;
  }

 private:
  // What is written would be read as a source, or lie beside names that tell who it is.
  void require_apart() const {
    const fs::path source = fs::weakly_canonical(options_.source), out = fs::weakly_canonical(options_.out);
    for (const auto& [outer, inner] : {std::pair{source, out}, {out, source}}) {
      const fs::path way = inner.lexically_relative(outer);
      if (!way.empty() && *way.begin() != "..")
        throw UsageError("--out " + options_.out.string() + " and the source lie one in the other; name a folder apart from it");
    }
  }

  void require_same_way() const {
    const fs::path path = options_.out / "deid.json";
    if (fs::exists(path)) {
      const Json before = read_json(path), now = statement();
      if (before.value("key_id", "") != names_.key_id())
        throw UsageError(options_.out.string() +
                         " was written with another key; the same patient would get two names. Use that key, or another folder");
      if (before != now)
        throw UsageError(options_.out.string() +
                         " was written with other options, and its files would stay as they are. Use those, or another folder");
    }
    fs::create_directories(options_.out);
  }

  // Of a run, or a process, that was killed: nothing has looked at them. Folders in which nothing came to lie go too.
  void remove_remains() const {
    for (const fs::path& file : list_files(options_.out))
      if (starts_with(file.filename().string(), ".tmp-")) fs::remove(file);
    std::vector<fs::path> folders;
    for (const auto& entry : fs::recursive_directory_iterator(options_.out))
      if (entry.is_directory() && !entry.is_symlink()) folders.push_back(entry.path());
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)  // the inner ones first
      if (fs::is_empty(*folder)) fs::remove(*folder);
  }

  Json statement() const {
    Json kept = Json::array();
    for (const auto& [name, option] : kept_options())
      if (options_.profile.has(option)) kept.push_back(name);
    Json statement{{"format", "chiasm.deid"},
                   {"format_version", 1},
                   {"key_id", names_.key_id()},
                   {"profile", "PS3.15 annex E, 2024e"},
                   {"keep", kept},
                   {"burned_in", burned_in_statement(options_.burned_in, finder_ ? &*finder_ : nullptr)},
                   {"double_entry", "each file was searched for the known identifiers of all patients"}};
    if (!options_.burned_in_modalities.empty()) statement["burned_in_modalities"] = options_.burned_in_modalities;
    if (options_.faces != "flag") statement["faces"] = options_.faces;  // folders of older versions do not say
    if (options_.faces == "deface") statement["face_removal"] = {{"method", kDefaceMethod}, {"version", kDefaceVersion}};
    return statement;
  }

  // What the options keep is no identifier to be searched for.
  dicom::Header without_kept(dicom::Header header) const {
    if (options_.profile.has(dicom::ProfileOption::institution))
      for (const char* keyword : {"InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName"}) header.identity.erase(keyword);
    if (options_.profile.has(dicom::ProfileOption::device))
      for (const char* keyword : {"StationName", "DeviceSerialNumber"}) header.identity.erase(keyword);
    return header;
  }

  void know(const dicom::Header& header) {
    KnownPatient& patient = known_.patients[key_of(header)];
    patient.issuer = header.issuer;
    patient.id = patient_of(header);
    deid::Identity identity;
    identity.add_header(without_kept(header));
    patient.identity.merge(identity);
    known_.everybody.add(identity);
    if (!header.truncated) sources_.emplace(place_of(header).string(), header.path);  // half a file takes nobody's place
  }

  void one(const dicom::ScannedFile& file) {
    try {
      if (!file.header) throw Refused(file.code, file.detail);
      write(*file.header);
    } catch (const Refused& refused) {
      note(file.path, "refused", refused.code, refused.detail);
    } catch (const InputError&) {
      note(file.path, "refused", "DAMAGED", "the file cannot be read");
    }
  }

  void write(const dicom::Header& header) {
    if (header.sop_class == "1.2.840.10008.1.3.10") throw Refused("NO_IMAGE", "a DICOMDIR, which names what it lists; make a new one");
    if (header.sop_uid.empty() || header.series_uid.empty() || header.study_uid.empty())
      throw Refused("DAMAGED", "the object has no identifiers of its own");
    if (header.truncated) throw Refused("TRUNCATED", "the file ends before its data does");
    const bool at_risk = header.image && may_hold_text(header, options_.burned_in_modalities);
    if (at_risk && options_.burned_in == "refuse")
      throw Refused("BURNED_IN_TEXT", "by the header: declared, a capture, or a modality that is written on");
    if (options_.faces == "refuse" && is_head(header)) throw Refused("FACES", "a head image that may show a face");
    const FacePlan* plan = face_plan(header);
    const fs::path to = place_of(header);
    if (!is_first(to, header.path) || fs::exists(to)) return count(report_.already);
    const std::optional<dicom::ObjectPixels> cleaned = at_risk && finder_ ? without_text(header) : std::nullopt;
    const bool removes = plan != nullptr && plan->found.removed;
    Staged staged(to, Staged::Kind::file);
    rewriters_->rewrite(header.path, staged.temporary(), key_of(header), {cleaned, removes ? header.sop_uid : ""});
    staged.commit();
    count(report_.written);
    if (cleaned) count(report_.blanked);
    note_face(header, plan);
  }

  void note_face(const dicom::Header& header, const FacePlan* plan) {
    const bool removes = plan != nullptr && plan->found.removed;
    if (plan != nullptr)
      note_series(header, removes ? "defaced" : "checked", removes ? "the face was removed" : "no face was found", report_.defaced,
                  removes);
    else if (options_.faces == "deface" ? may_be_head(header) : is_head(header))
      note_series(header, "flagged", "the series may show a face", report_.faces, true);
  }

  // Of an image that is to be defaced, or null. Throws Refused FACES for a head whose face cannot be removed.
  const FacePlan* face_plan(const dicom::Header& header) const {
    if (options_.faces != "deface" || !may_be_head(header)) return nullptr;
    const FacePlans::Outcome outcome = known_.faces.of(header.sop_uid);
    if (outcome.plan == nullptr && is_head(header)) throw Refused("FACES", outcome.why);
    return outcome.plan;
  }

  // Pixels of which words were blanked; nothing when there was no word.
  std::optional<dicom::ObjectPixels> without_text(const dicom::Header& header) {
    dicom::ObjectPixels pixels = dicom::read_object_pixels(header);
    const std::unique_ptr<TextFrames> frames = frames_of(pixels);
    if (options_.burned_in == "ocr") {
      require_no_text(*frames, *finder_, 1);
      return std::nullopt;
    }
    const BlankedText blanked = blank_text(*frames, *finder_, 1);
    if (blanked.words == 0) return std::nullopt;
    const std::lock_guard<std::mutex> lock(mutex_);
    ledger_.insert({file_item(header.path), "blanked", "BURNED_IN_TEXT", std::to_string(blanked.words) + " words in the pixels"});
    return pixels;
  }

  fs::path place_of(const dicom::Header& header) const {
    return options_.out / names_.patient(header.issuer, patient_of(header)) / names_.study(header.study_uid) /
           names_.item(header.series_uid) / (names_.item(header.sop_uid) + ".dcm");
  }

  // One line of the ledger a series; counted when it is new.
  void note_series(const dicom::Header& header, const std::string& action, const std::string& detail, int64_t& number, bool counts) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool added = ledger_.insert({names_.item(header.series_uid), action, "FACES", detail}).second;
    number += added && counts ? 1 : 0;
  }

  // False for a copy of the file that has the place. Throws Refused UID_CONFLICT for another file.
  bool is_first(const fs::path& to, const fs::path& from) const {
    const fs::path& first = sources_.at(to.string());
    if (first == from) return true;
    if (sha256_file(first) != sha256_file(from)) throw Refused("UID_CONFLICT", "another file has the same SOP instance UID");
    return false;
  }

  std::string file_item(const fs::path& path) const { return names_.item(path.lexically_relative(options_.source).string()); }

  void count(int64_t& number) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++number;
  }

  void note(const fs::path& path, const std::string& action, const std::string& code, const std::string& detail) {
    const std::lock_guard<std::mutex> lock(mutex_);
    report_.refused[code] += 1;
    report_.partial = report_.partial || !is_harmless(code);
    ledger_.insert({file_item(path), action, code, detail});
  }

  void write_ledger() const {
    std::string text = csv_line({"item", "action", "code", "detail"});
    for (const auto& row : ledger_) text += csv_line(row);
    write_file_atomic(options_.out / "ledger.csv", text);
  }

  std::string linkage() const {
    const std::vector<std::string> columns{"item",      "file",       "patient",       "issuer", "patient_pseudonym",
                                           "study_uid", "object_uid", "new_object_uid"};
    std::string text = csv_line(columns);
    for (const dicom::ScannedFile& file : files_) {
      std::vector<std::string> row{file_item(file.path), file.path.lexically_relative(options_.source).string()};
      if (file.header) {
        const dicom::Header& h = *file.header;
        const std::string id = patient_of(h);
        row.insert(row.end(), {id, h.issuer, names_.patient(h.issuer, id), h.study_uid, h.sop_uid, names_.uid(h.sop_uid)});
      }
      row.resize(columns.size());
      text += csv_line(row);
    }
    return text;
  }

  const DeidentifyFiles& options_;
  RewriteKnowledge known_;
  const deid::Pseudonyms& names_;
  std::optional<Rewriters> rewriters_;
  std::vector<dicom::ScannedFile> files_;
  std::optional<TextFinder> finder_;  // where pixels are read for text
  std::optional<FileLock> lock_;
  std::mutex mutex_;
  std::set<std::vector<std::string>> ledger_;
  std::map<std::string, fs::path> sources_;  // by the place of what is made of them: the first of each in the order of their names
  DeidentifyFilesReport report_;
};

}  // namespace

const std::map<std::string, dicom::ProfileOption>& kept_options() {
  using dicom::ProfileOption;
  static const std::map<std::string, ProfileOption> names{
      {"descriptors", ProfileOption::clean_descriptors},   {"dates", ProfileOption::modified_dates},
      {"patient", ProfileOption::patient_characteristics}, {"device", ProfileOption::device},
      {"institution", ProfileOption::institution},         {"private", ProfileOption::safe_private}};
  return names;
}

DeidentifyFilesReport deidentify_files(const DeidentifyFiles& options) { return Run(options).go(); }

}  // namespace chiasm
