#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/attributes.h"

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

// NUL padding and blanks at both ends carry nothing.
std::string clean(std::string value) {
  std::erase(value, '\0');
  value = trim(value);
  return is_utf8(value) ? value : from_latin1(value);
}

}  // namespace

std::string from_latin1(const std::string& bytes) {
  std::string utf8;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | (byte >> 6));
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

std::string text(DcmItem& item, const DcmTagKey& key) {
  OFString value;
  if (item.findAndGetOFStringArray(key, value).bad()) return {};
  return clean(std::string(value.c_str(), value.size()));
}

std::vector<std::string> Attributes::texts(const DcmTagKey& key) const {
  const std::string all = text(key);
  if (all.empty()) return {};
  std::vector<std::string> parts = split(all, '\\');
  for (std::string& part : parts) part = trim(part);
  return parts;
}

std::vector<double> Attributes::numbers(const DcmTagKey& key, size_t count) const {
  const std::string all = text(key);
  if (all.empty() || static_cast<size_t>(std::count(all.begin(), all.end(), '\\')) + 1 != count) return {};
  std::vector<double> result;
  result.reserve(count);
  for (size_t start = 0; start <= all.size();) {
    const size_t end = std::min(all.find('\\', start), all.size());
    const std::string part = trim(all.substr(start, end - start));  // short: takes no memory
    const std::optional<double> value = parse_number(std::string_view(part).substr(starts_with(part, "+") ? 1 : 0));
    if (!value || !std::isfinite(*value)) return {};
    result.push_back(*value);
    start = end + 1;
  }
  return result;
}

std::optional<int64_t> Attributes::integer(const DcmTagKey& key) const {
  const std::vector<double> value = numbers(key, 1);
  if (value.empty() || value[0] != std::floor(value[0]) || std::abs(value[0]) > 9e15) return std::nullopt;
  return static_cast<int64_t>(value[0]);
}

std::string LibraryAttributes::text(const DcmTagKey& key) const { return dicom::text(item_, key); }

bool LibraryAttributes::exists(const DcmTagKey& key) const { return item_.tagExists(key); }

bool LibraryAttributes::has_value(const DcmTagKey& key) const { return dicom::has_value(item_, key); }

std::vector<std::string> texts(DcmItem& item, const DcmTagKey& key) { return LibraryAttributes(item).texts(key); }

std::vector<double> numbers(DcmItem& item, const DcmTagKey& key, size_t count) { return LibraryAttributes(item).numbers(key, count); }

std::optional<int64_t> integer(DcmItem& item, const DcmTagKey& key) { return LibraryAttributes(item).integer(key); }

DcmItem* first_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* found = nullptr;
  return item.findAndGetSequenceItem(sequence, found, 0).good() ? found : nullptr;
}

std::vector<DcmItem*> items(DcmItem& item, const DcmTagKey& sequence) {
  DcmSequenceOfItems* list = nullptr;
  std::vector<DcmItem*> result;
  if (item.findAndGetSequence(sequence, list).bad() || list == nullptr) return result;
  for (DcmObject* object = list->nextInContainer(nullptr); object != nullptr; object = list->nextInContainer(object))
    if (auto* entry = dynamic_cast<DcmItem*>(object)) result.push_back(entry);
  return result;
}

bool has_value(DcmItem& item, const DcmTagKey& key) { return item.tagExistsWithValue(key); }

DcmItem* FunctionalGroups::macro(const DcmTagKey& sequence) const {
  DcmItem* found = own != nullptr ? first_item(*own, sequence) : nullptr;
  return found != nullptr || shared == nullptr ? found : first_item(*shared, sequence);
}

std::vector<FunctionalGroups> functional_groups(DcmItem& dataset, int64_t frames) {
  DcmItem* shared = first_item(dataset, DCM_SharedFunctionalGroupsSequence);
  const std::vector<DcmItem*> own = items(dataset, DCM_PerFrameFunctionalGroupsSequence);
  std::vector<FunctionalGroups> groups(own.empty() ? static_cast<size_t>(frames) : own.size(), FunctionalGroups{nullptr, shared});
  for (size_t n = 0; n < own.size(); ++n) groups[n].own = own[n];
  return groups;
}

}  // namespace chiasm::dicom
