// Text burned into pixels: an image is refused for a word in it, or its words are blanked and it is read again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/dicom/object_pixels.h"
#include "data/pixel_text.h"
#include "data/volume.h"

namespace chiasm {

// The pixels of one object or volume, to be read for text and blanked. picture() is called from several threads at a time.
class TextFrames {
 public:
  virtual ~TextFrames() = default;
  virtual int64_t frames() const = 0;
  virtual int64_t rows() const = 0;
  virtual int64_t columns() const = 0;
  virtual GreyPicture picture(int64_t frame) const = 0;
  virtual void blank(const PixelBox& box) = 0;  // in every frame
};

// Slices of a volume, of one or three channels; blanked voxels get the least valid value.
std::unique_ptr<TextFrames> frames_of(Volume& volume);

// Frames of a DICOM object, grey or coloured; blanked pixels get the least grey value of the object, or black.
std::unique_ptr<TextFrames> frames_of(dicom::ObjectPixels& pixels);

// Throws Refused BURNED_IN_TEXT for a word in any frame, and TEXT_NOT_READ.
void require_no_text(const TextFrames& image, const TextFinder& finder, int threads);

// For deid.json: the policy (refuse, accept, ocr, blank) and how text was looked for. `finder`: null where pixels are not read.
std::string burned_in_statement(const std::string& policy, const TextFinder* finder);

struct BlankedText {
  int64_t words = 0, boxes = 0;  // of all readings
};

// A box is blanked in every frame, as what stands on one stands on the next. Faint words show when the strong ones are gone, so up to three
// readings blank; one more must find none. Throws Refused BURNED_IN_TEXT: words that stay, or boxes over more than half of the image (then
// it is taken for no image that holds text but for something that looks like it everywhere); and TEXT_NOT_READ.
BlankedText blank_text(TextFrames& image, const TextFinder& finder, int threads);

}  // namespace chiasm
