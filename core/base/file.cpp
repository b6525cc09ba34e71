#include "core/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/base/error.h"

namespace chiasm {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error = errno) {
  throw Error(what + " " + path.string() + ": " + reason(error));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }
  // Some file systems report a lost write only here.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error("cannot create the folder " + folder.string() + ": " + error.message());
}

// A name in the same folder, with the same extension, that no other thread or process takes.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<uint64_t> counter{0};
  const std::string tag = std::to_string(::getpid()) + "-" + std::to_string(counter++);
  return folder_of(path) / (".tmp-" + tag + "-" + path.filename().string());
}

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void sync(int descriptor, const fs::path& path) {
  if (::fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP) fail("cannot flush", path);  // not every file system syncs folders
}

// Flushes all below `root`. A flush per file costs milliseconds, so many files go by one flush of their file system.
void fsync_tree(const fs::path& root) {
  constexpr size_t many = 64;
  std::vector<fs::path> paths{root};
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_directory() || entry.is_regular_file()) paths.push_back(entry.path());
  if (paths.size() > many) {
    Descriptor folder(::open(root.c_str(), O_RDONLY | O_CLOEXEC));
    if (folder < 0 || ::syncfs(folder) != 0) fail("cannot flush", root);
    return;
  }
  for (const fs::path& path : paths) fsync_path(path);
}

bool rename_with(const fs::path& from, const fs::path& to, unsigned flags) {
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0;
}

bool flags_unknown() { return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP; }

void rename_new(const fs::path& from, const fs::path& to) {
  if (rename_with(from, to, RENAME_NOREPLACE)) return;
  const int error = errno;
  if (error == EEXIST || (flags_unknown() && fs::exists(fs::symlink_status(to))))
    throw Error(to.string() + " exists already; choose another name or remove it");
  if (!flags_unknown() || std::rename(from.c_str(), to.c_str()) != 0) fail("cannot create", to, error);
}

// The old folder takes the temporary name and is removed from there.
void replace_folder(const fs::path& from, const fs::path& to) {
  if (!fs::exists(fs::symlink_status(to))) return rename_new(from, to);
  if (rename_with(from, to, RENAME_EXCHANGE)) {
    fs::remove_all(from);
    return;
  }
  if (!flags_unknown()) fail("cannot replace", to);
  const fs::path old = temporary_name(to);
  if (std::rename(to.c_str(), old.c_str()) != 0 || std::rename(from.c_str(), to.c_str()) != 0) fail("cannot replace", to);
  fs::remove_all(old);
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw InputError("cannot read " + path.string() + ": it is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("cannot open " + path.string() + ": " + reason(errno));
  std::string bytes;
  const auto size = fs::file_size(path, error);
  if (!error) bytes.reserve(size);
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) throw InputError("cannot read " + path.string() + ": " + reason(errno));
  return bytes;
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  Staged staged(path, Staged::Kind::file);
  Descriptor file(::open(staged.temporary().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file < 0) fail("cannot write", path);
  write_all(file, bytes, path);
  if (!file.close()) fail("cannot write", path);
  staged.commit(true);
}

Staged::Staged(fs::path final_path, Kind kind) : final_(std::move(final_path)), kind_(kind) {
  if (!final_.has_filename()) final_ = final_.parent_path();  // "folder/"
  make_folders(folder_of(final_));
  temporary_ = temporary_name(final_);
  std::error_code error;
  fs::remove_all(temporary_, error);  // left by a killed process with the same number
  if (kind_ == Kind::folder && !fs::create_directory(temporary_, error)) fail("cannot create the folder", final_, error.value());
}

Staged::~Staged() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(temporary_, ignored);
}

void Staged::commit(bool replace) {
  if (kind_ == Kind::folder)
    fsync_tree(temporary_);
  else
    fsync_path(temporary_);
  if (!replace) {
    rename_new(temporary_, final_);
  } else if (kind_ == Kind::folder) {
    replace_folder(temporary_, final_);
  } else if (std::rename(temporary_.c_str(), final_.c_str()) != 0) {
    fail("cannot replace", final_);
  }
  committed_ = true;
  fsync_path(folder_of(final_));
}

void fsync_path(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file < 0) fail("cannot open", path);
  sync(file, path);
}

std::vector<fs::path> list_files(const fs::path& root) {
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_regular_file(root, error)) return {root};
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    if (fs::is_regular_file(entry->symlink_status())) files.push_back(entry->path());
  if (error) throw InputError("cannot list the folder " + root.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

FileLock::FileLock(const fs::path& path, const std::string& what) {
  make_folders(folder_of(path));
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("cannot open the lock", path);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(descriptor_);
  if (error == EWOULDBLOCK) throw Error(what + " is in use by another process; wait until it ends (lock: " + path.string() + ")");
  fail("cannot lock", path, error);
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace chiasm
