// What `chiasm deidentify --faces deface` does to the series of a tree: one plan for each volume that may show a face.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/deface/deface.h"
#include "data/dicom/dicom.h"

namespace chiasm {

class FacePlans {
 public:
  FacePlans() = default;
  // Reads every CT and MR volume that is of the head by its header, or whose header does not tell the part of the body, on `threads`
  // threads.
  FacePlans(const std::vector<dicom::ScannedFile>& files, int threads);

  // Of the volume that an image is part of. `plan` null: its face cannot be removed, for `why`.
  struct Outcome {
    const FacePlan* plan = nullptr;
    std::string why;
  };
  Outcome of(const std::string& sop_uid) const;

 private:
  struct Made {
    std::optional<FacePlan> plan;
    std::string why;
  };
  std::vector<Made> made_;
  std::map<std::string, size_t> by_object_;  // SOP instance UID
};

// CT or MR of the head by its header; and one whose header does not tell the part of the body.
bool is_head(const dicom::Header& header);
bool may_be_head(const dicom::Header& header);

}  // namespace chiasm
