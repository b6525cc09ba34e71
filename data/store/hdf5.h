// The HDF5 calls of the store in a few safe pieces; hdf5.h of the library is included in hdf5.cpp alone. Every function here needs
// an Hdf5Lock held by the calling thread and throws Failure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "data/store/stored_array.h"

namespace chiasm::store {

// HDF5 keeps one state for the whole process: one lock around all calls, of all stores.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::mutex> lock_;
};

// An open file, group, data set, ...; closed with the object. Destroy it under the lock.
class Handle {
 public:
  using Close = int (*)(int64_t);
  Handle() = default;
  Handle(int64_t id, Close close, const std::string& what);  // a negative id throws Failure(what)
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { release(); }
  int64_t id() const { return id_; }
  bool open() const { return id_ >= 0; }
  // Throws Failure when the rest cannot be written.
  void close(const std::string& what);

 private:
  void release() noexcept;
  int64_t id_ = -1;
  Close close_ = nullptr;
};

// Files use the newest format HDF5 1.10 reads: its metadata has checksums, as the chunks have (older formats have none).
Handle create_file(const std::filesystem::path& path);
Handle open_file(const std::filesystem::path& path);

Handle create_group(const Handle& parent, const std::string& name);
Handle open_group(const Handle& parent, const std::string& name);
bool contains(const Handle& parent, const std::string& name);
std::vector<std::string> members(const Handle& group);  // sorted by name

// Attributes. Strings have a fixed length: variable ones would lie in a heap without checksum.
void set_attribute(const Handle& object, const std::string& name, const std::string& text);
void set_attribute(const Handle& object, const std::string& name, const std::vector<double>& numbers);
bool has_attribute(const Handle& object, const std::string& name);
std::string text_attribute(const Handle& object, const std::string& name);
std::vector<double> number_attribute(const Handle& object, const std::string& name, size_t count);

// Data sets.
void write_numbers(const Handle& group, const std::string& name, const std::vector<double>& numbers);
std::vector<double> read_numbers(const Handle& group, const std::string& name);
void write_text(const Handle& group, const std::string& name, const std::string& text);
std::string read_text(const Handle& group, const std::string& name);
// Writes chunks as they are, and beside the array a table of their places, NAME_chunks (chunks x 2: address and bytes in the file).
void write_array(const Handle& group, const std::string& name, const PackedArray& array);
// Of the present format by its table; of format version 1 by HDF5's index.
StoredArray find_array(const Handle& group, const std::string& name);

}  // namespace chiasm::store
