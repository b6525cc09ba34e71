// Typed reading of DICOM attributes. Values are trimmed; absent, empty and malformed values are told apart only where it matters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class DcmItem;
class DcmTagKey;

namespace chiasm::dicom {

// Attributes of one level, whoever parsed them: the library, or the fast walk over a canonical file.
class Attributes {
 public:
  virtual ~Attributes() = default;
  // As the functions below.
  virtual std::string text(const DcmTagKey& key) const = 0;
  virtual bool exists(const DcmTagKey& key) const = 0;
  virtual bool has_value(const DcmTagKey& key) const = 0;
  std::vector<std::string> texts(const DcmTagKey& key) const;
  std::vector<double> numbers(const DcmTagKey& key, size_t count) const;
  std::optional<int64_t> integer(const DcmTagKey& key) const;
};

class LibraryAttributes final : public Attributes {
 public:
  explicit LibraryAttributes(DcmItem& item) : item_(item) {}
  std::string text(const DcmTagKey& key) const override;
  bool exists(const DcmTagKey& key) const override;
  bool has_value(const DcmTagKey& key) const override;

 private:
  DcmItem& item_;
};

// Every byte string is valid Latin-1.
std::string from_latin1(const std::string& bytes);

// All values joined by a backslash, UTF-8; empty when absent.
std::string text(DcmItem& item, const DcmTagKey& key);
std::vector<std::string> texts(DcmItem& item, const DcmTagKey& key);
// Exactly `count` finite numbers, or none: a value such as "1,5" or "NaN" is no number.
std::vector<double> numbers(DcmItem& item, const DcmTagKey& key, size_t count);
std::optional<int64_t> integer(DcmItem& item, const DcmTagKey& key);
// First item of a sequence, or nullptr.
DcmItem* first_item(DcmItem& item, const DcmTagKey& sequence);
// All items of a sequence.
std::vector<DcmItem*> items(DcmItem& item, const DcmTagKey& sequence);
bool has_value(DcmItem& item, const DcmTagKey& key);

// Functional group macros of one frame: its own item first, then the shared one. Either may be null.
struct FunctionalGroups {
  DcmItem* own = nullptr;
  DcmItem* shared = nullptr;
  // First item of the macro's sequence, or nullptr.
  DcmItem* macro(const DcmTagKey& sequence) const;
};
// One entry per frame of an enhanced object; the length of its per-frame sequence, or `frames` when it has only shared groups.
std::vector<FunctionalGroups> functional_groups(DcmItem& dataset, int64_t frames);

}  // namespace chiasm::dicom
