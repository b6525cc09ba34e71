// Readers of text for tests: the real program where it is installed, and programs that only play it.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/file.h"
#include "core/base/program.h"
#include "data/pixel_text.h"
#include "data/prove/letters.h"

namespace chiasm::test {

inline bool has_tesseract() { return program_exists("tesseract"); }
inline constexpr const char* no_tesseract = "tesseract is not installed (scripts/setup.sh)";

// A shell script that knows English and answers each picture with `body`.
inline TextFinderOptions played(const std::filesystem::path& path, const std::string& body, int seconds = 60) {
  write_file_atomic(path, "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo 'List of languages'; echo eng; exit 0; fi\n" + body + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return {.program = path.string(), .seconds = seconds};
}

// Answers with one word at a place of the picture, in its pixels.
inline std::string word_row(const std::string& word, int left, int top, int width, int height, double confidence) {
  return "printf '5\\t1\\t1\\t1\\t1\\t1\\t" + std::to_string(left) + "\\t" + std::to_string(top) + "\\t" + std::to_string(width) + "\\t" +
         std::to_string(height) + "\\t" + std::to_string(confidence) + "\\t" + word + "\\n'";
}

// A grey page with lines of text, 30 pixels apart.
inline prove::Canvas page(const std::vector<std::string>& lines, float ground = 0, float ink = 255, int64_t rows = 240,
                          int64_t columns = 320) {
  prove::Canvas canvas{rows, columns, std::vector<float>(static_cast<size_t>(rows * columns), ground)};
  double row = 20;
  for (const std::string& line : lines) {
    prove::draw_letters(canvas, line, row, 15, 16, 2, ink);
    row += 30;
  }
  return canvas;
}

inline GreyPicture grey(const prove::Canvas& canvas) { return {canvas.rows, canvas.columns, canvas.values, {}}; }

}  // namespace chiasm::test
