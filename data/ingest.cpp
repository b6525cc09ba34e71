#include "data/ingest.h"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/ingest_study.h"
#include "data/linkage.h"
#include "data/relations.h"

namespace chiasm {

namespace {

// Results of parallel work, taken one after the other in the order of their index, whatever thread comes first.
class InOrder {
 public:
  InOrder(int64_t ahead, std::function<void(BuiltStudy)> take) : ahead_(ahead), take_(std::move(take)) {}

  // Bounds how many results wait for a slow one.
  void wait_for_room(int64_t index) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return failed_ || index < next_ + ahead_; });
  }

  void put(int64_t index, BuiltStudy built) {
    std::unique_lock lock(mutex_);
    waiting_.emplace(index, std::move(built));
    if (taking_) return;  // another thread is at it and will take this one too
    taking_ = true;
    while (!waiting_.empty() && waiting_.begin()->first == next_ && !failed_) {
      BuiltStudy first = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      lock.unlock();
      take_(std::move(first));
      lock.lock();
      ++next_;
      moved_.notify_all();
    }
    taking_ = false;
  }

  // Lets nobody wait for a result that will not come.
  void fail() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    moved_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::map<int64_t, BuiltStudy> waiting_;
  int64_t next_ = 0, ahead_;
  bool taking_ = false, failed_ = false;
  std::function<void(BuiltStudy)> take_;
};

// Studies that are there already stay as they are: one store, one key and one way with what images show.
void require_same_way(const fs::path& store, const Json& statement) {
  if (!fs::exists(store / "deid.json")) return;
  const Json before = read_json(store / "deid.json");
  if (before.value("key_id", "") != statement.value("key_id", ""))
    throw UsageError(store.string() + ": the store was made with another key (or without one); use that key, or write to a new folder");
  const auto differs = [&](const char* name) { return before.value(name, Json()) != statement.value(name, Json()); };
  const auto refuse = [&](const std::string& what) {
    throw UsageError(store.string() + ": the store was made with another " + what +
                     ", and its images would stay as they are; use that one, or write to a new folder");
  };
  if (differs("faces") || differs("face_removal")) refuse("'faces:' in deidentify (or another version of defacing)");
  if (differs("burned_in") || differs("burned_in_modalities"))
    refuse("'burned_in:' or 'burned_in_modalities:' in deidentify (or other languages of the reader of text)");
}

class Ingest {
 public:
  Ingest(const DatasetFile& dataset, const IngestOptions& options)
      : dataset_(dataset), options_(options), schema_(schema_of(dataset)), names_(dataset), found_(scan(dataset, options.threads)) {
    if (options_.part) {
      options_.store = store::part_folder(options_.store, *options_.part);
      std::erase_if(found_.studies, [&](const FoundStudy& study) { return !store::takes(*options_.part, names_.study(study.key)); });
    }
    if (options_.limit > 0 && static_cast<int64_t>(found_.studies.size()) > options_.limit)
      found_.studies.resize(static_cast<size_t>(options_.limit));
    report_.found = static_cast<int64_t>(found_.studies.size());
    report_.funnel = found_.funnel;
    for (const auto& [patient, identity] : found_.identities) names_.know(identity);
  }

  IngestReport run() {
    if (!options_.dry_run) open_store();
    for (const ScanRefusal& refusal : found_.refusals)
      note({refusal.study.empty() ? "" : names_.study(refusal.study), refusal.input, names_.item(refusal.item), "refused", refusal.code,
            refusal.detail});
    build_all();
    if (options_.dry_run) {
      count_refusals(lines_);
    } else {
      publish();
    }
    return std::move(report_);
  }

 private:
  // Not of a part: several jobs would write one file. The run that joins them writes it.
  bool writes_linkage() const { return !dataset_.deidentify.linkage.empty() && names_.on() && !options_.part; }

  void open_store() {
    const Json statement = names_.statement();
    if (writes_linkage()) require_outside(options_.store, dataset_.resolve(dataset_.deidentify.linkage));
    require_same_way(options_.store, statement);
    std::vector<LedgerLine> lines_of_parts;
    if (!options_.part) lines_of_parts = store::take_parts(options_.store);
    writer_.emplace(options_.store, schema_);
    for (const LedgerLine& line : lines_of_parts) writer_->refuse(line);
    write_json(options_.store / "deid.json", statement);  // before any study, so that a killed run tells its key
  }

  void note(const LedgerLine& line) {
    report_.refused[line.code] += 1;
    report_.partial = report_.partial || !is_harmless(line.code);
    if (writer_)
      writer_->refuse(line);
    else
      lines_.push_back(line);
  }

  void take(BuiltStudy built) {
    for (const LedgerLine& line : built.ledger) note(line);
    if (writes_linkage()) ledger_items_.merge(built.items);
    if (!built.record) return;
    if (writer_) writer_->add(built.packed);
    report_.stored += 1;
    report_.funnel.merge(built.funnel);
  }

