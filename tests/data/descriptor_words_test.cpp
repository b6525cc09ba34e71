#include "data/descriptor_words.h"

#include <gtest/gtest.h>

namespace chiasm {
namespace {

TEST(ImagingWords, WhatNamesAnImageStaysInItsWords) {
  EXPECT_EQ(imaging_words("CT Thorax/Abdomen w contrast, 5mm, axial"), "CT Thorax Abdomen w contrast 5mm axial");
  EXPECT_EQ(imaging_words("t2_tse_sag 3 mm"), "t2 tse sag 3 mm");
}

TEST(ImagingWords, WhateverElseGoesKnownOrNot) {
  EXPECT_EQ(imaging_words("Chest for Mrs Quillibrand, seen 03/14/2023 by Dr. Okonjo-Weber"), "Chest for 03 14");
  EXPECT_EQ(imaging_words("Kopf Müller Jürgen 0147382"), "Kopf");
  EXPECT_EQ(imaging_words("胸部 山田太郎"), "");
  EXPECT_EQ(imaging_words("chestMiller"), "");
}

}  // namespace
}  // namespace chiasm
