#include "core/dist/cuda_library.h"

#include <dlfcn.h>

#include <filesystem>

namespace chiasm::dist {
namespace {

struct Opened {
  const CudaLibrary* library = nullptr;
  std::string why;
};

Opened open_once() {
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL) == nullptr) return {nullptr, "no NVIDIA driver on this machine"};
  Dl_info here{};
  dladdr(reinterpret_cast<const void*>(&open_cuda_library), &here);
  const auto path = std::filesystem::path(here.dli_fname == nullptr ? "" : here.dli_fname).parent_path() / "libchiasm_cuda.so";
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) return {nullptr, std::string("libchiasm_cuda.so cannot be opened: ") + dlerror()};
  auto* factory = reinterpret_cast<const CudaLibrary* (*)()>(dlsym(handle, "chiasm_cuda_library"));
  if (factory == nullptr) return {nullptr, "libchiasm_cuda.so does not export chiasm_cuda_library"};
  return {factory(), ""};
}

}  // namespace

const CudaLibrary* open_cuda_library(std::string* why) {
  static const Opened opened = open_once();
  if (why != nullptr) *why = opened.why;
  return opened.library;
}

}  // namespace chiasm::dist
