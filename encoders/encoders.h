// The list of encoders. To add one: README.md.
#pragma once

#include "core/encoder.h"

namespace chiasm {

const EncoderRegistry& encoders();

}  // namespace chiasm
