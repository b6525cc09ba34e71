#include "core/base/isolate.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <system_error>
#include <vector>

namespace chiasm {
namespace {

using Clock = std::chrono::steady_clock;

bool send_all(int socket, const void* bytes, size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t sent = ::send(socket, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool send_message(int socket, const std::string& message) {
  const uint64_t size = message.size();
  return send_all(socket, &size, sizeof size) && send_all(socket, message.data(), message.size());
}

enum class Got { all, ended, late };

// Until `until`, or for ever without it.
Got receive_all(int socket, void* bytes, size_t size, const Clock::time_point* until) {
  char* at = static_cast<char*>(bytes);
  while (size > 0) {
    if (until != nullptr) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*until - Clock::now()).count();
      pollfd wait{socket, POLLIN, 0};
      const int ready = left > 0 ? ::poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, 1'000'000))) : 0;
      if (ready == 0) return Got::late;
      if (ready < 0 && errno != EINTR) return Got::ended;
      if (ready < 0) continue;
    }
    const ssize_t got = ::recv(socket, at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Got::ended;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return Got::all;
}

// One descriptor over a socket (SCM_RIGHTS); -1 when the other side is gone.
bool send_descriptor(int socket, int descriptor) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof descriptor)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

int receive_descriptor(int socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t got;
  do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  cmsghdr* header = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

void limit(__rlimit_resource what, rlim_t soft, rlim_t hard) {
  const rlimit values{soft, hard};
  ::setrlimit(what, &values);
}

uint64_t mapped_bytes() {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

rlim_t used_cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
}

// A child process without what its parent held: files but `kept` and the standard ones, handlers, a terminal's signals.
void begin_child(int kept) {
  for (const int number : {SIGTERM, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2}) ::signal(number, SIG_DFL);
  for (const int number : {SIGINT, SIGHUP, SIGQUIT}) ::signal(number, SIG_IGN);
  for (int descriptor = 3; descriptor < kept; ++descriptor) ::close(descriptor);
  ::close_range(static_cast<unsigned>(kept + 1), ~0U, 0);
}

[[noreturn]] void serve(int socket, const Isolate::Function& function, const IsolateLimits& limits) {
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, limits.file, limits.file);
  const rlim_t memory = mapped_bytes() + limits.memory;
  limit(RLIMIT_AS, memory, memory);
  std::ofstream("/proc/self/oom_score_adj") << 1000;  // before anybody else
  uint64_t size = 0;
  while (receive_all(socket, &size, sizeof size, nullptr) == Got::all) {
    std::string request(size, '\0');
    if (receive_all(socket, request.data(), request.size(), nullptr) != Got::all) break;
    limit(RLIMIT_CPU, used_cpu_seconds() + static_cast<rlim_t>(limits.cpu_seconds), RLIM_INFINITY);
    if (!send_message(socket, function(request))) break;
  }
  ::_exit(0);
}

// The process from which workers come: alone with one thread, so that a fork copies no lock that somebody holds.
[[noreturn]] void breed(int control, const Isolate::Function& function, const IsolateLimits& limits) {
  begin_child(control);
  ::signal(SIGCHLD, SIG_IGN);  // no zombies
  for (int socket; (socket = receive_descriptor(control)) >= 0; ::close(socket)) {
    const pid_t parent = ::getpid();
    if (::fork() != 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // of the breeder, which ends when its own parent's socket closes
    if (::getppid() != parent) ::_exit(0);
    begin_child(socket);
    try {
      serve(socket, function, limits);
    } catch (...) {
      ::_exit(1);
    }
  }
  ::_exit(0);
}

}  // namespace

struct Isolate::State {
  IsolateLimits limits;
  int control = -1;
  pid_t breeder = -1, owner = ::getpid();
  std::mutex mutex;
  std::vector<int> idle;  // sockets of workers that wait

  int take() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!idle.empty()) {
      const int socket = idle.back();
      idle.pop_back();
      return socket;
    }
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
      throw std::system_error(errno, std::generic_category(), "no socket for a reading process");
    const bool sent = send_descriptor(control, pair[1]);
    ::close(pair[1]);
    if (sent) return pair[0];
    ::close(pair[0]);
    throw IsolateFailure(IsolateFailure::Kind::died, "the process that reads foreign files is gone");
  }

  void give(int socket) {
    const std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(socket);
  }
};

Isolate::Isolate(Function function, IsolateLimits limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    throw std::system_error(errno, std::generic_category(), "no socket for a reading process");
  state_->breeder = ::fork();
  if (state_->breeder < 0) throw std::system_error(errno, std::generic_category(), "no process to read foreign files in");
  if (state_->breeder == 0) breed(pair[1], function, limits);
  ::close(pair[1]);
  state_->control = pair[0];
}

Isolate::~Isolate() {
  for (const int socket : state_->idle) ::close(socket);
  ::close(state_->control);
  if (state_->owner != ::getpid()) return;  // a copy in another process
  ::kill(state_->breeder, SIGKILL);
  while (::waitpid(state_->breeder, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string Isolate::call(const std::string& request) {
  using Kind = IsolateFailure::Kind;
  const int socket = state_->take();
  const auto fail = [&](Kind kind, const char* what) {
    ::close(socket);
    return IsolateFailure(kind, what);
  };
  const auto until = Clock::now() + std::chrono::seconds(state_->limits.wall_seconds);
  if (!send_message(socket, request)) throw fail(Kind::died, "a reading process ended");
  uint64_t size = 0;
  const Got head = receive_all(socket, &size, sizeof size, &until);
  if (head != Got::all) throw fail(head == Got::late ? Kind::late : Kind::died, "a reading process ended or took too long");
  if (size > state_->limits.answer) throw fail(Kind::large, "a reading process gave more than it may");
  std::string answer(size, '\0');
  const Got body = receive_all(socket, answer.data(), answer.size(), &until);
  if (body != Got::all) throw fail(body == Got::late ? Kind::late : Kind::died, "a reading process ended or took too long");
  state_->give(socket);
  return answer;
}

}  // namespace chiasm
