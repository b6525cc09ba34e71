// The report of a visit, from a grammar over the hidden state.
#pragma once

#include <string>
#include <vector>

#include "data/synthetic/hidden.h"
#include "data/synthetic/identity.h"

namespace chiasm::synthetic {

// What FINDINGS says about one finding.
struct Statement {
  Finding finding;
  Side side = Side::none;
  std::string polarity;  // present, absent, uncertain
  double size_mm = 0;    // 0 when not told
};

struct Report {
  std::string text;
  std::vector<Statement> statements;  // in the order of the text: every finding that the present images can show
  std::vector<std::string> planted;   // identifying strings in the text
};

Report write_report(const Patient& patient, size_t visit, const PatientIdentity& person, const VisitIdentity& identity);

}  // namespace chiasm::synthetic
