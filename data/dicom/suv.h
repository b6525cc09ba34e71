// PET values to the standardised uptake value by body weight (PS3.3 C.8.9.1): activity concentration x weight / dose, the dose decayed to
// the time that the image's own decay correction refers to. Nothing is assumed: what cannot be computed stays as it is and is noted.
#pragma once

#include <string>

class DcmItem;

namespace chiasm::dicom {

struct SuvScale {
  double factor = 1;  // of values after slope and intercept
  std::string units;  // of the product, as in Units: GML for SUV (g/ml), BQML, CNTS, ...
  std::string note;   // fixed phrase; empty when there is nothing to say
};

// Of one object. Units BQML become GML; CNTS by Philips' private factors; GML and all others pass.
SuvScale suv_scale(DcmItem& dataset);

}  // namespace chiasm::dicom
