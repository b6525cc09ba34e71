#include "encoders/form.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/base/error.h"

namespace chiasm {
namespace {

const char* name_of(Form form) { return form == Form::image ? "images" : form == Form::text ? "texts" : "tables"; }

}  // namespace

void require_form(const InputSpec& input, Form form, const std::string& kind) {
  if (input.form != form)
    throw UsageError("encoder '" + kind + "' reads " + name_of(form) + ", but an input of modality '" + input.modality + "' holds " +
                     name_of(input.form) + "; choose another kind under 'encoders:'");
}

at::Tensor image_validity(const Input& input) {
  return input.valid.defined() ? input.valid : at::ones_like(input.values.select(1, 0), at::kBool);
}

at::Tensor image_content(const Input& input) {
  return input.valid.defined() ? input.values.masked_fill(input.valid.logical_not().unsqueeze(1), 0.0) : input.values;
}

}  // namespace chiasm
