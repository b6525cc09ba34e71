// Gzip (RFC 1952) held in memory, of one or several members.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chiasm {

// The content, which must be of `count` bytes with sound checksums; memory grows with what is really there, whatever `count` claims.
// Throws Refused: TRUNCATED, DAMAGED.
std::string gunzip(std::string_view packed, uint64_t count);

}  // namespace chiasm
