// Zip archives held in memory (PKWARE APPNOTE 6.3.10): stored and deflated members, as numpy's savez and savez_compressed write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm {

struct ZipMember {
  std::string name;
  bool deflated = false;    // else stored
  uint64_t size = 0;        // of the content
  uint32_t checksum = 0;    // CRC-32 of the content
  std::string_view packed;  // inside the archive, which must outlive the member
};

// In the order of the central directory; nothing is expanded yet. Every member lies inside the archive. Throws Refused: TRUNCATED (no end
// of the directory), DAMAGED, TOO_LARGE (archives that need zip64), UNSUPPORTED_OBJECT (encryption, other methods).
std::vector<ZipMember> zip_members(std::string_view archive);

// The first `count` bytes of the content, or all when it is shorter. Throws Refused DAMAGED.
std::string zip_beginning(const ZipMember& member, uint64_t count);
// The whole content, of exactly the declared size and checksum. Throws Refused DAMAGED.
std::string zip_content(const ZipMember& member);

}  // namespace chiasm
