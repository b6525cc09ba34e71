#include "data/deidentify_faces.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/image_risks.h"

namespace chiasm {

namespace {

Volume facts_of(const dicom::Header& header) {
  Volume facts;
  facts.facts["body_part"] = header.body_part;
  return facts;
}

}  // namespace

bool is_head(const dicom::Header& header) {
  dicom::Group group;
  group.headers = {header};
  return header.image && may_show_face(lower(header.modality), facts_of(header), &group);
}

bool may_be_head(const dicom::Header& header) {
  return header.image && (is_head(header) || body_part_unknown(lower(header.modality), facts_of(header)));
}

FacePlans::FacePlans(const std::vector<dicom::ScannedFile>& files, int threads) {
  std::vector<dicom::Group> groups;
  for (dicom::Group& group : dicom::group_files(files))
    if (!group.headers.empty() && may_be_head(group.headers.front())) groups.push_back(std::move(group));
  made_.resize(groups.size());
  parallel_for(std::ssize(groups), threads, [&](int64_t n) {
    const dicom::Group& group = groups[static_cast<size_t>(n)];
    Made& made = made_[static_cast<size_t>(n)];
    try {
      dicom::ReadResult read = dicom::read_group(group, {.threads = 1, .digest = false});
      if (!read.volume) throw Refused(read.code, read.detail);
      read.volume->modality = lower(group.modality);
      made.plan = plan_deface(*read.volume);
    } catch (const Refused& refused) {
      made.why = refused.detail;
    }
  });
  for (size_t n = 0; n < groups.size(); ++n)
    for (const dicom::Header& header : groups[n].headers) by_object_[header.sop_uid] = n;
}

FacePlans::Outcome FacePlans::of(const std::string& sop_uid) const {
  const auto found = by_object_.find(sop_uid);
  if (found == by_object_.end()) return {nullptr, "the image is part of no volume in which a face could be found"};
  const Made& made = made_[found->second];
  return {made.plan ? &*made.plan : nullptr, made.why};
}

}  // namespace chiasm
