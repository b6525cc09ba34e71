// The list of tasks. To add one: its pair of files, and one line in tasks.cpp (tasks/README.md).
#pragma once

#include "core/task.h"

namespace chiasm {

const TaskRegistry& tasks();

}  // namespace chiasm
