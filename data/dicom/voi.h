// Values to display values: window functions and VOI lookup tables (PS3.3 C.11.2). Only for the eye: models read values.
#pragma once

#include <optional>
#include <string>

#include "data/dicom/lookup_table.h"
#include "data/dicom/pixels.h"
#include "data/volume.h"

class DcmItem;

namespace chiasm::dicom {

struct FunctionalGroups;
struct Rescale;

enum class VoiFunction { linear, linear_exact, sigmoid };

struct Window {
  double center = 0, width = 1;
  VoiFunction function = VoiFunction::linear;
};

// LINEAR needs a width of 1 or more, the others one above 0.
bool is_sound(const Window& window);
// 0 to 1.
double displayed(double value, const Window& window);

// How one image asks to be shown. A table goes before a window, the first of several alternatives before the others.
struct Voi {
  std::optional<LookupTable> table;
  std::optional<Window> window;
  std::optional<double> mirror;  // values were read as `mirror` minus those of the file (MONOCHROME1 of a projection)
  double scale = 1;              // values were read as those of the file times `scale` (SUV)
};

// Bright means much, as in the values: MONOCHROME1 comes out as it would look inverted.
double displayed(double value, const Voi& voi);

// Nothing when the image states neither window nor table, or none that is sound. `complement` as of slice_values().
std::optional<Voi> read_voi(DcmItem& dataset, const FunctionalGroups* groups, const Rescale& rescale, const PixelFormat& format,
                            bool complement);

// "40,400" or "40,400,sigmoid" (linear, linear_exact, sigmoid); nothing when it is none of these.
std::optional<Window> parse_window(const std::string& text);

// Replaces the values by display values.
void show(Volume& volume, const Voi& voi);

}  // namespace chiasm::dicom
