#include "data/linkage.h"

#include <fstream>

#include "core/base/error.h"
#include "core/base/file.h"

namespace chiasm {

void require_outside(const fs::path& out, const fs::path& linkage) {
  const fs::path inside = fs::weakly_canonical(linkage).lexically_relative(fs::weakly_canonical(out));
  if (!inside.empty() && *inside.begin() != "..")
    throw UsageError("the linkage table lies in " + out.string() +
                     "; name a file outside of it, where only those who may know the patients can read");
}

void write_linkage(const fs::path& path, const std::string& csv) {
  Staged staged(path, Staged::Kind::file);
  std::ofstream file(staged.temporary(), std::ios::binary);
  fs::permissions(staged.temporary(), fs::perms::owner_read | fs::perms::owner_write);
  file << csv;
  file.close();
  if (!file) throw Error("linkage: the table cannot be written; is the disk full?");
  staged.commit(true);
}

}  // namespace chiasm
