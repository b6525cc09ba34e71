#include "core/report/picture.h"

#include <cstdint>

#include "core/base/text.h"
#include "core/report/html.h"

namespace chiasm::report {

std::string base64(std::string_view bytes) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t b = 0; b < 3; ++b) group = group << 8 | (i + b < bytes.size() ? static_cast<uint8_t>(bytes[i + b]) : 0U);
    for (size_t digit = 0; digit < 4; ++digit) out += i + digit > bytes.size() ? '=' : alphabet[group >> (18 - 6 * digit) & 63U];
  }
  return out;
}

std::string picture(std::string_view png_bytes, const std::string& caption, const PictureOptions& options) {
  const auto mark = [](const char* side, const std::string& text) {
    return text.empty() ? std::string() : std::string("<span class=\"mark ") + side + "\">" + escape(text) + "</span>";
  };
  const std::string shape = options.aspect > 0 ? " style=\"aspect-ratio: " + fixed(options.aspect, 4) + "\"" : "";
  return "<figure><div class=\"picture\"><img alt=\"" + escape(caption) + "\" src=\"data:image/png;base64," + base64(png_bytes) + "\"" +
         shape + "/>" + mark("left", options.left) + mark("right", options.right) + "</div><figcaption>" + escape(caption) +
         "</figcaption></figure>\n";
}

std::string gallery(const std::vector<std::string>& pictures, bool large) {
  return std::string("<div class=\"gallery") + (large ? " large" : "") + "\">\n" + join(pictures, "") + "</div>\n";
}

}  // namespace chiasm::report
