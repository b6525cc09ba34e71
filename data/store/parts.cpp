#include "data/store/parts.h"

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "data/store/shard.h"

namespace chiasm::store {

namespace {

struct Found {
  Part part;
  fs::path folder;
};

// `name`: what follows STORE.part-
std::optional<Part> parse_part(const std::string& name) {
  const size_t middle = name.find("-of-");
  if (middle == std::string::npos) return std::nullopt;
  const auto index = parse_integer(name.substr(0, middle)), count = parse_integer(name.substr(middle + 4));
  if (!index || !count || *index < 1 || *index > *count) return std::nullopt;
  return Part{static_cast<int>(*index), static_cast<int>(*count)};
}

fs::path without_slash(const fs::path& folder) {
  const fs::path plain = folder.lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

std::vector<Found> find_parts(const fs::path& folder) {
  const fs::path whole = without_slash(fs::absolute(folder));
  const std::string prefix = whole.filename().string() + ".part-";
  std::vector<Found> parts;
  if (!fs::exists(whole.parent_path())) return parts;
  for (const auto& entry : fs::directory_iterator(whole.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || !starts_with(name, prefix)) continue;
    if (const auto part = parse_part(name.substr(prefix.size()))) parts.push_back({*part, entry.path()});
  }
  std::sort(parts.begin(), parts.end(), [](const Found& a, const Found& b) { return a.part.index < b.part.index; });
  for (const Found& found : parts)
    if (found.part.count != parts.front().part.count)
      throw InputError(folder.string() + ": there are parts of " + std::to_string(parts.front().part.count) + " and of " +
                       std::to_string(found.part.count) + " beside it, which may share studies; remove the folders of one of the two");
  return parts;
}

std::vector<fs::path> whole_shards(const fs::path& part) {
  std::vector<fs::path> shards;
  if (fs::exists(part / "shards"))
    for (const auto& file : fs::directory_iterator(part / "shards"))
      if (file.path().extension() == ".h5") shards.push_back(file.path());
  std::sort(shards.begin(), shards.end());
  return shards;
}

}  // namespace

fs::path part_folder(const fs::path& folder, const Part& part) {
  return without_slash(folder).string() + ".part-" + std::to_string(part.index) + "-of-" + std::to_string(part.count);
}

bool takes(const Part& part, const std::string& study) {
  return static_cast<int>(hash_key(0, study) % static_cast<uint64_t>(part.count)) == part.index - 1;
}

std::vector<LedgerLine> take_parts(const fs::path& folder) {
  std::vector<LedgerLine> lines;
  const std::vector<Found> parts = find_parts(folder);
  if (parts.empty()) return lines;
  fs::create_directories(folder / "shards");
  const FileLock lock(folder / ".lock", "the store " + folder.string());
  for (const Found& found : parts) {
    const FileLock part_lock(found.folder / ".lock", "the part " + found.folder.string());
    for (const fs::path& shard : whole_shards(found.folder)) fs::rename(shard, folder / next_shard_name(folder));
    for (LedgerLine& line : read_ledger(found.folder)) lines.push_back(std::move(line));
  }
  fsync_path(folder / "shards");
  return lines;
}

void remove_parts(const fs::path& folder) {
  for (const Found& found : find_parts(folder))
    if (whole_shards(found.folder).empty()) fs::remove_all(found.folder);
}

}  // namespace chiasm::store
