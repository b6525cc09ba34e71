#include "core/base/json.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/base/file.h"

namespace chiasm {
namespace {

constexpr int deepest = 64;

// "PATH:LINE:COLUMN", counted from 1, of the character before `bytes_read`.
std::string position(const std::filesystem::path& path, const std::string& text, size_t bytes_read) {
  const size_t at = std::min(bytes_read == 0 ? 0 : bytes_read - 1, text.size());
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  const size_t line_start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 = 0
  return path.string() + ":" + std::to_string(line) + ":" + std::to_string(at - line_start + 1);
}

// What the parser expected, without the text it read: that may be a patient's.
std::string reason(const std::string& what) {
  const size_t start = what.find("syntax error");
  if (start == std::string::npos) return "syntax error";
  return what.substr(start, std::min(what.find(" - ", start), what.find("; ", start)) - start);
}

}  // namespace

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const auto watch = [&](int around, Json::parse_event_t event, Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && around >= deepest) throw InputError(path.string() + ": JSON is nested deeper than " + std::to_string(deepest));
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    throw InputError(position(path, text, error.byte) + ": not valid JSON: " + reason(error.what()));
  } catch (const Json::exception& error) {
    throw InputError(path.string() + ": not valid JSON: a number is out of range");
  }
}

void write_json(const std::filesystem::path& path, const Json& json) {
  write_file_atomic(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace chiasm
