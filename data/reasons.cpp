#include "data/reasons.h"

#include "core/base/check.h"

namespace chiasm {

const std::vector<Reason>& reasons() {
  static const std::vector<Reason> list{
      {"NOT_DICOM", "the file is not DICOM", "remove it from the source folder or ignore this line"},
      {"UNREADABLE", "the file cannot be opened or read", "check permissions and the disk"},
      {"TRUNCATED", "the file ends before its data does", "export it again"},
      {"DAMAGED", "the file's structure is broken", "export it again"},
      {"EXECUTABLE_PREAMBLE", "the preamble starts an executable program", "export it again from the archive"},
      {"NO_IMAGE", "the object holds no image", "nothing to do: reports, presentation states and the like are not read"},
      {"NO_POSITION", "a slice has no position or orientation", "export the original, not a screen capture"},
      {"MISSING_SLICES", "slices are missing", "export the whole series"},
      {"IRREGULAR_SPACING", "the distance between slices changes", "choose another series"},
      {"DUPLICATE_POSITION", "two different slices share one position", "choose another series or split it"},
      {"UID_CONFLICT", "one SOP instance UID stands for two different files", "export the series again"},
      {"SINGLE_SLICE", "a volume of one slice", "choose another series"},
      {"INCONSISTENT_PIXELS", "rows, columns, bits or samples differ inside the volume or from the pixel data", "export it again"},
      {"BAD_RESCALE", "slope or intercept is zero, infinite or not a number", "export it again"},
      {"BAD_GEOMETRY", "orientation or spacing is zero, infinite or not orthogonal", "export it again"},
      {"UNSUPPORTED_TRANSFER_SYNTAX", "the pixel coding is not supported", "export it uncompressed"},
      {"UNSUPPORTED_OBJECT", "this kind of object is not read", "convert it first"},
      {"TOO_LARGE", "the declared size is beyond the limit", "check the header"},
      {"READER_DIED", "reading the file crashed its process, or took more memory or computing time than a file may",
       "export it again; if other programs open it, report it"},
      {"READER_LATE", "reading the file took too long", "export it again; on a slow disk copy it first"},
      {"COLOUR", "a colour image where grey values are needed", "choose the grey original"},
      {"LOCALIZER", "a scout image", "nothing to do"},
      {"DERIVED", "a derived or secondary image", "nothing to do unless the rule asks for it"},
      {"AMBIGUOUS", "several series or rows match equally well", "write a narrower rule"},
      {"NO_MATCH", "nothing matches this item", "check the key column"},
      {"NOT_CHOSEN", "another series was chosen by the written rule", "nothing to do"},
      {"BAD_VALUE", "a cell that the column's rule does not allow", "correct the table or extend the map"},
      {"AFTER_INDEX_TIME", "the value was taken after the index time", "nothing to do: it would leak"},
      {"EMPTY_TEXT", "the text or section is empty", "nothing to do"},
      {"GRID_MISMATCH", "a mask does not lie on the grid of its image", "resample it, or choose 'resample: nearest'"},
      {"BAD_AFFINE", "the affine is singular or not a number", "export it again"},
      {"BURNED_IN_TEXT", "the image may hold burned-in identity", "choose 'burned_in: blank', or declare the series clean"},
      {"TEXT_NOT_READ", "the pixels could not be read for text", "see that tesseract works; or leave the image out"},
      {"IDENTITY_LEFT", "an identifier was found in the output", "report it; the item was withheld"},
      {"FACES", "a head image that may show a face, or whose face cannot be removed with certainty",
       "choose 'faces: deface' or 'faces: flag', or deface it elsewhere and look at it"},
      {"LABEL_REMOVED", "labelled voxels lay in the face that was removed; they are marked as not annotated",
       "nothing to do, or leave out targets of the face"},
      {"LANGUAGE_NOT_MEASURED", "free text in a language whose de-identification was not measured",
       "accept it by key or leave the text out"},
      {"EMPTY_STUDY", "no input of the study could be used", "see the other lines of the study"},
      {"TWO_PATIENTS", "images of more than one patient", "give one patient at a time"},
      {"SEVERAL_STUDIES", "series of more than one study for one input", "give one study at a time"},
      {"OUTSIDE_CONTRACT", "outside the bundle's input contract", "see io_contract.json"},
  };
  return list;
}

const Reason& reason(const std::string& code) {
  for (const Reason& item : reasons())
    if (item.code == code) return item;
  check(false, "reason code '" + code + "' is not in data/reasons.cpp");
  throw 0;  // unreachable
}

}  // namespace chiasm
