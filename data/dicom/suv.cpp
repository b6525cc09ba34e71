#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/suv.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/text.h"
#include "data/dicom/attributes.h"
#include "data/dicom/clock.h"
#include "data/dicom/private_attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr const char* philips = "Philips PET Private Group";
constexpr PrivateKey suv_of_counts{0x7053, philips, 0x00}, activity_of_counts{0x7053, philips, 0x09};
constexpr double most_weight_kg = 700, least_dose_bq = 1e4;  // beyond: grams, or MBq
constexpr double most_half_lives = 10;                       // a thousandth of the dose: the times do not belong together
constexpr double most_before_injection_s = 600;              // a dynamic scan may start a little before the injection

struct NoSuv {
  const char* why;
};

double positive(DcmItem& item, const DcmTagKey& key, const char* absent) {
  const std::vector<double> value = numbers(item, key, 1);
  if (value.empty() || !(value[0] > 0)) throw NoSuv{absent};
  return value[0];
}

DcmItem& radiopharmaceutical(DcmItem& dataset) {
  const std::vector<DcmItem*> list = items(dataset, DCM_RadiopharmaceuticalInformationSequence);
  if (list.size() != 1) throw NoSuv{"not exactly one radiopharmaceutical is stated"};
  return *list.front();
}

std::optional<double> series_start(DcmItem& dataset) {
  return parse_date_time(text(dataset, DCM_SeriesDate), text(dataset, DCM_SeriesTime));
}

// Of this image. Without a date it lies within half a day of the series.
std::optional<double> acquisition_start(DcmItem& dataset) {
  const std::string date = text(dataset, DCM_AcquisitionDate), time = text(dataset, DCM_AcquisitionTime);
  if (!date.empty()) return parse_date_time(date, time);
  std::optional<double> start = parse_date_time(text(dataset, DCM_SeriesDate), time);
  const std::optional<double> series = series_start(dataset);
  if (start && series && *series - *start > day_seconds / 2) *start += day_seconds;
  return start;
}

double frame_duration(DcmItem& dataset) {
  return positive(dataset, DCM_ActualFrameDuration, "the duration of a frame is not stated") / 1000;
}

// Decay inside a frame: its mean activity is that at its start times this.
double mean_of_frame(double duration, double half_life) {
  const double decays = duration * std::log(2.0) / half_life;
  return -std::expm1(-decays) / decays;
}

// What DecayCorrection START refers to: the series' time, unless it is later than the image and so that of some later processing. Then it
// follows from the frame reference time, which counts to the moment of the frame's mean activity.
double reference_of_start(DcmItem& dataset, double half_life) {
  const std::optional<double> series = series_start(dataset), acquisition = acquisition_start(dataset);
  if (series && (!acquisition || *series <= *acquisition)) return *series;
  const std::vector<double> reference = numbers(dataset, DCM_FrameReferenceTime, 1);
  if (!acquisition || reference.empty()) throw NoSuv{"the reference time of the decay correction is not stated"};
  const double to_mean = -std::log2(mean_of_frame(frame_duration(dataset), half_life)) * half_life;
  return *acquisition + to_mean - reference[0] / 1000;
}

// A time without date belongs to the day of the reference, or to the day before when the scan lies after midnight.
double injection(DcmItem& dataset, DcmItem& drug, double reference) {
  const std::optional<double> zone = parse_zone(text(dataset, DCM_TimezoneOffsetFromUTC));
  if (const auto stated = parse_date_time(text(drug, DCM_RadiopharmaceuticalStartDateTime), zone)) return *stated;
  const std::optional<double> time = parse_time(text(drug, DCM_RadiopharmaceuticalStartTime));
  if (!time) throw NoSuv{"the time of injection is not stated"};
  const double start = std::floor(reference / day_seconds) * day_seconds + *time;
  return start - reference > day_seconds / 2 ? start - day_seconds : start;
}

void check_corrections(DcmItem& dataset, const std::string& decay) {
  const std::vector<std::string> applied = texts(dataset, DCM_CorrectedImage);
  const auto has = [&](const char* name) { return std::find(applied.begin(), applied.end(), name) != applied.end(); };
  if (decay != "START" && decay != "ADMIN" && decay != "NONE") throw NoSuv{"the kind of decay correction is not stated"};
  if (applied.empty()) return;
  if (!has("ATTN")) throw NoSuv{"the image is not corrected for attenuation"};
  if (has("DECY") != (decay != "NONE")) throw NoSuv{"decay correction is stated in two ways that differ"};
}

// The dose at the time that the values are corrected to, Bq.
double dose_at_reference(DcmItem& dataset) {
  DcmItem& drug = radiopharmaceutical(dataset);
  const double dose = positive(drug, DCM_RadionuclideTotalDose, "the injected dose is not stated");
  if (dose < least_dose_bq) throw NoSuv{"the injected dose is implausible in Bq"};
  const std::string decay = upper(text(dataset, DCM_DecayCorrection));
  check_corrections(dataset, decay);
  if (decay == "ADMIN") return dose;
  const double half_life = positive(drug, DCM_RadionuclideHalfLife, "the half-life is not stated");
  const std::optional<double> own = decay == "NONE" ? acquisition_start(dataset) : reference_of_start(dataset, half_life);
  if (!own) throw NoSuv{"the time of acquisition is not stated"};
  const double elapsed = *own - injection(dataset, drug, *own);
  if (elapsed < -most_before_injection_s || elapsed > most_half_lives * half_life)
    throw NoSuv{"the times of injection and image do not belong together"};
  return dose * std::exp2(-elapsed / half_life) * (decay == "NONE" ? mean_of_frame(frame_duration(dataset), half_life) : 1);
}

double suv_of_activity(DcmItem& dataset) {
  const double weight = positive(dataset, DCM_PatientWeight, "the patient's weight is not stated");
  if (weight > most_weight_kg) throw NoSuv{"the patient's weight is implausible in kg"};
  return weight * 1000 / dose_at_reference(dataset);
}

// `to_activity`: factor from the values to Bq/ml.
SuvScale scale_of_activity(DcmItem& dataset, double to_activity) {
  try {
    return {to_activity * suv_of_activity(dataset), "GML", ""};
  } catch (const NoSuv& none) {
    return {to_activity, "BQML", std::string("no SUV, values are Bq/ml: ") + none.why};
  }
}

SuvScale scale_of_counts(DcmItem& dataset) {
  const double suv = private_number(dataset, suv_of_counts).value_or(0), activity = private_number(dataset, activity_of_counts).value_or(0);
  if (suv > 0) return {suv, "GML", ""};
  if (activity > 0) return scale_of_activity(dataset, activity);
  return {1, "CNTS", "no SUV, values are counts: no factor to activity is stated"};
}

}  // namespace

SuvScale suv_scale(DcmItem& dataset) {
  const std::string units = text(dataset, DCM_Units);
  if (units == "BQML") return scale_of_activity(dataset, 1);
  if (units == "CNTS") return scale_of_counts(dataset);
  const std::string type = text(dataset, DCM_SUVType);
  if (units == "GML" && !type.empty() && type != "BW") return {1, units, "SUV is not by body weight"};
  return {1, units, ""};
}

}  // namespace chiasm::dicom
