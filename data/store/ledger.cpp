#include "data/store/ledger.h"

#include <fstream>
#include <set>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm::store {

namespace {

const std::vector<std::string>& header() {
  static const std::vector<std::string> columns{"study", "input", "item", "action", "code", "detail"};
  return columns;
}

std::set<std::vector<std::string>> lines_of(const fs::path& path) {
  if (!fs::exists(path)) return {};
  const Csv csv = read_csv(path);
  return {csv.rows.begin(), csv.rows.end()};
}

}  // namespace

Ledger::Ledger(fs::path folder) : folder_(std::move(folder)), journal_(folder_ / "ledger.partial") {
  if (!fs::exists(journal_)) return;
  std::string kept = read_file(journal_);
  kept.erase(kept.rfind('\n') + 1);  // a line that a kill cut short
  write_file_atomic(journal_, kept.empty() ? csv_line(header()) : kept);
}

void Ledger::add(const LedgerLine& line) {
  const bool begun = fs::exists(journal_);
  std::ofstream out(journal_, std::ios::app | std::ios::binary);
  if (!begun) out << csv_line(header());
  out << csv_line({line.study, line.input, line.item, line.action, line.code, replace_all(line.detail, "\n", " ")});
  out.close();
  if (!out) throw Error(journal_.string() + ": cannot be written; is the disk full?");
}

void Ledger::publish() {
  std::set<std::vector<std::string>> lines = lines_of(folder_ / "ledger.csv");
  lines.merge(lines_of(journal_));
  std::string text = csv_line(header());
  for (const auto& line : lines) text += csv_line(line);
  write_file_atomic(folder_ / "ledger.csv", text);
  fs::remove(journal_);
}

}  // namespace chiasm::store

namespace chiasm {

std::vector<LedgerLine> read_ledger(const fs::path& folder) {
  std::vector<LedgerLine> lines;
  for (const auto& row : store::lines_of(folder / "ledger.csv")) lines.push_back({row[0], row[1], row[2], row[3], row[4], row[5]});
  return lines;
}

}  // namespace chiasm
