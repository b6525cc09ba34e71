#include <algorithm>
#include <list>
#include <map>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/store/index.h"
#include "data/store/layout.h"

namespace chiasm {

namespace {

constexpr size_t kMostOpenFiles = 64;
constexpr int64_t kLayoutBytes = int64_t{32} << 20;  // layouts of studies kept

// The least recently used goes first.
template <class Key, class Value>
class Recent {
 public:
  const Value* find(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return &found->second.value;
  }
  const Value& keep(const Key& key, Value value, int64_t cost, int64_t budget) {
    order_.push_front(key);
    const Value& kept = entries_.emplace(key, Entry{std::move(value), cost, order_.begin()}).first->second.value;
    cost_ += cost;
    while (cost_ > budget && order_.size() > 1) {
      const auto last = entries_.find(order_.back());
      cost_ -= last->second.cost;
      entries_.erase(last);
      order_.pop_back();
    }
    return kept;
  }
  void clear() {
    entries_.clear();
    order_.clear();
    cost_ = 0;
  }

 private:
  struct Entry {
    Value value;
    int64_t cost;
    typename std::list<Key>::iterator place;
  };
  std::map<Key, Entry> entries_;
  std::list<Key> order_;  // most recently used first
  int64_t cost_ = 0;
};

struct ShardHandles {
  store::Handle library;                         // for all but voxels
  std::shared_ptr<const store::ShardFile> file;  // for voxels
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
  // Both are used under an Hdf5Lock.
  Recent<std::string, ShardHandles> shards;
  Recent<std::pair<int64_t, std::vector<std::string>>, std::shared_ptr<const StoredStudy>> studies;

  const ShardHandles& shard(const std::string& name) {
    if (const ShardHandles* found = shards.find(name)) return *found;
    const fs::path path = folder / name;
    return shards.keep(name, {store::open_file(path), std::make_shared<const store::ShardFile>(path)}, 1, kMostOpenFiles);
  }

  std::shared_ptr<const StoredStudy> open(int64_t index, const std::vector<std::string>& names) {
    const store::Hdf5Lock lock;
    if (const auto* found = studies.find({index, names})) return *found;
    const store::PlacedEntry& placed = catalogue.entries[static_cast<size_t>(index)];
    const ShardHandles& handles = shard(placed.shard);
    auto layout = store::read_layout(handles.library, placed.entry.study, catalogue.schema, names);
    if (layout->record.patient != placed.entry.patient) throw store::Failure("the patient is not the one of the index");
    layout->path = folder / placed.shard;
    layout->file = handles.file;
    const int64_t bytes = layout->memory_bytes();
    return studies.keep({index, names}, std::make_shared<const StoredStudy>(std::move(layout)), bytes, kLayoutBytes);
  }
};

StoreReader::StoreReader(const fs::path& folder) : state_(std::make_unique<State>()) {
  state_->folder = folder;
  state_->catalogue = store::load_catalogue(folder);
}

StoreReader::~StoreReader() {
  const store::Hdf5Lock lock;
  state_->shards.clear();
}

const StoreSchema& StoreReader::schema() const { return state_->catalogue.schema; }
const std::string& StoreReader::data_sha256() const { return state_->catalogue.data_sha256; }
const fs::path& StoreReader::folder() const { return state_->folder; }
int64_t StoreReader::size() const { return static_cast<int64_t>(state_->catalogue.entries.size()); }
const StudyEntry& StoreReader::entry(int64_t index) const { return state_->catalogue.entries.at(static_cast<size_t>(index)).entry; }

std::shared_ptr<const StoredStudy> StoreReader::open(int64_t index, const std::vector<std::string>& names) const {
  check_names(names, schema());
  const store::PlacedEntry& placed = state_->catalogue.entries.at(static_cast<size_t>(index));
  try {
    return state_->open(index, names);
  } catch (const store::Failure& failure) {
    throw store::damaged(state_->folder / placed.shard, placed.entry.study, failure);
  }
}

StudyRecord StoreReader::read(int64_t index, const std::vector<std::string>& names) const { return open(index, names)->whole(); }

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
