#include <algorithm>
#include <map>
#include <mutex>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/store/index.h"
#include "data/store/record.h"

namespace chiasm {

namespace {

constexpr size_t kMostOpenFiles = 64;

// Files stay open between reads; the one used longest ago is closed for a new one. Use it under an Hdf5Lock.
class OpenFiles {
 public:
  const store::Handle& get(const fs::path& path) {
    const auto found = files_.find(path);
    if (found != files_.end()) {
      found->second.used = ++clock_;
      return found->second.file;
    }
    if (files_.size() >= kMostOpenFiles)
      files_.erase(
          std::min_element(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    return files_.emplace(path, Entry{store::open_file(path), ++clock_}).first->second.file;
  }
  void clear() { files_.clear(); }

 private:
  struct Entry {
    store::Handle file;
    int64_t used;
  };
  std::map<fs::path, Entry> files_;
  int64_t clock_ = 0;
};

void check_names(const std::vector<std::string>& names, const StoreSchema& schema) {
  std::vector<std::string> known;
  for (const auto& [name, input] : schema.inputs) known.push_back(name);
  for (const auto& [name, target] : schema.targets) known.push_back(name);
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError("the store has no input or target '" + name + "'" + did_you_mean(name, known));
}

}  // namespace

struct StoreReader::State {
  fs::path folder;
  store::Catalogue catalogue;
  OpenFiles files;
};

StoreReader::StoreReader(const fs::path& folder) : state_(std::make_unique<State>()) {
  state_->folder = folder;
  state_->catalogue = store::load_catalogue(folder);
}

StoreReader::~StoreReader() {
  const store::Hdf5Lock lock;
  state_->files.clear();
}

const StoreSchema& StoreReader::schema() const { return state_->catalogue.schema; }
const std::string& StoreReader::data_sha256() const { return state_->catalogue.data_sha256; }
const fs::path& StoreReader::folder() const { return state_->folder; }
int64_t StoreReader::size() const { return static_cast<int64_t>(state_->catalogue.entries.size()); }
const StudyEntry& StoreReader::entry(int64_t index) const { return state_->catalogue.entries.at(static_cast<size_t>(index)).entry; }

StudyRecord StoreReader::read(int64_t index, const std::vector<std::string>& names) const {
  check_names(names, schema());
  const store::PlacedEntry& placed = state_->catalogue.entries.at(static_cast<size_t>(index));
  const fs::path path = state_->folder / placed.shard;
  try {
    store::PackedStudy packed;
    {
      const store::Hdf5Lock lock;
      packed = store::read_study(state_->files.get(path), placed.entry.study, schema(), names);
    }
    if (packed.record.patient != placed.entry.patient) throw store::Failure("the patient is not the one of the index");
    return store::unpack_study(std::move(packed));
  } catch (const store::Failure& failure) {
    throw InputError(path.string() + ", study " + placed.entry.study + ": " + failure.what() +
                     "; the shard is damaged: restore it or ingest again ('chiasm check' names all damaged files)");
  }
}

std::vector<std::string> StoreReader::verify() const {
  std::vector<std::string> damaged;
  for (const store::ShardInfo& shard : state_->catalogue.shards) {
    const fs::path path = state_->folder / shard.file;
    if (!fs::is_regular_file(path) || sha256_file(path) != shard.sha256) damaged.push_back(shard.file);
  }
  try {
    if (store::load_catalogue(state_->folder).data_sha256 != data_sha256()) damaged.push_back("dataset.json");
  } catch (const InputError& error) {
    damaged.push_back(std::string(error.what()).find("index.csv") != std::string::npos ? "index.csv" : "dataset.json");
  }
  return damaged;
}

}  // namespace chiasm
