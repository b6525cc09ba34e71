#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/private_attributes.h"

#include <cmath>

#include "core/base/text.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

DcmElement* find(DcmItem& item, const PrivateKey& key) {
  for (Uint16 block = 0x10; block <= 0xFF; ++block) {
    if (text(item, DcmTagKey(key.group, block)) != key.creator) continue;
    DcmElement* element = nullptr;
    const DcmTagKey tag(key.group, static_cast<Uint16>(block << 8 | key.element));
    if (item.findAndGetElement(tag, element).good()) return element;
  }
  return nullptr;
}

std::string bytes_of(DcmElement& element) {
  Uint8* bytes = nullptr;
  if (dynamic_cast<DcmOtherByteOtherWord*>(&element) == nullptr || element.getUint8Array(bytes).bad() || bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes), element.getLength()};
}

std::optional<double> finite(std::string text) {
  std::erase(text, '\0');
  const std::optional<double> number = parse_number(trim(text));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

}  // namespace

std::string private_bytes(DcmItem& item, const PrivateKey& key) {
  DcmElement* element = find(item, key);
  return element == nullptr ? std::string() : bytes_of(*element);
}

std::optional<double> private_number(DcmItem& item, const PrivateKey& key) {
  DcmElement* element = find(item, key);
  if (element == nullptr) return std::nullopt;
  if (dynamic_cast<DcmOtherByteOtherWord*>(element) == nullptr) {
    OFString value;
    return element->getOFStringArray(value).good() ? finite(std::string(value.c_str(), value.size())) : std::nullopt;
  }
  const std::string bytes = bytes_of(*element);
  if (const std::optional<double> number = finite(bytes)) return number;
  if (bytes.size() != 2) return std::nullopt;
  return static_cast<unsigned char>(bytes[0]) | static_cast<unsigned char>(bytes[1]) << 8;  // UN is little-endian (PS3.5 6.2.2)
}

}  // namespace chiasm::dicom
