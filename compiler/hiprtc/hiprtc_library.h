// A loaded hiprtc: the functions of hiprtc.h, bound at run time.
//
// Does not: unload (the library and what it loads register handlers that must stay), ask for a GPU,
// or survive what the library does: it may abort, so all of this happens in a worker process. Not
// thread-safe.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

class HiprtcLibrary {
public:
  // `library` is a path or a soname. An error of kind kInput says that there is no hiprtc of that
  // name; any other, that there is one and it cannot be loaded.
  static Expected<HiprtcLibrary> load(const std::string &library);

  // Without symbolic links.
  const std::string &path() const { return path_; }
  // For dlsym(), which then finds what the library depends on, too.
  void *handle() const { return handle_; }
  std::string version() const;

  struct Compilation {
    bool good = false;
    std::string result; // "HIPRTC_ERROR_COMPILATION"
    std::string log;    // of a good compile, too
    std::vector<std::byte> code_object;
  };
  // `name` is what the log calls the source. Never call this for a processor that comgr does not
  // list: hiprtc aborts.
  Compilation compile(const std::string &source, const std::string &name,
                      std::span<const std::string> options) const;

private:
  // hiprtc.h, with its enumeration as the int that it is.
  struct Functions {
    int (*version)(int *major, int *minor);
    const char *(*error_string)(int result);
    int (*create)(void **program, const char *source, const char *name, int headers,
                  const char **header_sources, const char **header_names);
    int (*compile)(void *program, int options, const char **texts);
    int (*log_size)(void *program, std::size_t *bytes);
    int (*log)(void *program, char *to);
    int (*code_size)(void *program, std::size_t *bytes);
    int (*code)(void *program, char *to);
    int (*destroy)(void **program);
  };

  void *handle_ = nullptr;
  std::string path_;
  Functions functions_ = {};
};

} // namespace gemmsmith
