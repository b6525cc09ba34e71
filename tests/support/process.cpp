#include "tests/support/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "core/base/file.h"

namespace chiasm::test {
namespace {

std::filesystem::path new_log() {
  std::string name = (std::filesystem::path(::testing::TempDir()) / "chiasm-output-XXXXXX").string();
  const int handle = mkstemp(name.data());
  if (handle < 0) throw std::runtime_error("cannot create a file for the output of a process");
  close(handle);
  return name;
}

[[noreturn]] void become(std::vector<std::string> words, const std::filesystem::path& folder,
                         const std::map<std::string, std::string>& variables, const std::filesystem::path& log) {
  const int handle = open(log.c_str(), O_WRONLY | O_TRUNC);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(handle, STDOUT_FILENO);
  dup2(handle, STDERR_FILENO);
  if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& words, const std::filesystem::path& folder,
                 const std::map<std::string, std::string>& variables)
    : log_(new_log()) {
  std::vector<std::string> all{std::string(CHIASM_BUILD) + "/chiasm"};
  all.insert(all.end(), words.begin(), words.end());
  id_ = fork();
  if (id_ < 0) throw std::runtime_error("cannot start a process");
  if (id_ == 0) become(std::move(all), folder, variables, log_);
}

Process::~Process() {
  if (!reaped_) {
    send(SIGKILL);
    waitpid(id_, &status_, 0);
  }
  std::filesystem::remove(log_);
}

bool Process::running() {
  if (!reaped_ && waitpid(id_, &status_, WNOHANG) == id_) reaped_ = true;
  return !reaped_;
}

void Process::send(int signal) const {
  if (!reaped_) kill(id_, signal);
}

Ended Process::wait() {
  if (!reaped_) waitpid(id_, &status_, 0);
  reaped_ = true;
  return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_), output()};
}

std::string Process::output() const { return read_file(log_); }

Ended chiasm(const std::vector<std::string>& words, const std::filesystem::path& folder,
             const std::map<std::string, std::string>& variables) {
  return Process(words, folder, variables).wait();
}

Ended shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start a shell");
  Ended ended;
  char buffer[4096];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;) ended.output.append(buffer, count);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

}  // namespace chiasm::test
