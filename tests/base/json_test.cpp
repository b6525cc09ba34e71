#include "core/base/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "core/base/file.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

std::string complaint(const std::string& text) {
  const Scratch scratch;
  write_file_atomic(scratch / "t.json", text);
  try {
    read_json(scratch / "t.json");
  } catch (const InputError& error) {
    return std::string(error.what()).substr(scratch.path().string().size() + 1);
  }
  return "";
}

TEST(JsonFile, KeepsOrderAndValues) {
  const Scratch scratch;
  const Json json{{"z", 1}, {"a", {1.5, true, nullptr, "ä\n"}}, {"m", Json::object()}};
  write_json(scratch / "t.json", json);
  EXPECT_EQ(read_json(scratch / "t.json"), json);
  EXPECT_EQ(read_file(scratch / "t.json"),
            "{\n  \"z\": 1,\n  \"a\": [\n    1.5,\n    true,\n    null,\n    \"ä\\n\"\n  ],\n  \"m\": {}\n}\n");
}

TEST(JsonFile, NoNumberBecomesNull) {
  const Scratch scratch;
  write_json(scratch / "t.json", Json{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()});
  EXPECT_EQ(read_json(scratch / "t.json"), (Json{nullptr, nullptr}));
}

TEST(JsonFile, MistakesHaveAPlaceButNoContent) {
  EXPECT_EQ(complaint("{\"a\": 1,\n \"b\": secret}"), "t.json:2:7: not valid JSON: syntax error while parsing value");
  EXPECT_EQ(complaint("{"), "t.json:1:2: not valid JSON: syntax error while parsing object key");
  EXPECT_EQ(complaint(""), "t.json:1:1: not valid JSON: syntax error while parsing value");
  EXPECT_EQ(complaint("[1] x"), "t.json:1:5: not valid JSON: syntax error while parsing value");
  EXPECT_EQ(complaint("[1e999]"), "t.json: not valid JSON: a number is out of range");
}

TEST(JsonFile, DepthIsBounded) {
  EXPECT_EQ(complaint(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(complaint(std::string(65, '[') + std::string(65, ']')), "t.json: JSON is nested deeper than 64");
  EXPECT_EQ(complaint(std::string(1000000, '[')), "t.json: JSON is nested deeper than 64");
}

}  // namespace
}  // namespace chiasm
