// The readable parts of a bundle.
#pragma once

#include <string>

#include "scripts/trained.h"

namespace chiasm {

// Markdown model card after Mitchell et al. (2019) and CHAI: use, limits, data, figures.
std::string model_card(const Trained& trained, const Json& metrics, const Json& provenance);

// Licences of what the model and the program are made of.
std::string license_text();

}  // namespace chiasm