  // Compressed, the voxels themselves let go.
  BuiltStudy packed(BuiltStudy built) const {
    if (!writer_ || !built.record) return built;
    const std::string study = built.record->study;
    try {
      built.packed = writer_->pack(*built.record);
      built.record.emplace().study = study;
    } catch (const Refused& refused) {
      built.ledger.push_back({study, "", names_.item("study:" + study), "refused", refused.code, "the whole study"});
      built.record.reset();
    }
    return built;
  }

  void build_all() {
    std::vector<const FoundStudy*> wanted;
    for (const FoundStudy& study : found_.studies) {
      if (writer_ && writer_->has(names_.study(study.key)))
        report_.already += 1;
      else
        wanted.push_back(&study);
    }
    Progress progress("ingest", static_cast<int64_t>(wanted.size()));
    InOrder sink(2 * std::max(options_.threads, 1), [&](BuiltStudy built) {
      take(std::move(built));
      progress.add();
    });
    // Few studies leave threads over: they decode the pixels of one study together.
    const auto at_once = std::max<int64_t>(1, std::min<int64_t>(static_cast<int64_t>(wanted.size()), options_.threads));
    const int inside = std::max(1, options_.threads / static_cast<int>(at_once));
    parallel_for(static_cast<int64_t>(wanted.size()), options_.threads, [&](int64_t index) {
      try {
        sink.wait_for_room(index);
        const FoundStudy& study = *wanted[static_cast<size_t>(index)];
        const auto& identity = found_.identities.at(patient_key(study));
        sink.put(index, packed(build_study(dataset_, schema_, names_, identity, study, inside)));
      } catch (...) {
        sink.fail();
        throw;
      }
    });
    progress.finish();
  }

  void publish() {
    writer_->commit();
    writer_.reset();
    if (report_.already > 0) count_stored();
    count_refusals(read_ledger(options_.store));
    write_file_atomic(options_.store / "funnel.csv", report_.funnel.csv());
    note_aliases();
    search_store();
    if (writes_linkage()) write_linkage();
    if (!options_.part) store::remove_parts(options_.store);
  }

  void count_refusals(const std::vector<LedgerLine>& lines) {
    for (const LedgerLine& line : lines) {
      const std::string input = line.input.empty() ? "studies" : line.input;
      if (line.action == "dropped")
        report_.funnel.count(input, "dropped", line.code);
      else
        report_.funnel.refuse(input, line.code);
    }
  }

  // Studies of an earlier run count as those of this one.
  void count_stored() {
    Funnel funnel = found_.funnel;
    const StoreReader store(options_.store);
    for (int64_t i = 0; i < store.size(); ++i) count_accepted(store.entry(i), schema_, funnel);
    report_.funnel = std::move(funnel);
  }

  // So that a split can keep one person under two numbers together.
  void note_aliases() const {
    Aliases aliases;
    for (const FoundStudy& study : found_.studies)
      if (const std::string person = names_.person(study.person); !person.empty())
        aliases.emplace(person, names_.patient(study.issuer, study.patient));
    write_aliases(options_.store, aliases);
  }

  // The double entry over everything written.
  void search_store() {
    if (!names_.on()) return;
    for (const fs::path& file : list_files(options_.store)) {
      if (names_.everybody().first_hit_in(file) < 0) continue;
      const fs::path withheld = options_.store.string() + ".withheld";
      fs::rename(options_.store, withheld);
      throw Error("IDENTITY_LEFT: a known identifier stands in " + file.lexically_relative(options_.store).string() +
                  "; the store was moved to " + withheld.string());
    }
  }

  // Who is behind which pseudonym: for those who may know, outside the store.
  void write_linkage() {
    std::string text = csv_line({"kind", "pseudonym", "source"});
    std::map<std::string, std::string> patients, items = ledger_items_;
    for (const FoundStudy& study : found_.studies) {
      patients[names_.patient(study.issuer, study.patient)] = study.patient;
      text += csv_line({"study", names_.study(study.key), study.key});
      for (const auto& [name, found] : study.items)
        for (const FoundItem& item : found)
          if (!item.text) items[names_.item(item.ref)] = item.ref;
    }
    for (const ScanRefusal& refusal : found_.refusals) items[names_.item(refusal.item)] = refusal.item;
    for (const auto& [pseudonym, source] : patients) text += csv_line({"patient", pseudonym, source});
    for (const auto& [pseudonym, source] : items) text += csv_line({"item", pseudonym, source});
    chiasm::write_linkage(dataset_.resolve(dataset_.deidentify.linkage), text);
  }

  const DatasetFile& dataset_;
  IngestOptions options_;  // `store` is the folder of the part, if there is one
  const StoreSchema schema_;
  Deidentifier names_;
  ScanResult found_;
  std::optional<StoreWriter> writer_;
  std::vector<LedgerLine> lines_;                    // of a dry run
  std::map<std::string, std::string> ledger_items_;  // pseudonym and source of what the ledger speaks of
  IngestReport report_;
};

}  // namespace

IngestReport ingest(const DatasetFile& dataset, const IngestOptions& options) { return Ingest(dataset, options).run(); }

}  // namespace chiasm
