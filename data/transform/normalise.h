// From the modality's unit to the numbers that a model sees.
#pragma once

#include <string>
#include <vector>

#include "data/transform/resample.h"
#include "data/view.h"

namespace chiasm::transform {

// value -> clamp(value, low, high) * scale + offset; `outside` stands where there is no content.
struct Intensity {
  double low = 0, high = 0, scale = 1, offset = 0;
  float outside = 0;
};

// A window given by the view, or for CT [-1000, 1000] HU, becomes [-1, 1]; outside -1 (air, collimator).
// MR: clipped at the 0.5th and 99.5th percentile, then mean 0 and deviation 1; outside 0.
// X-ray, pictures: 1st to 99th percentile become [-1, 1]; outside -1.
// Other modalities: Preparation.mean and deviation, fitted to the train part; outside 0.
// A view with `intensity: fingerprint`: clipped to its window, then by mean and deviation, all of the train part; outside: CT, X-ray and
// pictures as the low end of the window, others 0.
// Percentiles are those of the stored image's content, not of the crop: every crop and every augmented form is scaled alike.
// Where the content is the whole image, the volume's own statistics are taken if it has them.
Intensity fit_intensity(const Volume& volume, const Preparation& preparation, const Box& content);

void normalise(const Intensity& intensity, Sampled& sampled);

// The value that stands outside, by modality and view.
float outside_value(const Preparation& preparation);

// Of the whole image, as fit_intensity uses them.
IntensityStatistics measure_intensity(const Volume& volume);
// Whether fit_intensity looks at them.
bool needs_statistics(const Preparation& preparation);

// Whether fit_preparation must find mean and deviation.
bool needs_moments(const Preparation& preparation);

// Values and how often they occur, ascending: every value of 8- and 16-bit images, of others a sample of at most 2^18, evenly spaced;
// images above 2^22 voxels are thinned evenly too.
struct Histogram {
  std::vector<double> values, counts;
  double total = 0;
  double percentile(double percent) const;  // linear between order statistics, as in NumPy
};
Histogram histogram(const Volume& volume, const Box& content);

}  // namespace chiasm::transform
