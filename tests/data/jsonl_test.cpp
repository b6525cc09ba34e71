#include "data/jsonl.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "data/scan.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

std::string refused(const std::string& text) {
  try {
    parse_jsonl(text, "items.jsonl");
  } catch (const InputError& error) {
    return error.what();
  }
  return "taken";
}

TEST(Jsonl, LinesBecomeRowsAndNestedKeysColumns) {
  const Csv table = parse_jsonl(
      "{\"id\": \"a\", \"size\": 3.5, \"note\": {\"text\": \"two\\nlines, \\\"quoted\\\"\", \"side\": null}}\r\n\n"
      "{\"id\": \"b\", \"tags\": [\"x\", 2], \"note\": {\"side\": \"left\"}, \"done\": true}\n",
      "items.jsonl");
  EXPECT_EQ(table.header, (std::vector<std::string>{"id", "size", "note.text", "note.side", "tags", "done"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"a", "3.5", "two\nlines, \"quoted\"", "", "", ""}));
  EXPECT_EQ(table.rows[1], (std::vector<std::string>{"b", "", "", "left", "x; 2", "true"}));
}

TEST(Jsonl, ABadLineIsNamed) {
  EXPECT_NE(refused("{\"a\": 1}\n[1, 2]\n").find("items.jsonl:2: not a JSON object"), std::string::npos);
  EXPECT_NE(refused("{\"a\": 1}\n\n{\"a\": \n").find("items.jsonl:3: not a JSON object"), std::string::npos);
  EXPECT_NE(refused("{\"a\": {\"b\": 1}, \"a.b\": 2}\n").find("two keys become the column 'a.b'"), std::string::npos);
  EXPECT_NE(refused("{\"a\": \"\xff\"}\n").find("not UTF-8"), std::string::npos);
}

TEST(Jsonl, ASourceListsStudiesLikeATable) {
  const Scratch scratch;
  write_file_atomic(scratch / "items.jsonl",
                    "{\"image\": \"p1\", \"case\": \"A\", \"about\": {\"caption\": \"A mass.\"}, \"region\": \"Head\"}\n"
                    "{\"image\": \"p2\", \"case\": \"A\", \"about\": {\"caption\": null}}\n");
  const ScanResult result = scan(test::dataset(scratch,
                                               "sources: {s: {jsonl: items.jsonl, study: image, patient: case, file: \"{image}.png\", "
                                               "text: about.caption, facts: {region: region}}}\n"
                                               "inputs: {picture: {modality: image}, caption: {modality: text}}\n"
                                               "deidentify: {off: public}\n"),
                                 1);
  ASSERT_EQ(result.studies.size(), 2u);
  EXPECT_EQ(result.studies[0].patient, "A");
  EXPECT_EQ(result.studies[0].facts.at("region"), "Head");
  EXPECT_EQ(*result.studies[0].items.at("caption").front().text, "A mass.");
  EXPECT_EQ(result.studies[0].items.at("picture").front().path, scratch / "p1.png");
  EXPECT_EQ(result.studies[1].items.count("caption"), 0u);
}

TEST(Jsonl, AWrongColumnIsToldWithANearName) {
  const Scratch scratch;
  write_file_atomic(scratch / "items.jsonl", "{\"image\": \"p1\", \"about\": {\"caption\": \"A mass.\"}}\n");
  try {
    scan(test::dataset(scratch,
                       "sources: {s: {jsonl: items.jsonl, study: image, text: about.captoin}}\n"
                       "inputs: {caption: {modality: text}}\ndeidentify: {off: public}\n"),
         1);
    FAIL() << "taken";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'about.caption'?"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace chiasm
