#include "cache/remote/module_loader.h"

#include "configs/this_file.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <string>
#include <unistd.h>

namespace gemmsmith {

namespace {

struct ModuleFile {
  const char *name;
  const char *needs;
};

constexpr ModuleFile fileOf(RemoteKind kind) {
  return kind == RemoteKind::kHttp ? ModuleFile{"libgemmsmith_http.so", "libcurl"}
                                   : ModuleFile{"libgemmsmith_redis.so", "hiredis"};
}

std::string pathOf(const char *name) {
  const std::string here = folderOfThisFile();
  if (!here.empty())
    for (const std::string &path : {here + name, here + "../lib/" + name})
      if (::access(path.c_str(), F_OK) == 0)
        return path;
  return name;
}

std::string loaderError() {
  const char *text = ::dlerror();
  return text ? text : "unknown error";
}

} // namespace

Expected<const gs_remote_module *> loadRemoteModule(RemoteKind kind) {
  const ModuleFile file = fileOf(kind);
  // Never closed: libcurl and OpenSSL have threads and exit handlers that outlive any use of them.
  void *const handle = ::dlopen(pathOf(file.name).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return makeError(ErrorKind::kFailed,
                     fmt::format("{} cannot be loaded ({}); install Gemmsmith's component "
                                 "gemmsmith_remote, and {}",
                                 file.name, loaderError(), file.needs));
  auto *const entry = reinterpret_cast<gs_remote_entry *>(::dlsym(handle, GS_REMOTE_ENTRY));
  const gs_remote_module *const module = entry ? entry() : nullptr;
  if (module == nullptr || module->abi != GS_REMOTE_ABI)
    return makeError(ErrorKind::kFailed,
                     fmt::format("{} is of another version of Gemmsmith; install the "
                                 "component gemmsmith_remote of this one",
                                 file.name));
  return module;
}

} // namespace gemmsmith
