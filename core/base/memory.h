// How the process keeps memory that it has freed.
#pragma once

namespace chiasm {

// Training frees and asks for the same large blocks at every step. From here on they stay with the process instead of going back to the
// kernel and being cleared anew. glibc only; elsewhere nothing happens.
void keep_freed_memory();

}  // namespace chiasm
