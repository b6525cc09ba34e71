// Errors that a user sees. The message names what, where, the rule and the mend; it never holds a patient's identity.
#pragma once

#include <stdexcept>
#include <string>

namespace chiasm {

// Exit codes of the command line (a stable contract).
enum class Exit { ok = 0, failed = 1, usage = 2, partial = 3, not_applicable = 10, bad_input = 20 };

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, Exit exit = Exit::failed) : std::runtime_error(message), exit_(exit) {}
  Exit exit() const { return exit_; }

 private:
  Exit exit_;
};

// Wrong command line or configuration.
struct UsageError : Error {
  explicit UsageError(const std::string& message) : Error(message, Exit::usage) {}
};

// Input that cannot be used: a damaged file, a study outside the contract.
struct InputError : Error {
  explicit InputError(const std::string& message) : Error(message, Exit::bad_input) {}
};

// One item (series, image, text) was refused. `code` is one of the documented reason codes, `detail` a fixed phrase without identity.
struct Refused : Error {
  Refused(std::string code_, std::string detail_)
      : Error(code_ + ": " + detail_, Exit::bad_input), code(std::move(code_)), detail(std::move(detail_)) {}
  std::string code, detail;
};

}  // namespace chiasm
