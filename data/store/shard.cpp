#include "data/store/shard.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/store/layout.h"

namespace chiasm::store {

namespace {

constexpr const char* kPartialSuffix = ".partial";
constexpr const char* kSchemaAttribute = "schema";

std::string disk_message(const fs::path& path, const std::string& what) {
  return path.string() + ": " + what + "; is the disk full or read-only? Mend that and run the same command again";
}

// Closes under the lock, whatever happens.
struct ReadFile {
  Handle handle;
  ~ReadFile() {
    const Hdf5Lock lock;
    handle = Handle();
  }
};

// Every study of a shard, decoded, so that every checksum is checked.
std::vector<PlacedEntry> read_all(const fs::path& path, const std::string& name, const StoreSchema& schema) {
  std::vector<PlacedEntry> entries;
  std::vector<std::string> studies;
  ReadFile file;
  const auto voxels = std::make_shared<const ShardFile>(path);
  {
    const Hdf5Lock lock;
    file.handle = open_file(path);
    if (text_attribute(file.handle, kSchemaAttribute) != to_json(schema).dump())
      throw Failure("was written for another schema; use the data set file it was begun with, or start a new store");
    studies = members(file.handle);
  }
  for (const std::string& study : studies) {
    std::unique_ptr<StoredStudy::Layout> layout;
    PlacedEntry placed;
    {
      const Hdf5Lock lock;
      layout = read_layout(file.handle, study, schema, {});
      placed.position = read_position(file.handle, study);
    }
    layout->path = path;
    layout->file = voxels;
    placed.shard = name;
    placed.bytes = layout->packed_bytes();
    placed.entry = entry_of(read_whole(*layout));
    entries.push_back(std::move(placed));
  }
  return entries;
}

void take_in(Catalogue& catalogue, const fs::path& folder, const std::string& name, std::vector<PlacedEntry> entries) {
  const fs::path path = folder / name;
  catalogue.format_version = kFormatVersion;
  catalogue.shards.push_back({name, sha256_file(path), static_cast<int64_t>(fs::file_size(path)), static_cast<int64_t>(entries.size())});
  std::move(entries.begin(), entries.end(), std::back_inserter(catalogue.entries));
}

std::vector<std::string> files_with(const fs::path& folder, const std::string& suffix) {
  std::vector<std::string> names;
  if (!fs::exists(folder / "shards")) return names;
  for (const auto& file : fs::directory_iterator(folder / "shards"))
    if (ends_with(file.path().filename().string(), suffix)) names.push_back("shards/" + file.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

OpenShard::OpenShard(const fs::path& folder, std::string name, const StoreSchema& schema)
    : folder_(folder), partial_(folder / (name + kPartialSuffix)), name_(std::move(name)), schema_(schema) {
  try {
    const Hdf5Lock lock;
    file_ = create_file(partial_);
    set_attribute(file_, kSchemaAttribute, to_json(schema).dump());
  } catch (const Failure& failure) {
    discard();
    throw Error(disk_message(partial_, failure.what()));
  }
}

OpenShard::~OpenShard() { discard(); }

void OpenShard::discard() noexcept {
  {
    const Hdf5Lock lock;
    file_ = Handle();
  }
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void OpenShard::add(const PackedStudy& study) {
  try {
    const Hdf5Lock lock;
    write_study(file_, study, static_cast<int64_t>(entries_.size()));
  } catch (const Failure& failure) {
    throw Error(disk_message(partial_, failure.what()));
  }
  entries_.push_back({entry_of(study.record), name_, static_cast<int64_t>(entries_.size()), study.bytes()});
  bytes_ += study.bytes();
}

void OpenShard::finish(Catalogue& catalogue) {
  try {
    {
      const Hdf5Lock lock;
      file_.close("cannot be completed");
    }
    fsync_path(partial_);
    if (read_all(partial_, name_, schema_).size() != entries_.size()) throw Failure("does not hold what was written");
  } catch (const Failure& failure) {
    throw Error(disk_message(partial_, failure.what()));
  }
  fs::rename(partial_, folder_ / name_);
  fsync_path(folder_ / "shards");
  take_in(catalogue, folder_, name_, std::move(entries_));
}

void remove_temporary_files(const fs::path& folder) {
  for (const std::string& name : files_with(folder, kPartialSuffix)) fs::remove(folder / name);
  std::vector<fs::path> left;
  for (const auto& file : fs::directory_iterator(folder))
    if (starts_with(file.path().filename().string(), ".tmp-")) left.push_back(file.path());  // of write_file_atomic
  for (const fs::path& path : left) fs::remove(path);
}

std::vector<PlacedEntry> survey_shard(const fs::path& folder, const std::string& name, const StoreSchema& schema) {
  try {
    return read_all(folder / name, name, schema);
  } catch (const Failure& failure) {
    throw InputError((folder / name).string() + ": " + failure.what());
  }
}

void adopt_shards(const fs::path& folder, Catalogue& catalogue) {
  std::set<std::string> listed, studies;
  for (const ShardInfo& shard : catalogue.shards) listed.insert(shard.file);
  for (const PlacedEntry& placed : catalogue.entries) studies.insert(placed.entry.study);
  for (const std::string& name : files_with(folder, ".h5")) {
    if (listed.count(name)) continue;
    auto entries = survey_shard(folder, name, catalogue.schema);
    for (const PlacedEntry& placed : entries)
      if (!studies.insert(placed.entry.study).second)
        throw InputError((folder / name).string() + ": study " + placed.entry.study + " is in another shard too; remove this file");
    take_in(catalogue, folder, name, std::move(entries));
  }
}

std::string next_shard_name(const fs::path& folder) {
  for (int number = 0;; ++number) {
    char name[32];
    std::snprintf(name, sizeof name, "shards/%05d.h5", number);
    if (!fs::exists(folder / name)) return name;
  }
}

}  // namespace chiasm::store
