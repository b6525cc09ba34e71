// Files and folders. Writers are atomic: a final name never holds half a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm {

namespace fs = std::filesystem;

// Whole content. Throws InputError that names the path.
std::string read_file(const fs::path& path);

// Writes to a temporary name in the same folder, fsyncs, renames, fsyncs the folder. Creates parent folders. Throws Error on a full disk.
void write_file_atomic(const fs::path& path, std::string_view bytes);

// A file (or, with `folder`, a folder) under construction: fill `temporary()`, then `commit()`. Destroyed without commit, it is removed.
class Staged {
 public:
  enum class Kind { file, folder };
  Staged(fs::path final_path, Kind kind);
  ~Staged();
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;
  const fs::path& temporary() const { return temporary_; }
  // fsyncs everything below and renames. An existing final path is an error unless `replace`.
  void commit(bool replace = false);

 private:
  fs::path final_, temporary_;
  Kind kind_;
  bool committed_ = false;
};

void fsync_path(const fs::path& path);

// Regular files below `root`, sorted by path; symbolic links, FIFOs and devices are left out, loops cannot occur. A file lists itself.
std::vector<fs::path> list_files(const fs::path& root);

// An advisory lock held while the object lives. Throws Error naming `what` when another process holds it.
class FileLock {
 public:
  FileLock(const fs::path& path, const std::string& what);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace chiasm
