#include "data/manifest.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {

namespace {

const std::vector<std::string> kColumns{"patient", "study", "time", "input", "ref", "reader", "site"};

}  // namespace

std::vector<ManifestRow> read_manifest(const std::filesystem::path& path) {
  const Csv csv = read_csv(path);
  std::array<size_t, 7> places{};
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const int place = csv.find(kColumns[i]);
    if (place < 0)
      throw InputError(path.string() + ": no column '" + kColumns[i] + "'; a manifest has the columns " + join(kColumns, ", "));
    places[i] = static_cast<size_t>(place);
  }
  if (csv.rows.empty()) throw InputError(path.string() + ": the manifest has no rows");
  std::vector<ManifestRow> rows;
  for (size_t n = 0; n < csv.rows.size(); ++n) {
    const auto cell = [&](size_t i) { return csv.rows[n][places[i]]; };
    ManifestRow row{cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6)};
    if (row.study.empty() || row.input.empty() || row.ref.empty())
      throw InputError(path.string() + ": row " + std::to_string(n + 1) + " lacks study, input or ref");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string manifest_csv(const std::vector<ManifestRow>& rows) {
  std::string text = csv_line(kColumns);
  for (const ManifestRow& row : rows) text += csv_line({row.patient, row.study, row.time, row.input, row.ref, row.reader, row.site});
  return text;
}

namespace {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    result += c == ';' || c == '=' || c == '%' || c == '\n' || c == '\r' ? std::string(code) : std::string(1, c);
  }
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string unescaped(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool code = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    result += code ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (code) i += 2;
  }
  return result;
}

}  // namespace

std::string write_cells(const Cells& cells) {
  std::vector<std::string> parts;
  for (const auto& [column, cell] : cells) parts.push_back(escaped(column) + "=" + escaped(cell));
  return join(parts, ";");
}

Cells parse_cells(const std::string& text) {
  Cells cells;
  for (const std::string& part : split(text, ';')) {
    const size_t equals = part.find('=');
    if (equals != std::string::npos) cells[unescaped(part.substr(0, equals))] = unescaped(part.substr(equals + 1));
  }
  return cells;
}

namespace {

int rank_of(const std::string& stage) {
  static const std::vector<std::string> order{"found", "matched", "ambiguous", "refused", "dropped", "accepted"};
  return static_cast<int>(std::find(order.begin(), order.end(), stage) - order.begin());
}

}  // namespace

void Funnel::count(const std::string& input, const std::string& stage, const std::string& code, int64_t number) {
  if (number != 0) counts_[input][{rank_of(stage), stage}][code] += number;
}

void Funnel::refuse(const std::string& input, const std::string& code) {
  count(input, code == "AMBIGUOUS" ? "ambiguous" : "refused", code);
}

void Funnel::merge(const Funnel& other) {
  for (const auto& [input, stages] : other.counts_)
    for (const auto& [stage, codes] : stages)
      for (const auto& [code, number] : codes) counts_[input][stage][code] += number;
}

int64_t Funnel::at(const std::string& input, const std::string& stage, const std::string& code) const {
  const auto stages = counts_.find(input);
  if (stages == counts_.end()) return 0;
  const auto codes = stages->second.find({rank_of(stage), stage});
  if (codes == stages->second.end()) return 0;
  const auto number = codes->second.find(code);
  return number == codes->second.end() ? 0 : number->second;
}

std::string Funnel::csv() const {
  std::string text = csv_line({"input", "stage", "code", "count"});
  for (const auto& [input, stages] : counts_)
    for (const auto& [stage, codes] : stages)
      for (const auto& [code, number] : codes) text += csv_line({input, stage.second, code, std::to_string(number)});
  return text;
}

}  // namespace chiasm
