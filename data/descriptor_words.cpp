#include "data/descriptor_words.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "core/base/text.h"

namespace chiasm {
namespace {

// No word here is a common family or given name.
const std::set<std::string, std::less<>>& vocabulary() {
  static const std::set<std::string, std::less<>> words{
      // body
      "abdomen", "abdominal", "adrenal", "ankle", "aorta", "arm", "arterial", "arteries", "artery", "bladder", "body", "bone", "bones",
      "bowel", "brain", "breast", "bronchi", "cardiac", "carotid", "cerebral", "cervical", "chest", "clavicle", "colon", "coronary",
      "cranium", "elbow", "esophagus", "extremity", "eye", "face", "facial", "femur", "finger", "foot", "forearm", "hand", "heart",
      "hepatic", "hip", "humerus", "iac", "joint", "kidney", "kidneys", "knee", "leg", "liver", "lower", "lumbar", "lung", "lungs",
      "mandible", "maxilla", "mediastinum", "neck", "orbit", "orbits", "pancreas", "pelvic", "pelvis", "pituitary", "prostate", "pulmonary",
      "renal", "rib", "ribs", "sacrum", "scapula", "sella", "shoulder", "sinus", "sinuses", "skeleton", "skull", "spine", "spleen",
      "stomach", "temporal", "thigh", "thoracic", "thorax", "thyroid", "tibia", "toe", "upper", "ureter", "urography", "uterus", "vascular",
      "venous", "wrist", "schaedel", "kopf", "hals", "abdomens", "becken", "lws", "bws", "hws", "crane", "rachis", "bassin", "craneo",
      "columna", "torax",
      // modality, plane, side, position
      "ct", "mr", "mri", "mra", "mrcp", "pet", "pt", "cr", "dx", "xr", "xray", "us", "cta", "ctpa", "hrct", "axial", "ax", "sag",
      "sagittal", "cor", "coronal", "oblique", "obl", "tra", "transversal", "transverse", "left", "right", "bilateral", "lt", "rt", "prone",
      "supine", "decub", "lateral", "lat", "ap", "pa", "upright", "erect", "mpr", "mip", "minip", "vrt", "3d", "2d", "4d",
      // sequences, kernels, phases
      "t1", "t1w", "t2", "t2w", "pd", "pdw", "flair", "dwi", "adc", "dti", "swi", "gre", "tse", "fse", "se", "ir", "stir", "mprage", "spgr",
      "vibe", "haste", "ssfse", "ciss", "fiesta", "space", "cube", "tof", "epi", "bold", "fmri", "perfusion", "diffusion", "asl", "dixon",
      "water", "fat", "fatsat", "fs", "trace", "map", "phase", "magnitude", "b0", "inphase", "outphase", "opp", "in", "out", "dynamic",
      "dyn", "delay", "delayed", "late", "early", "portal", "native", "plain", "pre", "post", "contrast", "without", "with", "wo", "w",
      "iv", "oral", "gad", "gd", "km", "enhanced", "nonenhanced", "kernel", "soft", "tissue", "sharp", "smooth", "standard", "std",
      "detail", "edge", "recon", "axials", "reconstruction", "window", "inspiration", "expiration", "insp", "exp", "helical", "spiral",
      "low", "dose", "high", "resolution", "thin", "thick", "slice", "slices", "volume", "series", "scan", "screening", "routine",
      "protocol", "study", "examination", "exam", "image", "images", "topogram", "scout", "localizer", "locator", "survey", "calibration",
      "bolus", "tracking", "monitoring", "test", "attenuation", "corrected", "uncorrected", "ac", "nac", "static", "whole", "wholebody",
      "wb", "and", "of", "the", "for", "no", "not", "plus", "mm", "cm", "ms", "s", "sec", "min", "kv", "kvp", "ma", "mas", "x"};
  return words;
}

bool is_number(std::string_view word) {
  size_t digits = 0;
  while (digits < word.size() && std::isdigit(static_cast<unsigned char>(word[digits]))) ++digits;
  const std::string_view unit = word.substr(digits);
  return digits > 0 && digits <= 3 &&
         (unit.empty() || unit == "mm" || unit == "cm" || unit == "s" || unit == "ms" || unit == "kv" || unit == "d");
}

}  // namespace

std::string imaging_words(const std::string& text) {
  std::vector<std::string> kept;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) ||
        static_cast<unsigned char>(c) >= 0x80) {  // a letter of another script is no separator
      word += c;
      continue;
    }
    const std::string low = lower(word);
    if (vocabulary().count(low) > 0 || is_number(low)) kept.push_back(word);
    word.clear();
  }
  return join(kept, " ");
}

}  // namespace chiasm
