#include "core/report/axis.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/text.h"

namespace chiasm::report {
namespace {

std::vector<double> log_ticks(double low, double high) {
  const bool few = std::log10(high / low) < 3;
  std::vector<double> out;
  for (double decade = std::pow(10.0, std::floor(std::log10(low))); decade <= high * (1 + 1e-9); decade *= 10)
    for (const double times : few ? std::vector<double>{1, 2, 5} : std::vector<double>{1}) {
      const double tick = decade * times;
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) out.push_back(tick);
    }
  return out;
}

}  // namespace

Axis::Axis(double low, double high, double from, double to, bool log) : low_(low), high_(high), from_(from), to_(to), log_(log) {
  check(std::isfinite(low) && std::isfinite(high) && low <= high && (!log || low > 0), "an axis needs finite bounds in order");
  if (low_ == high_) {
    const double room = low_ == 0 ? 1 : std::abs(low_) / 2;
    low_ -= room;
    high_ += room;
  }
}

double Axis::scaled(double value) const { return log_ ? std::log10(value) : value; }

bool Axis::shows(double value) const { return std::isfinite(value) && (!log_ || value > 0); }

double Axis::place(double value) const {
  const double share = (scaled(std::clamp(value, low_, high_)) - scaled(low_)) / (scaled(high_) - scaled(low_));
  return from_ + share * (to_ - from_);
}

std::vector<double> Axis::ticks(int about) const {
  if (log_) return log_ticks(low_, high_);
  const double rough = (high_ - low_) / about;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double times = rough / power;
  const double step = power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
  std::vector<double> out;
  for (double i = std::ceil(low_ / step - 1e-9); i * step <= high_ + step * 1e-9; i += 1) out.push_back(i * step);
  return out;
}

std::string tick_label(double value) {
  const double size = std::abs(value);
  if (size < 1e-12) return "0";
  if (size < 1e-3 || size >= 1e6) {
    const double power = std::floor(std::log10(size) + 1e-9);
    return format_number(std::round(value / std::pow(10.0, power) * 10) / 10) + "e" + fixed(power, 0);
  }
  return format_number(std::round(value * 1e6) / 1e6);
}

}  // namespace chiasm::report
