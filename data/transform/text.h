// Random changes of texts and tokens. Each is a pure function of what comes in, its options and the random stream, and returns its
// parameters beside the result. A share or chance outside [0, 1] throws UsageError.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace chiasm::transform {

struct SectionOptions {
  double keep = 0.5;  // chance of each section
};
struct ChosenSections {
  std::vector<std::string> kept;                // names, ascending
  std::map<std::string, std::string> sections;  // the kept ones, and the text before the first heading
};
// `sections` by name, as chiasm::sections gives them; "", the text before the first heading, always stays. Each named section stays with
// chance `keep`; when none would, one of them does, each as likely.
ChosenSections choose_sections(const std::map<std::string, std::string>& sections, const SectionOptions& options, Random& random);

struct ShuffleOptions {
  double chance = 1;  // that the text is shuffled at all
};
struct ShuffledText {
  std::vector<int64_t> order;  // place in `text`: index of the sentence in the source; ascending when nothing was shuffled
  std::string text;
};
// The text of one section with its sentences (sentences.h) in random order, every order as likely. Only white space changes beside the
// order: a sentence takes along the gap behind it, and one without a closing mark gets an empty line, so that the same sentences are found
// again. A text that is not shuffled, or has fewer than two sentences, stays as it is to the byte.
ShuffledText shuffle_sentences(const std::string& text, const ShuffleOptions& options, Random& random);

struct MaskOptions {
  double share = 0.15;  // of the tokens that can be masked
};
struct MaskedTokens {
  std::vector<int64_t> tokens;
  std::vector<int64_t> places;  // of the masked tokens, ascending; what stood there is tokens[place] of the source
};
// Replaces round(share * n) of the n tokens other than pad, begin, end and mask (TextIds, core/specs.h) by mask, every choice of
// places as likely (Devlin et al. 2019, without its kept and exchanged tokens).
MaskedTokens mask_tokens(const std::vector<int64_t>& tokens, const MaskOptions& options, Random& random);

}  // namespace chiasm::transform
