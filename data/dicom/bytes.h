// Random access to the bytes of a file or of a buffer, a few at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chiasm::dicom {

class Bytes {
 public:
  virtual ~Bytes() = default;
  uint64_t size() const { return size_; }
  // `count` bytes at `position`, or nullptr beyond the end; valid until the next call. `count` is at most 4096.
  const uint8_t* at(uint64_t position, size_t count);

 protected:
  explicit Bytes(uint64_t size) : size_(size) {}
  virtual const uint8_t* fetch(uint64_t position, size_t count) = 0;
  uint64_t size_;
};

// A regular file, read through a small window: a file that shrinks meanwhile yields nullptr, not a signal.
class FileBytes : public Bytes {
 public:
  // Throws Refused UNREADABLE: no regular file, no permission. Never blocks on a FIFO.
  explicit FileBytes(const std::filesystem::path& path);
  ~FileBytes() override;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

 private:
  const uint8_t* fetch(uint64_t position, size_t count) override;
  int descriptor_;
  uint64_t start_ = 0;
  std::vector<uint8_t> window_;
};

class MemoryBytes : public Bytes {
 public:
  explicit MemoryBytes(std::string bytes) : Bytes(bytes.size()), bytes_(std::move(bytes)) {}

 private:
  const uint8_t* fetch(uint64_t position, size_t) override { return reinterpret_cast<const uint8_t*>(bytes_.data()) + position; }
  std::string bytes_;
};

// Raw deflate stream from `start` to the end of `source`. Throws Refused TOO_LARGE beyond `limit` bytes, TRUNCATED or DAMAGED.
std::string inflate_bytes(Bytes& source, uint64_t start, uint64_t limit);

}  // namespace chiasm::dicom
