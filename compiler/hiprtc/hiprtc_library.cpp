#include "compiler/hiprtc/hiprtc_library.h"

#include "compiler/hiprtc/hiprtc_description.h"
#include "compiler/worker_server.h"

#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <link.h>
#include <new>
#include <string_view>
#include <system_error>

namespace gemmsmith {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> noHiprtc(std::string message) {
  return makeError(ErrorKind::kInput, std::move(message));
}

template <typename Function> bool bind(void *handle, const char *name, Function &function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  return function != nullptr;
}

std::string fileOf(void *handle) {
  link_map *map = nullptr;
  if (::dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void *>(&map)) != 0)
    return {};
  std::error_code error;
  const fs::path path = fs::canonical(map->l_name, error);
  return error ? map->l_name : path.native();
}

// Our own operator new is linked statically; the libraries share another, which would throw through
// code that was compiled without exceptions.
void endOutOfMemoryIn(void *handle) {
  std::new_handler (*set_new_handler)(std::new_handler) = nullptr;
  if (bind(handle, "_ZSt15set_new_handlerPFvvE", set_new_handler))
    set_new_handler(endOutOfMemory);
}

// A text that the library hands out by size; nothing when it has none.
template <typename Bytes, typename Size, typename Get>
Bytes fetch(void *program, Size size, Get get) {
  std::size_t bytes = 0;
  Bytes to;
  if (size(program, &bytes) != 0 || bytes == 0)
    return to;
  to.resize(bytes);
  if (get(program, reinterpret_cast<char *>(to.data())) != 0)
    to.clear();
  return to;
}

} // namespace

Expected<HiprtcLibrary> HiprtcLibrary::load(const std::string &library) {
  std::error_code ignored;
  if (fs::is_directory(library, ignored))
    return noHiprtc(fmt::format("{} holds neither libhiprtc.so nor libamdhip64.so", library));

  HiprtcLibrary loaded;
  loaded.handle_ = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded.handle_ == nullptr) {
    const std::string message = ::dlerror();
    // Otherwise it is something that the library needs which is missing.
    if (message.starts_with(library + ": cannot open shared object file: No such file"))
      return noHiprtc(fmt::format("there is no {}", library));
    return makeError(ErrorKind::kFailed, fmt::format("{}{}", kCannotBeLoaded, message));
  }
  void *handle = loaded.handle_;
  loaded.path_ = fileOf(handle);
  Functions &f = loaded.functions_;
  if (!bind(handle, "hiprtcVersion", f.version) ||
      !bind(handle, "hiprtcGetErrorString", f.error_string) ||
      !bind(handle, "hiprtcCreateProgram", f.create) ||
      !bind(handle, "hiprtcCompileProgram", f.compile) ||
      !bind(handle, "hiprtcGetProgramLogSize", f.log_size) ||
      !bind(handle, "hiprtcGetProgramLog", f.log) ||
      !bind(handle, "hiprtcGetCodeSize", f.code_size) || !bind(handle, "hiprtcGetCode", f.code) ||
      !bind(handle, "hiprtcDestroyProgram", f.destroy))
    return noHiprtc(fmt::format("{} has no hiprtc in it", loaded.path_));
  endOutOfMemoryIn(handle);
  return loaded;
}

std::string HiprtcLibrary::version() const {
  int major = 0;
  int minor = 0;
  if (functions_.version(&major, &minor) != 0)
    return "unknown";
  return fmt::format("{}.{}", major, minor);
}

HiprtcLibrary::Compilation HiprtcLibrary::compile(const std::string &source,
                                                  const std::string &name,
                                                  std::span<const std::string> options) const {
  Compilation compilation;
  const auto result = [&](int code) {
    compilation.result = functions_.error_string(code);
    return code == 0;
  };
  void *program = nullptr;
  if (!result(functions_.create(&program, source.c_str(), name.c_str(), 0, nullptr, nullptr)))
    return compilation;

  std::vector<const char *> texts;
  for (const std::string &option : options)
    texts.push_back(option.c_str());
  compilation.good =
      result(functions_.compile(program, static_cast<int>(texts.size()), texts.data()));
  compilation.log = fetch<std::string>(program, functions_.log_size, functions_.log);
  // Its size counts the terminating zero in some versions and not in others.
  compilation.log.erase(compilation.log.find_last_not_of(std::string_view("\0 \n\r\t", 5)) + 1);
  if (compilation.good)
    compilation.code_object =
        fetch<std::vector<std::byte>>(program, functions_.code_size, functions_.code);
  functions_.destroy(&program);
  return compilation;
}

} // namespace gemmsmith
