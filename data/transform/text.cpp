#include "data/transform/text.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/specs.h"
#include "data/transform/sentences.h"

namespace chiasm::transform {
namespace {

void need_share(double value, const std::string& name) {
  if (!(value >= 0 && value <= 1)) throw UsageError(name + " must lie in [0, 1], not " + format_number(value));
}

// The white space that keeps `sentence` apart from whatever comes next.
std::string gap_of(const Sentence& sentence) {
  if (!sentence.closed) return "\n\n";
  const bool ascii = static_cast<unsigned char>(sentence.text.back()) < 0x80;
  return sentence.gap.empty() && ascii ? " " : sentence.gap;
}

bool can_be_masked(int64_t token) {
  return token != TextIds::pad && token != TextIds::begin && token != TextIds::end && token != TextIds::mask;
}

}  // namespace

ChosenSections choose_sections(const std::map<std::string, std::string>& sections, const SectionOptions& options, Random& random) {
  need_share(options.keep, "keep");
  std::vector<std::string> named, kept;
  for (const auto& [name, text] : sections)
    if (!name.empty()) named.push_back(name);
  for (const std::string& name : named)
    if (random.chance(options.keep)) kept.push_back(name);
  if (kept.empty() && !named.empty()) kept.push_back(named[static_cast<size_t>(random.integer(static_cast<int64_t>(named.size())))]);
  ChosenSections chosen{kept, {}};
  if (sections.contains("")) chosen.sections[""] = sections.at("");
  for (const std::string& name : kept) chosen.sections[name] = sections.at(name);
  return chosen;
}

ShuffledText shuffle_sentences(const std::string& text, const ShuffleOptions& options, Random& random) {
  need_share(options.chance, "chance");
  const std::vector<Sentence> found = sentences(text);
  ShuffledText out{std::vector<int64_t>(found.size()), text};
  std::iota(out.order.begin(), out.order.end(), int64_t{0});
  if (!random.chance(options.chance) || found.size() < 2) return out;
  random.shuffle(out.order);
  out.text.clear();
  for (size_t place = 0; place < found.size(); ++place) {
    const Sentence& sentence = found[static_cast<size_t>(out.order[place])];
    out.text += sentence.text;
    if (place + 1 < found.size()) out.text += gap_of(sentence);
  }
  return out;
}

MaskedTokens mask_tokens(const std::vector<int64_t>& tokens, const MaskOptions& options, Random& random) {
  need_share(options.share, "share");
  std::vector<int64_t> open;
  for (size_t n = 0; n < tokens.size(); ++n)
    if (can_be_masked(tokens[n])) open.push_back(static_cast<int64_t>(n));
  const auto all = static_cast<int64_t>(open.size());
  MaskedTokens out{tokens, {}};
  for (const int64_t n : random.sample(all, std::llround(options.share * static_cast<double>(all))))
    out.places.push_back(open[static_cast<size_t>(n)]);
  std::sort(out.places.begin(), out.places.end());
  for (const int64_t place : out.places) out.tokens[static_cast<size_t>(place)] = TextIds::mask;
  return out;
}

}  // namespace chiasm::transform
