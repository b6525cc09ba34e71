// Gzip files of several members (RFC 1952), compressed by several threads: every reader of gzip takes them as one file.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>

namespace chiasm {

// Appends `bytes` as members of 4 MiB each; the result does not depend on the number of threads. Throws Error when the stream fails.
void append_gzip(std::ostream& out, std::span<const uint8_t> bytes, int threads);

}  // namespace chiasm
