// The policy for text in pixels: each row of the table of data/image_risks.h.
#include "data/image_risks.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/config/config.h"
#include "data/dataset_file.h"

namespace chiasm {
namespace {

dicom::Header header(const std::string& modality, const std::vector<std::string>& image_type, const std::string& burned_in = "",
                     const std::string& sop_class = "") {
  dicom::Header result;
  result.modality = modality;
  result.image_type = image_type;
  result.burned_in = burned_in;
  result.sop_class = sop_class;
  return result;
}

const std::vector<std::string> kOriginal{"ORIGINAL", "PRIMARY"};
const std::string kSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";

TEST(BurnedInPolicy, ADeclarationDecides) {
  EXPECT_TRUE(may_hold_text(header("CT", kOriginal, "YES")));
  EXPECT_TRUE(may_hold_text(header("DX", kOriginal, "YES")));
  EXPECT_FALSE(may_hold_text(header("US", kOriginal, "NO")));
  EXPECT_FALSE(may_hold_text(header("OT", {"DERIVED", "SECONDARY"}, "NO", kSecondaryCapture)));
  EXPECT_FALSE(may_hold_text(header("CR", kOriginal, "NO"), {"CR"}));
}

TEST(BurnedInPolicy, OriginalsOfScannersAreTaken) {
  for (const char* modality : {"CT", "MR", "PT", "CR", "DX", "MG", "RG"})
    EXPECT_FALSE(may_hold_text(header(modality, kOriginal))) << modality;
  EXPECT_FALSE(may_hold_text(header("CT", {"DERIVED", "PRIMARY", "AXIAL", "MPR"})));
  EXPECT_FALSE(may_hold_text(header("MR", {})));
}

TEST(BurnedInPolicy, ModalitiesThatAreWrittenOnAreNot) {
  for (const char* modality : {"US", "IVUS", "ES", "XC", "SC", "OT", "DOC", "OP"})
    EXPECT_TRUE(may_hold_text(header(modality, kOriginal))) << modality;
}

TEST(BurnedInPolicy, CapturesAreKnownByImageTypeAndByClass) {
  EXPECT_TRUE(may_hold_text(header("CT", {"DERIVED", "SECONDARY"})));
  EXPECT_TRUE(may_hold_text(header("CT", {"DERIVED", "PRIMARY", "SCREEN SAVE"})));
  EXPECT_TRUE(may_hold_text(header("CT", {"derived", "secondary"})));
  EXPECT_TRUE(may_hold_text(header("MR", kOriginal, "", kSecondaryCapture)));
  EXPECT_TRUE(may_hold_text(header("MR", kOriginal, "", kSecondaryCapture + ".2")));
  EXPECT_FALSE(may_hold_text(header("MR", kOriginal, "", "1.2.840.10008.5.1.4.1.1.77.1.4")));  // begins alike, another class
}

TEST(BurnedInPolicy, ASiteNamesFurtherModalities) {
  EXPECT_TRUE(may_hold_text(header("CR", kOriginal), {"CR", "DX"}));
  EXPECT_FALSE(may_hold_text(header("CT", kOriginal), {"CR", "DX"}));
}

TEST(BurnedInPolicy, OneImageIsEnough) {
  dicom::Group group;
  EXPECT_FALSE(may_hold_text(group));
  group.headers = {header("CT", kOriginal), header("CT", {"DERIVED", "SECONDARY"})};
  EXPECT_TRUE(may_hold_text(group));
}

TEST(BurnedInPolicy, ModalitiesAreCodes) {
  const auto read = [](const std::string& codes) {
    return config::read<DeidentifyConfig>(config::Document::parse("key: site.key\nburned_in_modalities: " + codes, "dataset.yaml"));
  };
  EXPECT_EQ(read("[CR, DX]").burned_in_modalities, (std::vector<std::string>{"CR", "DX"}));
  try {
    read("[CR, x-ray]");
    FAIL() << "was accepted";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'x-ray' is no DICOM modality; write codes such as CR or DX"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace chiasm
