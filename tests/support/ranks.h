// Tests on several real processes. A test begins with
//   if (!in_rank()) { EXPECT_EQ(run_ranks(2), 0); return; }
// and what follows runs in each rank: the test program starts itself again with the rendezvous variables and a filter for this one test.
#pragma once

#include <string>

namespace chiasm::test {

bool in_rank();
// Runs the current test in `count` processes on loopback; the number of ranks that failed.
int run_ranks(int count);

}  // namespace chiasm::test
