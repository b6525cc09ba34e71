// A writer that dies at any moment leaves whole shards under their final names, and the next run goes on from there.
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <chrono>
#include <set>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "tests/store/support.h"

namespace chiasm::testing {
namespace {

constexpr int64_t kStudies = 24, kShardBytes = 900;

void ingest(const fs::path& store) {
  StoreWriter writer(store, small_schema(), kShardBytes);
  for (int64_t i = 0; i < kStudies; ++i) {
    if (writer.has(study_name(i))) continue;
    writer.refuse({study_name(i), "ct", "extra", "refused", "LOCALIZER", "scout"});
    writer.add(small_record(i));
  }
  writer.commit();
}

// Runs `work` in a child process; its wait status.
template <class Work>
int in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (const std::exception&) {
      ::_exit(9);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

void expect_complete(const fs::path& store) {
  const StoreReader reader(store);
  ASSERT_EQ(reader.size(), kStudies);
  EXPECT_TRUE(reader.verify().empty());
  std::set<std::string> expected{"dataset.json", "index.csv", "ledger.csv", ".lock"};
  for (const fs::path& file : list_files(store)) EXPECT_TRUE(file.extension() == ".h5" || expected.count(file.filename().string())) << file;
  for (const fs::path& file : list_files(store / "shards")) EXPECT_EQ(file.extension(), ".h5");
  for (int64_t i = 0; i < kStudies; ++i) expect_equal(small_record(i), reader.read(i));
  EXPECT_EQ(read_csv(store / "ledger.csv").rows.size(), static_cast<size_t>(kStudies));
}

// Every file under a final name is whole, even before anybody resumes.
void expect_final_names_whole(const fs::path& store) {
  if (!fs::exists(store / "shards")) return;
  const TemporaryFolder copy;
  fs::create_directories(copy / "s/shards");
  for (const auto& file : fs::directory_iterator(store / "shards"))
    if (file.path().extension() == ".h5") fs::copy(file.path(), copy / ("s/shards/" + file.path().filename().string()));
  StoreWriter adopting(copy / "s", small_schema(), kShardBytes);  // reads every checksum of every shard
}

// How long a whole ingest takes here, so that the kills spread over all of it.
int64_t ingest_microseconds() {
  static const int64_t duration = [] {
    const TemporaryFolder folder;
    const auto start = std::chrono::steady_clock::now();
    ingest(folder / "store");
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
  }();
  return duration;
}

class Killed : public ::testing::TestWithParam<int> {};

TEST_P(Killed, LeavesWholeShardsAndGoesOn) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store";
  Random random(static_cast<uint64_t>(GetParam()));
  const int64_t longest = ingest_microseconds();
  for (int kill = 0; kill < 3; ++kill) {
    const int status = in_child([&] {
      // The kernel ends the child after a random time, as SIGKILL would: no handler, no clean-up.
      itimerval timer{};
      const int64_t after = 1 + random.integer(longest);
      timer.it_value = {after / 1000000, after % 1000000};
      ::signal(SIGALRM, SIG_DFL);
      ::setitimer(ITIMER_REAL, &timer, nullptr);
      ingest(store);
    });
    random.next();  // the child drew from its own copy
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 9) << "the writer met an error of its own";
    expect_final_names_whole(store);
  }
  ingest(store);
  expect_complete(store);
}

INSTANTIATE_TEST_SUITE_P(AtRandomMoments, Killed, ::testing::Range(0, 34));  // 102 kills

TEST(KilledWriter, InTheMiddleOfAWrite) {
  for (const rlim_t limit : {700u, 2000u, 3500u}) {  // bytes a file may have: the kernel ends the child inside write()
    const TemporaryFolder folder;
    const fs::path store = folder / "store";
    const int status = in_child([&] {
      const rlimit bound{limit, limit}, no_core{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      ::setrlimit(RLIMIT_FSIZE, &bound);
      ingest(store);
    });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << limit;
    expect_final_names_whole(store);
    ingest(store);
    expect_complete(store);
  }
}

TEST(KilledWriter, BetweenIndexAndDataset) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store";
  ingest(store);
  write_file_atomic(store / "index.csv", read_file(store / "index.csv") + "\n");
  EXPECT_THROW(StoreReader{store}, InputError);
  ingest(store);
  expect_complete(store);
}

TEST(FullDisk, IsOneClearErrorAndNothingIsLost) {
  for (const rlim_t limit : {0u, 300u, 1500u, 4000u, 8000u, 30000u}) {
    const TemporaryFolder folder;
    const fs::path store = folder / "store";
    const int status = in_child([&] {
      ::signal(SIGXFSZ, SIG_IGN);  // write() fails with EFBIG, as with ENOSPC
      const rlimit bound{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &bound);
      try {
        StoreWriter writer(store, small_schema(), int64_t{1} << 30);
        for (int64_t i = 0; i < kStudies; ++i) writer.add(small_record(i));
        writer.commit();
      } catch (const Error& error) {
        ::_exit(error.exit() == Exit::failed && std::string(error.what()).find(folder / "store") != std::string::npos ? 5 : 6);
      }
    });
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 5) << limit << " status " << status;
    EXPECT_FALSE(fs::exists(store / "dataset.json"));
    EXPECT_TRUE(!fs::exists(store / "shards") || fs::is_empty(store / "shards")) << limit;
    StoreWriter writer(store, small_schema());
    writer.add(small_record(0));
    writer.commit();
    EXPECT_TRUE(StoreReader(store).verify().empty());
  }
}

TEST(FullDisk, AFolderThatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  const std::string message = message_of<Error>([&] { StoreWriter(folder / "file", small_schema()); });
  EXPECT_NE(message.find((folder / "file").string()), std::string::npos) << message;
  EXPECT_THROW(StoreWriter("/proc/chiasm-store", small_schema()), Error);
}

}  // namespace
}  // namespace chiasm::testing
