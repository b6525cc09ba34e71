// How ranks find each other: the variables of torchrun (also set by `chiasm launch`), Slurm, Open MPI and MPICH.
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/dist/cuda_library.h"
#include "core/dist/process_group.h"

namespace chiasm::dist {
namespace {

struct Place {
  int rank = 0, size = 1, local = 0;
};

std::optional<int> number(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_integer(text);
  if (!value) throw UsageError(std::string("environment variable ") + variable + " is '" + text + "'; it must be a whole number");
  return static_cast<int>(*value);
}

std::optional<Place> place() {
  struct Names {
    const char *rank, *size, *local;
  };
  static constexpr Names launchers[] = {{"RANK", "WORLD_SIZE", "LOCAL_RANK"},
                                        {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"},
                                        {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"},
                                        {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"}};
  for (const char* given : {"RANK", "WORLD_SIZE"}) {
    const std::string other = given == std::string("RANK") ? "WORLD_SIZE" : "RANK";
    if (std::getenv(given) != nullptr && std::getenv(other.c_str()) == nullptr)
      throw UsageError(std::string(given) + " is set, but " + other + " is not; a launcher sets both");
  }
  for (const Names& names : launchers) {
    const auto rank = number(names.rank), size = number(names.size);
    if (!rank || !size) continue;
    if (*rank < 0 || *rank >= *size)
      throw UsageError(std::string(names.rank) + " is " + std::to_string(*rank) + "; it must lie in [0, " + names.size + ")");
    return Place{*rank, *size, number(names.local).value_or(*rank)};
  }
  return std::nullopt;
}

std::string variable(const char* name, const char* otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : text;
}

// torchrun's agent hosts the store itself; then every rank is a client and restarts are told apart by prefix.
c10::intrusive_ptr<c10d::Store> open_store(const Place& at) {
  const bool agent_hosts = variable("TORCHELASTIC_USE_AGENT_STORE", "") == "True";
  c10d::TCPStoreOptions options;
  const int port = number("MASTER_PORT").value_or(29500);
  if (port < 1 || port > 65535) throw UsageError("MASTER_PORT is " + std::to_string(port) + "; it must lie in [1, 65535]");
  options.port = static_cast<uint16_t>(port);
  options.isServer = at.rank == 0 && !agent_hosts;
  options.numWorkers = static_cast<size_t>(at.size);
  options.timeout = std::chrono::minutes(10);
  auto store = c10::make_intrusive<c10d::TCPStore>(variable("MASTER_ADDR", "127.0.0.1"), options);
  return c10::make_intrusive<c10d::PrefixStore>("chiasm/attempt_" + variable("TORCHELASTIC_RESTART_COUNT", "0"), store);
}

ProcessGroupHandle open_gloo(const Place& at) {
  ProcessGroupHandle handle;
  handle.store = open_store(at);
  auto options = c10d::ProcessGroupGloo::Options::create();
  options->threads = 2;
  options->timeout = std::chrono::minutes(10);
  const std::string interface = variable("GLOO_SOCKET_IFNAME", "");
  options->devices.push_back(interface.empty() ? c10d::ProcessGroupGloo::createDeviceForHostname(variable("CHIASM_HOST_ADDR", "127.0.0.1"))
                                               : c10d::ProcessGroupGloo::createDeviceForInterface(interface));
  auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(handle.store, at.rank, at.size, options);
  handle.group = c10::make_intrusive<c10d::ProcessGroup>(handle.store, at.rank, at.size);
  handle.group->setBackend(at::kCPU, c10d::ProcessGroup::BackendType::GLOO, gloo);
  handle.group->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
  handle.group->setGroupName("chiasm");
  return handle;
}

}  // namespace

std::shared_ptr<Group> from_environment(const std::string& device) {
  const auto at = place();
  std::string why;
  const CudaLibrary* cuda = device == "cuda" ? open_cuda_library(&why) : nullptr;
  if (device == "cuda" && (cuda == nullptr || cuda->device_count() == 0))
    throw UsageError("device: cuda was asked for, but " + (why.empty() ? "no GPU is visible" : why) + "; use device: cpu");
  const int index = cuda != nullptr && at ? std::min(at->local, cuda->device_count() - 1) : 0;
  if (cuda != nullptr) cuda->set_device(index);
  const at::Device own = cuda != nullptr ? at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)) : at::Device(at::kCPU);
  if (!at || at->size == 1) return single_process(own);
  ProcessGroupHandle handle = open_gloo(*at);
  handle.device = own;
  if (cuda != nullptr) {
    auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", handle.store);
    cuda->add_nccl(*handle.group, store, at->rank, at->size, index);
  }
  return make_group(std::move(handle));
}

}  // namespace chiasm::dist
