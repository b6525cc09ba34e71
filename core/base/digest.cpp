#include "core/base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/error.h"

namespace chiasm {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  bool finished = false;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  check(state_->context && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "OpenSSL has no SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) { add(bytes.data(), bytes.size()); }

void Sha256::add(const void* data, size_t bytes) {
  check(!state_->finished && EVP_DigestUpdate(state_->context, data, bytes) == 1, "SHA-256 was used after finish()");
}

Digest Sha256::finish() {
  Digest digest;
  unsigned length = 0;
  check(!std::exchange(state_->finished, true), "SHA-256 was finished twice");
  check(EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1 && length == digest.size(), "OpenSSL cannot finish a SHA-256");
  return digest;
}

Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest digest;
  unsigned length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  check(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, bytes.size(), digest.data(), &length) != nullptr,
        "OpenSSL has no HMAC");
  return digest;
}

std::string hex(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }

std::string sha256_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("cannot open " + path.string());
  std::vector<char> buffer(1 << 20);
  Sha256 hash;
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.add(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) throw InputError("cannot read " + path.string());
  return hex(hash.finish());
}

std::string base32(const Digest& digest, size_t characters) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  check(characters <= (digest.size() * 8 + 4) / 5, "a SHA-256 digest has 52 base-32 characters at most");
  std::string text;
  for (size_t i = 0; i < characters; ++i) {
    const size_t bit = i * 5;
    const unsigned high = digest[bit / 8];
    const unsigned low = bit / 8 + 1 < digest.size() ? digest[bit / 8 + 1] : 0;
    text += alphabet[((high << 8 | low) >> (11 - bit % 8)) & 31];
  }
  return text;
}

}  // namespace chiasm
