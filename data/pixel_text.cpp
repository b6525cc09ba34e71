#include "data/pixel_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/program.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

// What the program calls a language.
std::string trained_name(const std::string& language) {
  static const std::map<std::string, std::string> names{
      {"en", "eng"}, {"ja", "jpn"}, {"de", "deu"}, {"fr", "fra"}, {"es", "spa"}, {"it", "ita"},     {"pt", "por"}, {"nl", "nld"},
      {"sv", "swe"}, {"da", "dan"}, {"no", "nor"}, {"fi", "fin"}, {"pl", "pol"}, {"ko", "kor"},     {"ru", "rus"}, {"el", "ell"},
      {"tr", "tur"}, {"cs", "ces"}, {"hu", "hun"}, {"ar", "ara"}, {"he", "heb"}, {"zh", "chi_sim"}, {"th", "tha"}, {"vi", "vie"}};
  const auto found = names.find(language);
  return found == names.end() ? language : found->second;
}

std::set<std::string> installed_languages(const std::string& program) {
  std::set<std::string> names;
  for (const std::string& line : split(run_program({program, "--list-langs"}, ""), '\n'))
    if (line.find(' ') == std::string::npos && !trim(line).empty()) names.insert(trim(line));
  return names;
}

// ASCII letters and digits, and characters beyond ASCII.
int letters_of(const std::string& word) {
  return static_cast<int>(std::count_if(word.begin(), word.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x80 && std::isalnum(byte)) || byte >= 0xC0;
  }));
}

// Portable grey map (P5).
std::string as_pgm(const StrokePicture& picture) {
  std::string bytes = "P5\n" + std::to_string(picture.columns) + " " + std::to_string(picture.rows) + "\n255\n";
  bytes.append(picture.pixels.begin(), picture.pixels.end());
  return bytes;
}

// One row of the program's table.
struct Piece {
  std::string line;  // picture, block, paragraph and line
  double left = 0, top = 0, width = 0, height = 0, confidence = 0;
  int letters = 0;
  bool word = false;
};

bool is_word(const Piece& piece) {
  constexpr double least_confidence[] = {90, 82, 55, 30, 20};  // of two, three, four, five, and more letters
  constexpr double least_height = 11, narrowest = 0.25, widest = 1.6;
  if (piece.letters < 2 || piece.height < least_height) return false;
  const double shape = piece.width / (piece.letters * piece.height);  // of one letter
  return shape >= narrowest && shape <= widest && piece.confidence >= least_confidence[std::min(piece.letters, 6) - 2];
}

