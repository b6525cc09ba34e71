#include "scripts/bundle_sums.h"

#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm {

void write_sums(const fs::path& folder) {
  std::string lines;
  for (const fs::path& file : list_files(folder)) lines += sha256_file(file) + "  " + fs::relative(file, folder).string() + "\n";
  write_file_atomic(folder / "SHA256SUMS", lines);
}

void verify_sums(const fs::path& folder) {
  const fs::path sums = folder / "SHA256SUMS";
  constexpr size_t digest = 64, name_at = 66;
  std::set<std::string> named{"SHA256SUMS"};
  for (const std::string& line : split(read_file(sums), '\n')) {
    if (line.empty()) continue;
    if (line.size() <= name_at) throw InputError(sums.string() + ": damaged: a line is no digest and file name; copy the bundle again");
    const fs::path file = folder / line.substr(name_at);
    named.insert(line.substr(name_at));
    if (!fs::exists(file)) throw InputError(file.string() + ": missing; SHA256SUMS names it. Copy the whole bundle again");
    if (sha256_file(file) != line.substr(0, digest)) throw InputError(file.string() + ": damaged: its SHA-256 differs from SHA256SUMS");
  }
  for (const fs::path& file : list_files(folder))
    if (const std::string name = fs::relative(file, folder).string(); !named.count(name))
      throw InputError(file.string() + ": not named in SHA256SUMS: it does not belong to the bundle, or SHA256SUMS is damaged");
}

}  // namespace chiasm
