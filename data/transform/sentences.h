// The sentences of a report's section.
#pragma once

#include <string>
#include <vector>

namespace chiasm::transform {

struct Sentence {
  std::string text;     // without white space at its ends
  std::string gap;      // the white space behind it
  bool closed = false;  // ends with a full stop or another closing mark, so that the next one may follow on its line
};

// A sentence ends with . ! or ? (and the quotes and brackets behind it) before white space or the end, with the full-width marks of East
// Asian reports, at an empty line, and before a line that begins a list item ("- ", "* ", "2. ", "2) "). Other line breaks are those of
// wrapped text. A full stop closes nothing behind a title or an abbreviation (Dr., vs., e.g., No.), an initial or the number of a list
// item. White space before the first sentence is left out; the texts and gaps in order give the rest of the text. UTF-8; any bytes are
// taken.
std::vector<Sentence> sentences(const std::string& text);

}  // namespace chiasm::transform
