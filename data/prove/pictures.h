// Names, numbers and dates burned into pictures, and how many of them the search of data/burned_in.h finds and blanks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/pixel_text.h"
#include "data/volume.h"

namespace chiasm::prove {

// What is drawn on: a secondary capture (a black page with a grey, noisy disc), a sector of speckle as of ultrasound, or a computed
// radiograph of the synthetic cohort.
enum class Page { capture, ultrasound, radiograph };
const char* name_of(Page page);

// One name, number or date in one picture, somewhere inside where an eye can read it: four of five of its pixels differ from what they
// cover by at least 30 % of the range.
struct PlantedPicture {
  Page page = Page::capture;
  int height = 0;      // of its letters, in pixels
  bool bright = true;  // white letters, or black ones on a grey ground
  Volume image;
  std::vector<uint8_t> ink;  // HW: 1 where a letter is legible
};

std::vector<int> planted_heights();
// Up to `count` pictures of each page, height and polarity; less where no legible place is met, as for black letters on speckle.
std::vector<PlantedPicture> plant_pictures(int count, uint64_t seed);
// The same pages without letters.
std::vector<Volume> clean_pictures(int count, uint64_t seed);

struct PictureRecall {
  Page page = Page::capture;
  int height = 0;
  bool bright = true;
  int64_t planted = 0, found = 0;   // found: a word was read at the letters
  int64_t refused = 0, leaked = 0;  // of blanking: the picture was refused; it passed with more than one pixel in twenty of the letters
  double low = 0, high = 1;         // 95 % interval of found by Wilson (1927)
};

// By page, height and polarity, in order.
std::vector<PictureRecall> measure_pictures(std::vector<PlantedPicture> pictures, const TextFinder& finder, int threads);

// Of clean pictures: in how many a word is found.
int64_t false_alarms(const std::vector<Volume>& pictures, const TextFinder& finder, int threads);

}  // namespace chiasm::prove