// In pixels of the picture that was read.
std::vector<Piece> pieces_of(const std::string& table, const std::string& picture) {
  std::vector<Piece> pieces;
  for (const std::string& row : split(table, '\n')) {
    const std::vector<std::string> cells = split(row, '\t');
    if (cells.size() < 12 || cells[0] != "5" || letters_of(cells[11]) == 0) continue;  // 5: a word
    Piece piece{join({picture, cells[2], cells[3], cells[4]}, "."), 0, 0, 0, 0, 0, letters_of(cells[11])};
    double* const numbers[] = {&piece.left, &piece.top, &piece.width, &piece.height, &piece.confidence};
    for (size_t n = 0; n < 5; ++n) *numbers[n] = parse_number(cells[6 + n]).value_or(0);
    piece.word = is_word(piece);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

bool has_ink(const StrokePicture& picture, int64_t column, int64_t top, int64_t bottom) {
  for (int64_t row = top; row < bottom; ++row)
    if (picture.pixels[static_cast<size_t>(row * picture.columns + column)] < 128) return true;
  return false;
}

// A word goes on over its line to both sides, up to a gap of two heights or for twelve: what stands there is read badly, or
// not at all.
void grow_along_line(Piece& word, const StrokePicture& picture) {
  const auto gap = static_cast<int64_t>(2 * word.height), reach = static_cast<int64_t>(12 * word.height);
  const auto top = std::clamp<int64_t>(static_cast<int64_t>(word.top), 0, picture.rows);
  const auto bottom = std::clamp<int64_t>(static_cast<int64_t>(word.top + word.height), 0, picture.rows);
  const auto last_ink = [&](int64_t from, int64_t step) {
    int64_t last = from;
    for (int64_t n = 1; n <= reach; ++n) {
      const int64_t column = from + n * step;
      if (column < 0 || column >= picture.columns || std::abs(column - last) > gap) break;
      if (has_ink(picture, column, top, bottom)) last = column;
    }
    return static_cast<double>(last);
  };
  const double left = last_ink(static_cast<int64_t>(word.left), -1), right = last_ink(static_cast<int64_t>(word.left + word.width), 1);
  word.left = std::min(word.left, left);
  word.width = std::max(word.width, right - word.left);
}

bool is_near(const Piece& piece, const Piece& word) {
  const double reach = 1.5 * word.height;
  return piece.height < 2 * word.height && piece.left < word.left + word.width + reach && piece.left + piece.width > word.left - reach &&
         piece.top < word.top + word.height + reach && piece.top + piece.height > word.top - reach;
}

// Read again in another picture.
bool lies_on(const Piece& piece, const Piece& word) {
  const double x = piece.left + piece.width / 2, y = piece.top + piece.height / 2;
  return x >= word.left && x < word.left + word.width && y >= word.top && y < word.top + word.height;
}

PixelBox box_of(const Piece& piece, const GreyPicture& picture) {
  const double margin = std::max(2.0, piece.height / 2);
  const auto low = [&](double at) { return std::max<int64_t>(0, static_cast<int64_t>(std::floor(at - margin))); };
  const auto high = [&](double at, int64_t end) { return std::min(end, static_cast<int64_t>(std::ceil(at + margin))); };
  PixelBox box{low(piece.top), low(piece.left), 0, 0};
  box.rows = high(piece.top + piece.height, picture.rows) - box.row;
  box.columns = high(piece.left + piece.width, picture.columns) - box.column;
  return box;
}

FoundText judged(const std::vector<Piece>& pieces, const GreyPicture& picture) {
  FoundText found;
  std::vector<const Piece*> words;
  for (const Piece& piece : pieces) {
    if (!piece.word) continue;
    found.words += std::none_of(words.begin(), words.end(), [&](const Piece* word) { return lies_on(piece, *word); }) ? 1 : 0;
    words.push_back(&piece);
  }
  for (const Piece& piece : pieces)
    if (std::any_of(words.begin(), words.end(), [&](const Piece* word) { return piece.line == word->line || is_near(piece, *word); }))
      found.boxes.push_back(box_of(piece, picture));
  return found;
}

// What the program writes about one picture. psm 11: as much text as there is, in no order.
std::string table_of(const StrokePicture& strokes, const TextFinderOptions& options, const std::string& languages) {
  try {
    return run_program(
        {options.program, "stdin", "stdout", "--psm", "11", "--dpi", "300", "-l", languages, "-c", "tessedit_do_invert=0", "tsv"},
        as_pgm(strokes), {"OMP_THREAD_LIMIT=1"}, {.wall_seconds = options.seconds});
  } catch (const ProgramFailure& failure) {
    const bool late = failure.kind == ProgramFailure::Kind::late;
    throw Refused("TEXT_NOT_READ", late ? "reading text took longer than it may" : "the program that reads text failed");
  }
}

}  // namespace

TextFinder::TextFinder(TextFinderOptions options) : options_(std::move(options)), languages_("eng") {
  const std::string mend = "; install the Debian package tesseract-ocr, or choose burned_in: refuse";
  if (!program_exists(options_.program))
    throw UsageError("text in pixels is read by the program " + options_.program + ", which is not there" + mend);
  std::set<std::string> installed;
  try {
    installed = installed_languages(options_.program);
  } catch (const ProgramFailure& failure) {
    throw UsageError("the program " + options_.program + " that reads text in pixels does not work: " + failure.what() + mend);
  }
  if (installed.count("eng") == 0)
    throw UsageError("the program " + options_.program + " has no data of English (eng); install the Debian package tesseract-ocr-eng");
  const std::string own = trained_name(options_.language);
  if (own != "eng" && installed.count(own) > 0) languages_ = own + "+eng";
}

FoundText TextFinder::find(const GreyPicture& picture) const {
  std::vector<Piece> all;
  int64_t number = 0;
  for (const StrokePicture& strokes : stroke_pictures(picture)) {
    for (Piece piece : pieces_of(table_of(strokes, options_, languages_), std::to_string(number))) {
      if (piece.word) grow_along_line(piece, strokes);
      for (double* size : {&piece.left, &piece.top, &piece.width, &piece.height}) *size /= strokes.scale;
      all.push_back(std::move(piece));
    }
    ++number;
  }
  return judged(all, picture);
}

}  // namespace chiasm
