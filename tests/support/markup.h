// A small reader of markup: every tag opens and closes in order, attributes are quoted, text holds no bare "<" or "&".
#pragma once

#include <regex>
#include <string>
#include <vector>

namespace chiasm::report {
namespace markup {

inline const std::regex& tag_pattern() {
  static const std::regex pattern(R"(^<(/?)([a-z][a-z0-9]*)((\s+[a-zA-Z][a-zA-Z0-9-]*="[^"<]*")*)\s*(/?)>)");
  return pattern;
}

inline bool plain_text(const std::string& text) {
  static const std::regex entity(R"(^&(amp|lt|gt|quot|#39);)");
  for (size_t at = text.find('&'); at != std::string::npos; at = text.find('&', at + 1))
    if (!std::regex_search(text.substr(at, 8), entity)) return false;
  return true;
}

// Pictures make attributes too long for a backtracking matcher.
inline std::string without_pictures(const std::string& html) {
  std::string out;
  size_t from = 0;
  for (size_t at = html.find(";base64,"); at != std::string::npos; at = html.find(";base64,", from)) {
    out += html.substr(from, at + 8 - from);
    from = html.find('"', at);
  }
  return out + html.substr(from);
}

inline std::string without(std::string text, const std::string& open, const std::string& close) {
  const size_t from = text.find(open), to = text.find(close);
  return from == std::string::npos ? text : text.substr(0, from + open.size()) + text.substr(to);
}

}  // namespace markup

// What is wrong, or empty.
inline std::string markup_error(const std::string& page) {
  using namespace markup;
  static const std::string doctype = "<!DOCTYPE html>\n";
  std::string html = without(without_pictures(page), "<style>", "</style>");
  if (html.starts_with(doctype)) html.erase(0, doctype.size());
  std::vector<std::string> open;
  for (size_t at = 0; at < html.size();) {
    const size_t next = html.find('<', at);
    if (!plain_text(html.substr(at, next == std::string::npos ? next : next - at))) return "a bare & in: " + html.substr(at, 60);
    if (next == std::string::npos) break;
    const size_t end = html.find('>', next);
    const std::string tag = html.substr(next, end == std::string::npos ? end : end + 1 - next);
    std::smatch match;
    if (!std::regex_search(tag, match, tag_pattern())) return "no tag: " + tag.substr(0, 80);
    if (match[1].length() > 0) {
      if (open.empty() || open.back() != match[2]) return "</" + match[2].str() + "> closes " + (open.empty() ? "nothing" : open.back());
      open.pop_back();
    } else if (match[5].length() == 0) {
      open.push_back(match[2]);
    }
    at = next + tag.size();
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

struct Place {
  double x, y;
};

// All points of d="..." of paths.
inline std::vector<Place> path_places(const std::string& html) {
  static const std::regex path(R"re( d="([^"]*)")re"), point(R"([ML](-?[0-9.]+) (-?[0-9.]+))");
  std::vector<Place> out;
  for (std::sregex_iterator found(html.begin(), html.end(), path), end; found != end; ++found) {
    const std::string places = (*found)[1];
    for (std::sregex_iterator one(places.begin(), places.end(), point); one != end; ++one)
      out.push_back({std::stod((*one)[1]), std::stod((*one)[2])});
  }
  return out;
}

inline size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace chiasm::report
