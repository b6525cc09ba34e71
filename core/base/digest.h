// SHA-256 and keyed digests (OpenSSL). Hex is lower case.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace chiasm {

using Digest = std::array<uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(std::string_view bytes);
  void add(const void* data, size_t bytes);
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);
std::string hex(const Digest& digest);
std::string sha256_hex(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);  // hex
// RFC 4648 alphabet, lower case, no padding; the first `characters`.
std::string base32(const Digest& digest, size_t characters);

}  // namespace chiasm
