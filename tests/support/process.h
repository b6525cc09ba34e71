// The program as its users run it: a child process with its output, exit code and signals.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace chiasm::test {

struct Ended {
  int code = 0;        // exit code; 128 + signal when a signal ended it
  std::string output;  // standard output and error together
};

// A running child. The destructor kills it, so that no test leaves a process behind.
class Process {
 public:
  // `words` without the program; runs build/chiasm in `folder` with `variables` added to the environment.
  Process(const std::vector<std::string>& words, const std::filesystem::path& folder = {},
          const std::map<std::string, std::string>& variables = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t id() const { return id_; }
  bool running();
  void send(int signal) const;
  Ended wait();
  std::string output() const;  // so far

 private:
  pid_t id_ = 0;
  int status_ = 0;
  bool reaped_ = false;
  std::filesystem::path log_;
};

// Runs build/chiasm to its end.
Ended chiasm(const std::vector<std::string>& words, const std::filesystem::path& folder = {},
             const std::map<std::string, std::string>& variables = {});

// Runs any program through the shell.
Ended shell(const std::string& command);

}  // namespace chiasm::test
