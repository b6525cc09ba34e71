#include "core/nn/autocast.h"

#include <ATen/autocast_mode.h>

namespace chiasm::nn {

AutocastState AutocastState::now(at::DeviceType device) {
  return {device, at::autocast::is_autocast_enabled(device), at::autocast::is_autocast_cache_enabled(),
          at::autocast::get_autocast_dtype(device)};
}

AutocastState AutocastState::off(at::DeviceType device) {
  AutocastState state = now(device);
  state.enabled = false;
  return state;
}

void AutocastState::apply() const {
  at::autocast::set_autocast_enabled(device, enabled);
  at::autocast::set_autocast_dtype(device, type);
  at::autocast::set_autocast_cache_enabled(cache);
}

}  // namespace chiasm::nn
