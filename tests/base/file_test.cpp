#include "core/base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "core/base/error.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

// Writes beyond `bytes` fail while this lives, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit tight{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(File, ReadsBackAllBytes) {
  const Scratch scratch;
  const std::string bytes("\0\r\n\xFF text", 9);
  write_file_atomic(scratch / "deep/er/file", bytes);
  EXPECT_EQ(read_file(scratch / "deep/er/file"), bytes);
  write_file_atomic(scratch / "deep/er/file", "");
  EXPECT_EQ(read_file(scratch / "deep/er/file"), "");
  EXPECT_EQ(entries(scratch / "deep/er"), 1u);
}

TEST(File, ReadingNamesThePath) {
  const Scratch scratch;
  EXPECT_EQ(message_of([&] { read_file(scratch / "none"); }), "cannot open " + (scratch / "none").string() + ": No such file or directory");
  EXPECT_EQ(message_of([&] { read_file(scratch.path()); }), "cannot read " + scratch.path().string() + ": it is a folder");
}

TEST(File, FailedWriteLeavesTheOldFile) {
  const Scratch scratch;
  write_file_atomic(scratch / "file", "old");
  {
    const FileSizeLimit limit(4096);
    EXPECT_EQ(message_of([&] { write_file_atomic(scratch / "file", std::string(100000, 'x')); }),
              "cannot write " + (scratch / "file").string() + ": File too large");
  }
  EXPECT_EQ(read_file(scratch / "file"), "old");
  EXPECT_EQ(entries(scratch.path()), 1u);
}

TEST(File, WritingBelowAFileOrOverAFolderFails) {
  const Scratch scratch;
  write_file_atomic(scratch / "file", "old");
  EXPECT_THROW(write_file_atomic(scratch / "file/below", "x"), Error);
  fs::create_directory(scratch / "folder");
  EXPECT_THROW(write_file_atomic(scratch / "folder", "x"), Error);
  EXPECT_EQ(entries(scratch.path()), 2u);
}

TEST(Staged, FileAppearsOnCommitOnly) {
  const Scratch scratch;
  {
    Staged staged(scratch / "a.nii.gz", Staged::Kind::file);
    EXPECT_EQ(staged.temporary().extension(), ".gz");  // some libraries choose the format by the name
    std::ofstream(staged.temporary()) << "half";
    EXPECT_FALSE(fs::exists(scratch / "a.nii.gz"));
  }
  EXPECT_EQ(entries(scratch.path()), 0u);
  Staged staged(scratch / "a.nii.gz", Staged::Kind::file);
  std::ofstream(staged.temporary()) << "whole";
  staged.commit();
  EXPECT_EQ(read_file(scratch / "a.nii.gz"), "whole");
  EXPECT_EQ(entries(scratch.path()), 1u);
}

TEST(Staged, FolderAppearsOnCommitOnly) {
  const Scratch scratch;
  {
    Staged staged(scratch / "run/", Staged::Kind::folder);
    write_file_atomic(staged.temporary() / "sub/file", "x");
    EXPECT_EQ(entries(scratch.path()), 1u);
    EXPECT_FALSE(fs::exists(scratch / "run"));
    staged.commit();
  }
  EXPECT_EQ(read_file(scratch / "run/sub/file"), "x");
  { const Staged dropped(scratch / "other", Staged::Kind::folder); }
  EXPECT_EQ(entries(scratch.path()), 1u);
}

TEST(Staged, ExistingNamesAreKeptUnlessReplaced) {
  const Scratch scratch;
  for (const auto kind : {Staged::Kind::file, Staged::Kind::folder}) {
    const fs::path target = scratch / (kind == Staged::Kind::file ? "file" : "folder");
    const auto stage = [&](const std::string& text, bool replace) {
      Staged staged(target, kind);
      std::ofstream(kind == Staged::Kind::file ? staged.temporary() : staged.temporary() / "inside") << text;
      staged.commit(replace);
    };
    const fs::path content = kind == Staged::Kind::file ? target : target / "inside";
    stage("first", true);
    EXPECT_EQ(message_of([&] { stage("second", false); }), target.string() + " exists already; choose another name or remove it");
    EXPECT_EQ(read_file(content), "first");
    stage("third", true);
    EXPECT_EQ(read_file(content), "third");
  }
  EXPECT_EQ(entries(scratch.path()), 2u);
}

TEST(ListFiles, SortedWithoutLinksAndPipes) {
  const Scratch scratch;
  for (const std::string name : {"b/2", "b/1", "a", "c/d/e", ".hidden"}) write_file_atomic(scratch / name, "");
  fs::create_directory_symlink(scratch.path(), scratch / "b/loop");
  fs::create_symlink(scratch / "a", scratch / "link");
  ASSERT_EQ(mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(list_files(scratch.path()),
            (std::vector<fs::path>{scratch / ".hidden", scratch / "a", scratch / "b/1", scratch / "b/2", scratch / "c/d/e"}));
  EXPECT_EQ(list_files(scratch / "a"), std::vector<fs::path>{scratch / "a"});
  EXPECT_THROW(list_files(scratch / "none"), InputError);
}

TEST(FileLock, OneHolderAtATime) {
  const Scratch scratch;
  const auto taken_elsewhere = [&] {  // asks from another process
    const pid_t child = fork();
    if (child == 0) _exit(message_of([&] { FileLock(scratch / "lock", "the store"); }).empty() ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 1;
  };
  {
    const FileLock lock(scratch / "lock", "the store");
    EXPECT_TRUE(taken_elsewhere());
    EXPECT_EQ(message_of([&] { FileLock(scratch / "lock", "the store"); }),
              "the store is in use by another process; wait until it ends (lock: " + (scratch / "lock").string() + ")");
  }
  EXPECT_FALSE(taken_elsewhere());
}

}  // namespace
}  // namespace chiasm
