// SentencePiece text pieces. Ids 0..4 are pad, unknown, begin, end, mask (core/specs.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chiasm {

struct TokenizerOptions {
  int64_t vocabulary = 512;  // lowered to what the text supports
  double coverage = 0.9995;  // of characters; the rest by byte fallback
};

class Tokenizer {
 public:
  static std::string train(const std::vector<std::string>& texts, const TokenizerOptions& options);  // model bytes; deterministic
  explicit Tokenizer(const std::string& model_bytes);
  static Tokenizer load(const std::filesystem::path& path);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  int64_t vocabulary() const;
  // begin, pieces, end; cut to `length` with end kept.
  std::vector<int64_t> encode(const std::string& text, int64_t length) const;
  std::string decode(const std::vector<int64_t>& ids) const;  // special ids are left out
  const std::string& model_bytes() const;
  std::string sha256() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chiasm
