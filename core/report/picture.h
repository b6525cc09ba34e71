// Pictures inside a page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chiasm::report {

std::string base64(std::string_view bytes);  // RFC 4648, padded

struct PictureOptions {
  std::string left, right;  // marks in the upper corners, such as "R" and "L"
  double aspect = 0;        // width over height as shown; 0: that of the pixels
};

// A PNG file's bytes with its caption.
std::string picture(std::string_view png_bytes, const std::string& caption, const PictureOptions& options = {});
// Pictures in rows that follow the width of the window; `large` shows fewer in a row.
std::string gallery(const std::vector<std::string>& pictures, bool large = false);

}  // namespace chiasm::report
