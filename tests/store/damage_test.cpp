// A damaged store never gives other data: it gives the data, or an error that names the file.
#include "core/base/error.h"
#include "core/base/json.h"
#include "data/store/hdf5.h"
#include "tests/store/support.h"

namespace chiasm::testing {
namespace {

constexpr int64_t kStudies = 3;

void write_plain(const fs::path& path, const std::string& bytes) {
  FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
}

// Studies that could not be read; the others must be as written.
int64_t failed_reads(const fs::path& store, const std::string& shard) {
  const StoreReader reader(store);
  int64_t failed = 0;
  for (int64_t i = 0; i < reader.size(); ++i) try {
      expect_equal(small_record(i), reader.read(i));
    } catch (const InputError& error) {
      ++failed;
      EXPECT_NE(std::string(error.what()).find(shard), std::string::npos) << error.what();
    }
  return failed;
}

TEST(Damage, AFlippedBitInAShardIsFoundAndNamed) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store", shard = store / "shards/00000.h5";
  write_store(store, kStudies);
  const std::string whole = read_file(shard);
  Random random(11);
  int64_t noticed = 0;
  constexpr int64_t kFlips = 1200;
  for (int64_t flip = 0; flip < kFlips; ++flip) {
    std::string bytes = whole;
    // Spread over all regions: superblock, object headers, attributes, links, chunk indices, chunks.
    const auto at = static_cast<size_t>((static_cast<double>(flip) + random.uniform()) / kFlips * static_cast<double>(bytes.size()));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.integer(8)));
    write_plain(shard, bytes);
    EXPECT_EQ(StoreReader(store).verify(), std::vector<std::string>{"shards/00000.h5"}) << "byte " << at;
    noticed += failed_reads(store, "shards/00000.h5") > 0;
  }
  // What is not noticed lies in unused bytes: its reads were equal.
  EXPECT_GT(noticed, kFlips / 2);
}

TEST(Damage, EveryByteOfTheVoxelsIsCovered) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store", shard = store / "shards/00000.h5";
  write_store(store, 1);
  const std::string whole = read_file(shard);
  store::ChunkPlace chunk;
  {
    const store::Hdf5Lock lock;
    const store::Handle file = store::open_file(shard);
    chunk = store::find_array(store::open_group(file, study_name(0) + "/inputs/ct/0"), "voxels").places.front();
  }
  ASSERT_GT(chunk.bytes, 40U);
  for (size_t at = chunk.address; at < chunk.address + chunk.bytes; ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_plain(shard, bytes);
    EXPECT_EQ(failed_reads(store, "shards/00000.h5"), 1) << at;
  }
}

TEST(Damage, ACutOrMissingShardIsNamed) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store", shard = store / "shards/00000.h5";
  write_store(store, kStudies);
  const std::string whole = read_file(shard);
  for (const size_t length : {size_t{0}, size_t{7}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    write_plain(shard, whole.substr(0, length));
    EXPECT_EQ(StoreReader(store).verify(), std::vector<std::string>{"shards/00000.h5"});
    EXPECT_GT(failed_reads(store, "shards/00000.h5"), 0) << length;
  }
  fs::remove(shard);
  EXPECT_EQ(StoreReader(store).verify(), std::vector<std::string>{"shards/00000.h5"});
  EXPECT_EQ(failed_reads(store, "shards/00000.h5"), kStudies);
}

TEST(Damage, IndexAndDatasetProveEachOther) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store";
  write_store(store, kStudies);
  const std::string index = read_file(store / "index.csv");
  Random random(3);
  for (int i = 0; i < 40; ++i) {
    std::string bytes = index;
    const auto at = static_cast<size_t>(random.integer(static_cast<int64_t>(bytes.size())));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.integer(7)));
    write_plain(store / "index.csv", bytes);
    EXPECT_NE(message_of<InputError>([&] { StoreReader{store}; }).find("index.csv is damaged"), std::string::npos);
  }
  write_plain(store / "index.csv", index);
  const Json whole = read_json(store / "dataset.json");
  const std::vector<std::pair<std::string, Json>> changes{{"/data_sha256", std::string(64, '0')},
                                                          {"/index_sha256", std::string(64, '0')},
                                                          {"/studies", 4},
                                                          {"/counts/patients", 9},
                                                          {"/shards/0/sha256", std::string(64, '0')},
                                                          {"/shards/0/file", "/etc/passwd"},
                                                          {"/shards/0/bytes", 1},
                                                          {"/schema/inputs/ct/modality", "mr"},
                                                          {"/schema/inputs/ct/form", "sound"},
                                                          {"/shards", 7}};
  for (const auto& [where, value] : changes) {
    Json changed = whole;
    changed[Json::json_pointer(where)] = value;
    write_json(store / "dataset.json", changed);
    if (where == "/shards/0/bytes") continue;  // derived from the file, proven by the digest
    EXPECT_THROW(StoreReader{store}, InputError) << where;
  }
}

TEST(Damage, AFileThatIsDamagedWhileOpenIsNoticedByVerify) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store";
  write_store(store, kStudies);
  const StoreReader reader(store);
  write_plain(store / "index.csv", read_file(store / "index.csv") + "x");
  EXPECT_EQ(reader.verify(), std::vector<std::string>{"index.csv"});
}

}  // namespace
}  // namespace chiasm::testing
