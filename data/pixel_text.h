// Words in the pixels of an image, found by the program `tesseract` (Debian: tesseract-ocr), which runs for each picture in a process of
// its own. What they say is forgotten at once: only their number and places leave.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/stroke_picture.h"

namespace chiasm {

// In pixels, inside the image.
struct PixelBox {
  int64_t row = 0, column = 0, rows = 0, columns = 0;
  bool operator==(const PixelBox&) const = default;
};

struct FoundText {
  int64_t words = 0;
  // One a word, and one for each piece on a line with a word or within one and a half of its height, which may be none by itself; with a
  // margin of half their height.
  std::vector<PixelBox> boxes;
};

struct TextFinderOptions {
  std::string language = "en";        // as `text_language` of a data set file
  std::string program = "tesseract";  // a path, or a name on the search path
  int seconds = 120;                  // of one picture
};

// A word has two letters or digits or more, the shape of printed letters, and the more of the program's confidence (0 to 100) the shorter
// it is: 90 for two letters, 82, 55, 30, and 20 for six and more. Letters lower than about 8 pixels (16 where a side has more than 2500),
// turned, in handwriting, or as faint as what is around them are not found: `chiasm prove deid` measures. Thread-safe.
class TextFinder {
 public:
  // Throws UsageError when the program cannot be started or has no language.
  explicit TextFinder(TextFinderOptions options = {});

  // Throws Refused TEXT_NOT_READ when the program failed or took too long.
  FoundText find(const GreyPicture& picture) const;

  // The languages that are read, as the program calls them: "eng", "jpn+eng". That of the texts where it is installed, and English.
  const std::string& languages() const { return languages_; }

 private:
  TextFinderOptions options_;
  std::string languages_;
};

}  // namespace chiasm
