// Written rules that choose the series of an input. They travel with the store and the bundle, so that `predict` chooses the same way.
#pragma once

#include <string>
#include <vector>

#include "data/dicom/dicom.h"

namespace chiasm {

// What a rule may ask of one volume before its pixels are read.
struct SeriesFacts {
  std::string description, kernel, body_part, view, sequence;
  std::vector<std::string> image_type;
  std::string plane;      // axial, sagittal, coronal; oblique or unknown: ""
  double spacing_mm = 0;  // between slices; 0 unknown
  int64_t files = 0;
  std::string order;  // settles the order of equals: never the patient's data
};

SeriesFacts facts_of(const dicom::Group& group);

// DICOM modality codes of a modality of ours: ct -> CT; xray -> CR, DX, ...
bool is_modality(const std::string& modality, const std::string& dicom_code);

// Why a group is never a candidate: LOCALIZER or DERIVED (screen captures and other secondary images); "" when it may be one.
std::string unfit_code(const dicom::Group& group);

// "" when the rule is understood, else what is wrong with it.
std::string select_rule_mistake(const std::string& rule);

// Indices of `candidates` that all rules leave, in `order`. Rules apply one after the other; a rule that nothing meets leaves nothing.
std::vector<size_t> apply_select(const std::vector<std::string>& rules, const std::vector<SeriesFacts>& candidates);

// What apply_select leaves, at most `max_items` of them. More: `ties` "refuse" throws Refused AMBIGUOUS, anything else takes the first.
std::vector<size_t> choose_series(const std::vector<std::string>& rules, const std::vector<SeriesFacts>& candidates, int64_t max_items,
                                  const std::string& ties);

// One text for the schema, and back.
std::string write_select(const std::vector<std::string>& rules);
std::vector<std::string> parse_select(const std::string& text);

}  // namespace chiasm
