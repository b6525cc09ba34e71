// Checks and masks that all encoders share.
#pragma once

#include <string>

#include "core/batch.h"
#include "core/specs.h"

namespace chiasm {

// Throws UsageError when the encoder `kind` reads another form of input.
void require_form(const InputSpec& input, Form form, const std::string& kind);

// Bool, shape of the values without the channel dim: what is real, all where Input::valid is undefined.
at::Tensor image_validity(const Input& input);

// RCDHW with zeros where nothing is real, so that padding cannot be read.
at::Tensor image_content(const Input& input);

}  // namespace chiasm
