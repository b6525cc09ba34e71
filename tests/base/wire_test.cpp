#include "core/base/wire.h"

#include <gtest/gtest.h>

#include <limits>

namespace chiasm {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// The examples of https://protobuf.dev/programming-guides/encoding
TEST(Wire, ExamplesOfTheEncodingGuide) {
  WireMessage test1, test2, test3;
  test1.integer(1, 150);
  EXPECT_EQ(test1.data(), bytes({0x08, 0x96, 0x01}));
  test2.bytes(2, "testing");
  EXPECT_EQ(test2.data(), bytes({0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67}));
  test3.message(3, test1);
  EXPECT_EQ(test3.data(), bytes({0x1a, 0x03, 0x08, 0x96, 0x01}));
}

TEST(Wire, NegativeNumbersTakeTenBytes) {
  WireMessage message;
  message.integer(1, -2);
  EXPECT_EQ(message.data(), bytes({0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(Wire, FixedNumbersAreLittleEndian) {
  WireMessage message;
  message.real32(1, 1.0f);
  message.real64(2, -2.0);
  EXPECT_EQ(message.data(), bytes({0x0d, 0, 0, 0x80, 0x3f, 0x11, 0, 0, 0, 0, 0, 0, 0, 0xc0}));
}

TEST(Wire, LargeFieldNumbersAndLengths) {
  WireMessage message;
  message.integer(16, 0);
  message.bytes(2047, std::string(128, 'x'));
  EXPECT_EQ(message.data(), bytes({0x80, 0x01, 0x00, 0xfa, 0x7f, 0x80, 0x01}) + std::string(128, 'x'));
}

}  // namespace
}  // namespace chiasm
