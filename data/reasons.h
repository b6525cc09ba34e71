// The documented reason codes of refusals and ledger lines: one list for readers, ingest, check and predict.
#pragma once

#include <string>
#include <vector>

namespace chiasm {

struct Reason {
  std::string code, meaning, mend;
};

const std::vector<Reason>& reasons();
// Throws when the code is not in the list: a refusal nobody documented is a bug.
const Reason& reason(const std::string& code);

}  // namespace chiasm
