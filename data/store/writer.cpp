#include <mutex>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "data/reasons.h"
#include "data/store/ledger.h"
#include "data/store/shard.h"

namespace chiasm {

using store::Catalogue;
using store::OpenShard;

namespace {

const fs::path& prepared(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "shards", error);
  if (error) throw Error(folder.string() + ": the folder cannot be made: " + error.message());
  return folder;
}

// What was committed before. dataset.json and index.csv that do not fit each other (a writer was killed between the two, or before
// both) are made again from the shards.
Catalogue recovered(const fs::path& folder, const StoreSchema& schema) {
  Catalogue catalogue;
  catalogue.schema = schema;
  if (fs::exists(folder / "dataset.json")) {
    if (to_json(store::load_schema(folder)).dump() != to_json(schema).dump())
      throw InputError(folder.string() + ": the store has another schema (inputs, targets, classes or columns); write to a new folder");
    try {
      catalogue = store::load_catalogue(folder);
    } catch (const InputError&) {
      catalogue = Catalogue{};
      catalogue.schema = schema;
    }
  }
  store::adopt_shards(folder, catalogue);
  return catalogue;
}

}  // namespace

struct StoreWriter::State {
  State(const fs::path& folder_, StoreSchema schema, int64_t shard_bytes_)
      : folder(prepared(folder_)), lock(folder / ".lock", "the store " + folder.string()), shard_bytes(shard_bytes_) {
    check_schema(schema);
    store::remove_temporary_files(folder);
    catalogue = recovered(folder, schema);
    for (const auto& placed : catalogue.entries) studies.insert(placed.entry.study);
    ledger.emplace(folder);
  }

  // A full disk leaves the open shard useless; finished shards are kept and a later run goes on from them.
  template <class Work>
  void guarded(const Work& work) {
    if (failed) throw Error(folder.string() + ": writing failed before; nothing more is taken");
    try {
      work();
    } catch (...) {
      failed = true;
      shard.reset();
      throw;
    }
  }

  void finish_shard() {
    if (!shard) return;
    shard->finish(catalogue);
    shard.reset();
  }

  fs::path folder;
  FileLock lock;
  int64_t shard_bytes;
  Catalogue catalogue;
  mutable std::mutex mutex;
  std::set<std::string> studies;  // committed, or in the open shard, or being packed
  std::optional<OpenShard> shard;
  std::optional<store::Ledger> ledger;
  std::optional<std::string> funnel;
  bool failed = false;
};

StoreWriter::StoreWriter(const fs::path& folder, StoreSchema schema, int64_t shard_bytes)
    : state_(std::make_unique<State>(folder, std::move(schema), shard_bytes)) {}

StoreWriter::~StoreWriter() = default;

bool StoreWriter::has(const std::string& study) const {
  const std::lock_guard guard(state_->mutex);
  return state_->studies.count(study) > 0;
}

std::shared_ptr<const store::PackedStudy> StoreWriter::pack(const StudyRecord& record) const {
  const StoreSchema& schema = state_->catalogue.schema;  // never changes
  store::check_record(record, schema);
  return std::make_shared<const store::PackedStudy>(store::pack_study(record, schema));
}

void StoreWriter::add(const std::shared_ptr<const store::PackedStudy>& packed) {
  const std::string& study = packed->record.study;
  const std::lock_guard guard(state_->mutex);
  if (!state_->studies.insert(study).second) throw InputError("store: study " + study + " is already there; a store takes a study once");
  state_->guarded([&] {
    if (state_->shard && state_->shard->bytes() + packed->bytes() > state_->shard_bytes) state_->finish_shard();
    if (!state_->shard) state_->shard.emplace(state_->folder, store::next_shard_name(state_->folder), state_->catalogue.schema);
    state_->shard->add(*packed);
  });
}

void StoreWriter::refuse(LedgerLine line) {
  if (!line.code.empty()) reason(line.code);  // only documented codes
  const std::lock_guard guard(state_->mutex);
  state_->guarded([&] { state_->ledger->add(line); });
}

void StoreWriter::set_funnel(std::string csv) {
  const std::lock_guard guard(state_->mutex);
  state_->funnel = std::move(csv);
}

void StoreWriter::commit() {
  const std::lock_guard guard(state_->mutex);
  state_->guarded([&] {
    state_->finish_shard();
    state_->ledger->publish();
    if (state_->funnel) write_file_atomic(state_->folder / "funnel.csv", *state_->funnel);
    store::publish(state_->catalogue, state_->folder);
  });
}

}  // namespace chiasm
