// Private attributes by their creator: which block of elements a creator reserves differs from file to file (PS3.5 7.8.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

class DcmItem;

namespace chiasm::dicom {

struct PrivateKey {
  uint16_t group;
  std::string_view creator;
  uint8_t element;  // inside the reserved block
};

// The value's bytes where its representation is a string of bytes (OB, or UN of a file that does not say it); else empty.
std::string private_bytes(DcmItem& item, const PrivateKey& key);
// One finite number, whether the file holds it as decimal text, as a binary number or as 16-bit UN; nothing for anything else.
std::optional<double> private_number(DcmItem& item, const PrivateKey& key);

}  // namespace chiasm::dicom
