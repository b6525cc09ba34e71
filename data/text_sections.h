// A radiology report in its sections.
#pragma once

#include <map>
#include <string>

namespace chiasm {

// Keys: indication, technique, comparison, findings, impression, recommendation; "" holds the text before the first heading. Synonyms
// such as CLINICAL HISTORY or CONCLUSION, any case, Markdown marks, and headings with or without a colon on a line of their own are
// known. A section that comes twice is joined by a line break. Empty sections are left out; a report without headings is all "".
std::map<std::string, std::string> sections(const std::string& report);

}  // namespace chiasm
