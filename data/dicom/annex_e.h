// DICOM objects without identities: the Basic Application Level Confidentiality Profile with options (PS3.15 annex E, edition 2024e), and
// more than it asks for: overlays and curves go whole, what the dictionary does not know goes, and whatever is kept is compared with what
// is known of the patient.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

class DcmDataset;

namespace chiasm::dicom {

struct ObjectPixels;

// In the order of the columns of table E.1-1. Clean or retain: see the standard; safe_private keeps numbers of a list
// (annex_e_private.cpp).
enum class ProfileOption {
  clean_descriptors,
  clean_graphics,    // not offered: graphics are removed
  clean_structured,  // not offered: content trees lose their texts
  device,
  institution,
  full_dates,
  modified_dates,
  patient_characteristics,
  safe_private,
  uids
};

struct Profile {
  std::set<ProfileOption> options;
  bool has(ProfileOption option) const { return options.count(option) > 0; }
};

// What stands in for the values of one patient. The functions are called from one thread at a time.
struct Surrogates {
  std::string patient;                                       // for ID and name
  std::function<std::string(const std::string&)> uid;        // of each UID that is not the standard's own
  std::function<std::string(const std::string&)> accession;  // at most 16 characters
  std::function<std::string(const std::string&)> text;       // what may stay of a descriptor; "": nothing
  std::function<bool(const std::string& value)> identifies;  // whether a value that would be kept is known to identify somebody
  int64_t shift_days = 0;                                    // added to each date that is modified
};

// Changes the data set in place, items of sequences included; its texts must be UTF-8 (data/dicom/load.h), and what is not goes. Writes the
// pseudonym as ID and name of the patient, Patient Identity Removed, De-identification Method with its code sequence, and Longitudinal
// Temporal Information Modified.
void apply_profile(DcmDataset& dataset, const Profile& profile, const Surrogates& surrogates);

// Another code of CID 7050 in De-identification Method Code Sequence.
void add_method_code(DcmDataset& dataset, const char* value, const char* meaning);

// A text of a written file and the attribute that it stands in, as "(0010,0010)".
struct WrittenText {
  std::string tag, value;
};

// Pixels that become air, by their place in the patient (RAS, mm); `air` in the unit of the rescaled values.
struct FaceRemoval {
  std::function<bool(const std::array<double, 3>& ras)> holds;
  double air = 0;
};

// What becomes of the pixels; null: they stay.
struct PixelChanges {
  const ObjectPixels* cleaned = nullptr;  // data/dicom/object_pixels.h: these instead, uncompressed
  const FaceRemoval* face = nullptr;      // of uncompressed pixels only
};

// Reads, changes and writes one object: pixels as they are stored but for `changes`, in the same transfer syntax (HTJ2K too, which the
// library does not know), with a new preamble and file meta information and nothing behind the data set; the options for clean pixels and
// clean visual features are noted where they were changed. Gives every text of what was written, as read back.
// `to` is no final name: whatever fails leaves half a file there. Throws Refused, or Error on a full disk.
std::vector<WrittenText> deidentify_file(const std::filesystem::path& from, const std::filesystem::path& to, const Profile& profile,
                                         const Surrogates& surrogates, const PixelChanges& changes = {});

}  // namespace chiasm::dicom
