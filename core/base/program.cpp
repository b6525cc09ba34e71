#include "core/base/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "core/base/text.h"

namespace chiasm {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = ProgramFailure::Kind;

int milliseconds_to(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000));
}

bool is_executable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

// A descriptor that is closed once.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// Killed and awaited when it is not done.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() {
    if (id_ < 0) return;
    ::kill(id_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t id() const { return id_; }
  // Of one that closed its output and still runs.
  bool ends_before(Clock::time_point until) const {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
    if (process.number() < 0) return true;
    pollfd end{process.number(), POLLIN, 0};
    while (true) {
      const int left = milliseconds_to(until);
      if (left == 0) return false;
      if (::poll(&end, 1, left) > 0) return true;
    }
  }
  int wait() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    return status;
  }

 private:
  pid_t id_;
};

// As execve() wants it; the strings must live on.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& each : strings) result.push_back(each.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> whole_environment(const std::vector<std::string>& first) {
  std::vector<std::string> all = first;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string name = std::string(*at, std::strcspn(*at, "=")) + "=";
    if (std::none_of(first.begin(), first.end(), [&](const std::string& own) { return starts_with(own, name); })) all.emplace_back(*at);
  }
  return all;
}

class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment, int standard_io) {
    ::posix_spawn_file_actions_adddup2(&actions_, standard_io, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, standard_io, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t defaults, none;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD}) ::sigaddset(&defaults, number);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);  // a group of its own: what a terminal interrupts is this process
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    pid_t id = -1;
    const int status =
        ::posix_spawnp(&id, arguments[0].c_str(), &actions_, &attributes_, pointers(arguments).data(), pointers(environment).data());
    if (status != 0) throw ProgramFailure(Kind::absent, arguments[0] + " cannot be started: " + std::strerror(status));
    return id;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Sends the input and takes the output at the same time, so that neither side waits for the other.
class Talk {
 public:
  Talk(int socket, std::string_view input, const ProgramLimits& limits, Clock::time_point until)
      : socket_(socket), input_(input), limits_(limits), until_(until) {}

  std::string run() {
    if (input_.empty()) ::shutdown(socket_, SHUT_WR);
    while (true) {
      const int left = milliseconds_to(until_);
      if (left == 0) throw ProgramFailure(Kind::late, "the program took longer than it may");
      pollfd wait{socket_, static_cast<short>(input_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
      const int ready = ::poll(&wait, 1, left);
      if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
      if (ready <= 0) continue;
      if (wait.revents & POLLOUT) send();
      if ((wait.revents & (POLLIN | POLLHUP | POLLERR)) && !receive()) return std::move(output_);
    }
  }

 private:
  void send() {
    const ssize_t sent = ::send(socket_, input_.data(), input_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) return;
    input_.remove_prefix(sent < 0 ? input_.size() : static_cast<size_t>(sent));  // a program may end without reading
    if (input_.empty()) ::shutdown(socket_, SHUT_WR);
  }

  bool receive() {
    std::array<char, 1 << 16> buffer;
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (got <= 0) return false;
    output_.append(buffer.data(), static_cast<size_t>(got));
    if (output_.size() > limits_.answer) throw ProgramFailure(Kind::large, "the program gave more than it may");
    return true;
  }

  int socket_;
  std::string_view input_;
  const ProgramLimits& limits_;
  Clock::time_point until_;
  std::string output_;
};

}  // namespace

bool program_exists(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_executable(name);
  const char* path = std::getenv("PATH");
  const std::vector<std::string> folders = split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':');
  return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) { return is_executable(folder + "/" + name); });
}

std::string run_program(const std::vector<std::string>& arguments, std::string_view input, const std::vector<std::string>& environment,
                        const ProgramLimits& limits) {
  int pair[2];
  // Sockets rather than pipes: a write to one whose reader is gone raises no signal.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    throw std::system_error(errno, std::generic_category(), "no socket for a program");
  Descriptor ours(pair[0]), theirs(pair[1]);
  Child child(Spawn().start(arguments, whole_environment(environment), theirs.number()));
  const auto until = Clock::now() + std::chrono::seconds(limits.wall_seconds);
  const rlimit memory{limits.memory, limits.memory}, none{0, 0};
  ::prlimit(child.id(), RLIMIT_AS, &memory, nullptr);
  ::prlimit(child.id(), RLIMIT_CORE, &none, nullptr);
  theirs.close();
  std::string output = Talk(ours.number(), input, limits, until).run();
  if (!child.ends_before(until)) throw ProgramFailure(Kind::late, "the program took longer than it may");
  const int status = child.wait();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw ProgramFailure(Kind::failed, "the program ended with an error");
  return output;
}

}  // namespace chiasm
