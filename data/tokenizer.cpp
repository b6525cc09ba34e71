#include "data/tokenizer.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/specs.h"

namespace chiasm {

namespace {

constexpr const char* kMaskPiece = "<mask>";

// Hands the trainer one line at a time, so that nothing goes through a file.
class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  bool done() const override { return next_ >= lines_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return lines_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string> lines_;
  size_t next_ = 0;
};

std::vector<std::string> training_lines(const std::vector<std::string>& texts) {
  std::vector<std::string> lines;
  for (const std::string& text : texts) {
    if (!is_utf8(text)) throw InputError("tokenizer: a text is not UTF-8; convert the texts before training");
    for (const std::string& line : split(text, '\n')) {
      const std::string trimmed = trim(line);
      if (!trimmed.empty()) lines.push_back(trimmed);
    }
  }
  if (lines.empty()) throw InputError("tokenizer: the texts are empty; name inputs that hold text");
  return lines;
}

}  // namespace

struct Tokenizer::State {
  sentencepiece::SentencePieceProcessor processor;
  std::string model_bytes;
};

std::string Tokenizer::train(const std::vector<std::string>& texts, const TokenizerOptions& options) {
  Lines lines(training_lines(texts));
  const std::unordered_map<std::string, std::string> settings{
      {"model_type", "unigram"},
      {"vocab_size", std::to_string(options.vocabulary)},
      {"hard_vocab_limit", "false"},  // fewer pieces when the text does not support as many
      {"character_coverage", format_number(options.coverage)},
      {"byte_fallback", "true"},
      {"split_digits", "true"},
      {"normalization_rule_name", "identity"},
      {"remove_extra_whitespaces", "false"},
      {"pad_id", std::to_string(TextIds::pad)},
      {"unk_id", std::to_string(TextIds::unknown)},
      {"bos_id", std::to_string(TextIds::begin)},
      {"eos_id", std::to_string(TextIds::end)},
      {"control_symbols", kMaskPiece},  // a control symbol is never made from text that looks like it
      {"max_sentence_length", "1000000"},
      {"shuffle_input_sentence", "false"},
      {"num_threads", "1"},  // sums in a fixed order
      {"minloglevel", "2"},
  };
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(settings, &lines, &model);
  if (!status.ok()) {
    const std::string reason = status.ToString();  // behind the place in SentencePiece's source: the sentence for people
    const size_t sentence = reason.rfind("] ");
    throw UsageError("tokenizer: a vocabulary of " + std::to_string(options.vocabulary) +
                     " cannot be learned from these texts: " + reason.substr(sentence == std::string::npos ? 0 : sentence + 2) +
                     " 261 pieces are reserved and every frequent character needs one: choose a larger vocabulary");
  }
  return model;
}

Tokenizer::Tokenizer(const std::string& model_bytes) : state_(std::make_unique<State>()) {
  auto& processor = state_->processor;
  if (!processor.LoadFromSerializedProto(model_bytes).ok()) throw InputError("tokenizer: the model is damaged or not SentencePiece");
  const bool ids_match = processor.pad_id() == TextIds::pad && processor.unk_id() == TextIds::unknown &&
                         processor.bos_id() == TextIds::begin && processor.eos_id() == TextIds::end &&
                         processor.GetPieceSize() > TextIds::mask && processor.IdToPiece(static_cast<int>(TextIds::mask)) == kMaskPiece;
  if (!ids_match)
    throw InputError("tokenizer: pad, unknown, begin, end and <mask> must have ids 0 to 4; train the model with 'chiasm tokenizer'");
  state_->model_bytes = model_bytes;
}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  try {
    return Tokenizer(bytes);
  } catch (const InputError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

int64_t Tokenizer::vocabulary() const { return state_->processor.GetPieceSize(); }

std::vector<int64_t> Tokenizer::encode(const std::string& text, int64_t length) const {
  if (length < 2) throw UsageError("tokenizer: a length of " + std::to_string(length) + " has no room for begin and end; use 2 or more");
  std::vector<int> pieces;
  if (!state_->processor.Encode(text, &pieces).ok()) throw Error("tokenizer: a text could not be encoded");
  const size_t room = std::min(pieces.size(), static_cast<size_t>(length - 2));
  std::vector<int64_t> ids{TextIds::begin};
  ids.insert(ids.end(), pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(room));
  ids.push_back(TextIds::end);
  return ids;
}

std::string Tokenizer::decode(const std::vector<int64_t>& ids) const {
  std::vector<int> pieces;
  for (const int64_t id : ids)
    if (id > TextIds::mask && id < vocabulary()) pieces.push_back(static_cast<int>(id));
  std::string text;
  if (!state_->processor.Decode(pieces, &text).ok()) throw Error("tokenizer: ids could not be decoded");
  return text;
}

const std::string& Tokenizer::model_bytes() const { return state_->model_bytes; }

std::string Tokenizer::sha256() const { return sha256_hex(state_->model_bytes); }

}  // namespace chiasm
