#include "core/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string>

namespace chiasm::log {
namespace {

std::string pattern(int rank) {
  const std::string erase = isatty(STDERR_FILENO) ? "\r\033[K" : "";  // a live progress line gives way
  const std::string who = rank < 0 ? "" : "[rank " + std::to_string(rank) + "] ";
  return erase + who + "%H:%M:%S %^%l%$: %v";
}

spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    spdlog::logger made("chiasm", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made.set_pattern(pattern(-1));
    made.flush_on(spdlog::level::info);
    return made;
  }();
  return instance;
}

void write(spdlog::level::level_enum level, std::string_view message) {
  logger().log(level, spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace

void info(std::string_view message) { write(spdlog::level::info, message); }
void warn(std::string_view message) { write(spdlog::level::warn, message); }
void error(std::string_view message) { write(spdlog::level::err, message); }

void set_rank(int rank) { logger().set_pattern(pattern(rank)); }
void set_quiet(bool quiet) { logger().set_level(quiet ? spdlog::level::warn : spdlog::level::info); }

}  // namespace chiasm::log
