// The fast walk's attributes under the interface that the library's have. For source files that include DCMTK.
#pragma once

#include "data/dicom/attributes.h"
#include "data/dicom/fast_header.h"
#include "dcmtk/dcmdata/dctagkey.h"

namespace chiasm::dicom {

class FastAttributes final : public Attributes {
 public:
  explicit FastAttributes(const FastHeader& header) : header_(header) {}
  std::string text(const DcmTagKey& key) const override { return header_.text(number(key)); }
  bool exists(const DcmTagKey& key) const override { return header_.exists(number(key)); }
  bool has_value(const DcmTagKey& key) const override { return header_.has_value(number(key)); }

 private:
  static uint32_t number(const DcmTagKey& key) { return static_cast<uint32_t>(key.getGroup()) << 16 | key.getElement(); }
  const FastHeader& header_;
};

}  // namespace chiasm::dicom
