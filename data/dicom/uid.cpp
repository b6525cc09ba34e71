#include "data/dicom/uid.h"

#include <algorithm>

#include "core/base/digest.h"

namespace chiasm::dicom {

std::string uid_of(std::string_view content) {
  Digest digest = sha256(content);
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0F) | 0x80);  // version 8
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3F) | 0x80);  // variant
  unsigned __int128 number = 0;
  for (size_t n = 0; n < 16; ++n) number = number << 8 | digest[n];
  std::string digits;
  for (; number > 0; number /= 10) digits += static_cast<char>('0' + static_cast<int>(number % 10));
  std::reverse(digits.begin(), digits.end());
  return "2.25." + (digits.empty() ? "0" : digits);
}

}  // namespace chiasm::dicom
