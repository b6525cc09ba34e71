// The fast walk's attributes under the interface that the library's have.
#pragma once

#include "data/dicom/attributes.h"
#include "data/dicom/fast_header.h"

namespace chiasm::dicom {

class FastAttributes final : public Attributes {
 public:
  explicit FastAttributes(const FastHeader& header) : header_(header) {}
  std::string text(const DcmTagKey& key) const override;
  bool exists(const DcmTagKey& key) const override;
  bool has_value(const DcmTagKey& key) const override;

 private:
  const FastHeader& header_;
};

}  // namespace chiasm::dicom
