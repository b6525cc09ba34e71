#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "dcmtk/dcmdata/dctk.h"

#include <unordered_map>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "data/synthetic/dicom_writer.h"
#include "data/synthetic/names.h"

namespace chiasm::synthetic {

namespace {

void require(const OFCondition& status, const std::string& what) { check(status.good(), "cannot set " + what + ": " + status.text()); }

// The standard's keywords. DCMTK's own search by name walks the whole dictionary each time.
std::unordered_map<std::string, DcmTagKey> all_keywords() {
  std::unordered_map<std::string, DcmTagKey> keywords;
  DcmDataDictionary& dictionary = dcmDataDict.wrlock();  // its iterators need a mutable one
  DcmHashDictIterator end = dictionary.normalEnd();
  for (DcmHashDictIterator entry = dictionary.normalBegin(); entry != end; ++entry)
    if (!(*entry)->getPrivateCreator()) keywords.emplace((*entry)->getTagName(), (*entry)->getKey());
  dcmDataDict.wrunlock();
  return keywords;
}

DcmTag tag_of(const std::string& keyword) {
  static const std::unordered_map<std::string, DcmTagKey> keywords = all_keywords();
  if (keyword.front() != '(') {
    const auto found = keywords.find(keyword);
    check(found != keywords.end(), "unknown DICOM keyword " + keyword);
    return DcmTag(found->second);
  }
  const auto number = [&](size_t at) { return static_cast<Uint16>(std::stoul(keyword.substr(at, 4), nullptr, 16)); };
  return DcmTag(number(1), number(6), DcmVR(keyword.substr(11).c_str()));
}

void put(DcmItem& item, const std::string& keyword, const std::string& value) {
  DcmElement* element = nullptr;
  require(DcmItem::newDicomElementWithVR(element, tag_of(keyword)), keyword);
  const OFCondition status = element->putString(value.c_str());
  if (status.bad()) delete element;
  require(status, keyword);
  require(item.insert(element, OFTrue), keyword);
}

void put(DcmItem& item, const Element& element) {
  if (element.items.empty()) return put(item, element.keyword, element.value);
  for (const std::vector<Element>& part : element.items) {
    DcmItem* nested = nullptr;
    require(item.findOrCreateSequenceItem(tag_of(element.keyword), nested, -2), element.keyword);
    for (const Element& inner : part) put(*nested, inner);
  }
}

const char* sop_class(const std::string& modality) {
  if (modality == "CT") return UID_CTImageStorage;
  return modality == "MR" ? UID_MRImageStorage : UID_ComputedRadiographyImageStorage;
}

// Decimal strings hold at most 16 bytes.
std::string decimal(double value, int digits) { return fixed(value == 0 ? 0.0 : value, digits); }

void put_pixel_description(DcmItem& item, const ImageSeries& series) {
  put(item, "SOPClassUID", sop_class(series.modality));
  put(item, "SamplesPerPixel", "1");
  put(item, "PhotometricInterpretation", series.monochrome1 ? "MONOCHROME1" : "MONOCHROME2");
  put(item, "Rows", std::to_string(series.size[1]));
  put(item, "Columns", std::to_string(series.size[2]));
  put(item, "BitsAllocated", "16");
  put(item, "BitsStored", std::to_string(series.bits_stored));
  put(item, "HighBit", std::to_string(series.bits_stored - 1));
  put(item, "PixelRepresentation", series.is_signed ? "1" : "0");
  const std::string spacing = decimal(series.pixel_mm[0], 6) + "\\" + decimal(series.pixel_mm[1], 6);
  put(item, series.modality == "CR" ? "ImagerPixelSpacing" : "PixelSpacing", spacing);
}

// Cosines of the row (growing column index) and of the column, LPS.
void put_orientation(DcmItem& item, const ImageSeries& series) {
  const Affine& a = series.affine;
  std::vector<std::string> cosines;
  for (size_t axis = 0; axis < 2; ++axis)
    for (size_t i = 0; i < 3; ++i) cosines.push_back(decimal((i < 2 ? -1 : 1) * a[4 * i + axis] / series.pixel_mm[1 - axis], 9));
  put(item, "ImageOrientationPatient", join(cosines, "\\"));
  put(item, "SliceThickness", decimal(series.thickness_mm, 6));
}

void put_position(DcmItem& item, const ImageSeries& series, int64_t slice) {
  const auto mm = apply(series.affine, {0, 0, static_cast<double>(slice)});
  put(item, "ImagePositionPatient", decimal(-mm[0], 6) + "\\" + decimal(-mm[1], 6) + "\\" + decimal(mm[2], 6));
}

}  // namespace

void require_dictionary() {
  if (!dcmDataDict.isDictionaryLoaded())
    throw Error("DCMTK's data dictionary is missing; install the package libdcmtk17 or set DCMDICTPATH");
}

void write_series(const std::filesystem::path& folder, const ImageSeries& series, const std::vector<Element>& elements,
                  const std::string& stem, const std::vector<std::string>& names) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  for (const Element& element : elements) put(data, element);
  put_pixel_description(data, series);
  const bool sliced = series.modality != "CR";
  if (sliced) put_orientation(data, series);
  const int64_t slices = series.size[0], pixels = series.size[1] * series.size[2];
  check(static_cast<int64_t>(names.size()) == slices, "a file name for every slice");
  std::filesystem::create_directories(folder);
  for (int64_t k = 0; k < slices; ++k) {
    const int number = static_cast<int>(series.descending ? slices - k : k + 1);
    put(data, "SOPInstanceUID", uid_of(stem, number));
    put(data, "InstanceNumber", std::to_string(number));
    if (sliced) put_position(data, series, k);
    require(
        data.putAndInsertUint16Array(DCM_PixelData, &series.stored[static_cast<size_t>(k * pixels)], static_cast<unsigned long>(pixels)),
        "PixelData");
    const std::filesystem::path path = folder / names[static_cast<size_t>(k)];
    const OFCondition status =
        file.saveFile(path.c_str(), EXS_LittleEndianExplicit, EET_ExplicitLength, EGL_recalcGL, EPD_noChange, 0, 0, EWM_createNewMeta);
    if (status.bad()) throw Error(path.string() + ": cannot be written (" + status.text() + "); is the disk full?");
  }
}

}  // namespace chiasm::synthetic
