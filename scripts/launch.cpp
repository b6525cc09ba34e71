// chiasm launch -n N -- VERB ...: N local ranks and a supervisor. One rank that fails ends the others; signals are passed on.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include "core/base/error.h"
#include "core/base/log.h"
#include "scripts/commands.h"

namespace chiasm {
namespace {

volatile std::sig_atomic_t passed_signal = 0;
void note_signal(int signal) { passed_signal = signal; }

struct LaunchOptions {
  int ranks = 1;
  int port = 0;
  std::vector<std::string> command;
};

// A port that is free now, on loopback.
int free_port() {
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = handle >= 0 && bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  if (handle >= 0) close(handle);
  if (!bound) throw Error("launch: no free port on the loopback interface");
  return ntohs(address.sin_port);
}

[[noreturn]] void become_rank(const LaunchOptions& options, int rank, int port, pid_t supervisor) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);                                    // a killed supervisor leaves no rank behind
  if (getppid() != supervisor) _exit(static_cast<int>(Exit::failed));  // it died before that line
  setenv("RANK", std::to_string(rank).c_str(), 1);
  setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
  setenv("WORLD_SIZE", std::to_string(options.ranks).c_str(), 1);
  setenv("LOCAL_WORLD_SIZE", std::to_string(options.ranks).c_str(), 1);
  setenv("MASTER_ADDR", "127.0.0.1", 1);
  setenv("MASTER_PORT", std::to_string(port).c_str(), 1);
  std::vector<char*> arguments;
  std::string self = "chiasm";
  arguments.push_back(self.data());
  for (const std::string& word : options.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv("/proc/self/exe", arguments.data());
  std::cerr << "launch: cannot start rank " << rank << "\n";
  _exit(static_cast<int>(Exit::failed));
}

// What to do about a rank that ended so: a wrong command or wrong input stays wrong on resume.
std::string advice(int status) {
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  const bool wrong = code == static_cast<int>(Exit::usage) || code == static_cast<int>(Exit::bad_input);
  return wrong ? "Its message is above" : "Go on with --resume";
}

class Supervisor {
 public:
  explicit Supervisor(const LaunchOptions& options) : options_(options) {}

  int run() {
    const int port = options_.port > 0 ? options_.port : free_port();
    std::signal(SIGTERM, note_signal);
    std::signal(SIGINT, note_signal);
    const pid_t self = getpid();
    for (int rank = 0; rank < options_.ranks; ++rank) {
      const pid_t child = fork();
      if (child < 0) throw Error("launch: cannot start another process");
      if (child == 0) become_rank(options_, rank, port, self);
      children_.push_back(child);
    }
    int result = static_cast<int>(Exit::ok);
    while (alive() > 0) {
      if (passed_signal != 0) forward();
      int status = 0;
      const pid_t ended = waitpid(-1, &status, WNOHANG);
      if (ended <= 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        continue;
      }
      const int code = settle(ended, status);
      if (code != 0 && result == 0) result = code;
    }
    return result;
  }

 private:
  int alive() const {
    int count = 0;
    for (const pid_t child : children_) count += child > 0;
    return count;
  }

  void send(int signal) {
    for (const pid_t child : children_)
      if (child > 0) kill(child, signal);
  }

  void forward() {
    send(passed_signal);
    passed_signal = 0;
  }

  // Marks a rank as ended; when it failed, the others are stopped.
  int settle(pid_t ended, int status) {
    int rank = 0;
    for (size_t i = 0; i < children_.size(); ++i)
      if (children_[i] == ended) {
        rank = static_cast<int>(i);
        children_[i] = 0;
      }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(Exit::failed);
    if (code == 0 || ending_) return code;
    const std::string how =
        WIFSIGNALED(status) ? "was killed by signal " + std::to_string(WTERMSIG(status)) : "ended with code " + std::to_string(code);
    log::error("launch: rank " + std::to_string(rank) + " " + how + "; the other ranks are stopped. " + advice(status));
    ending_ = true;
    send(SIGKILL);  // their collectives would wait for the lost rank; checkpoints on disk are whole at any moment
    return code;
  }

  const LaunchOptions& options_;
  std::vector<pid_t> children_;
  bool ending_ = false;
};

}  // namespace

Verb add_launch(CLI::App& app) {
  auto options = std::make_shared<LaunchOptions>();
  app.add_option("-n,--ranks", options->ranks, "Number of ranks.")->required()->check(CLI::Range(1, 1024));
  app.add_option("--port", options->port, "Port of rank 0 on 127.0.0.1; default: a free one.")->check(CLI::Range(1, 65535));
  app.add_option("command", options->command, "The verb and its options, after --.")->required();
  app.positionals_at_end();
  return [options] { return Supervisor(*options).run(); };
}

}  // namespace chiasm
