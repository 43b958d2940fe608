// A C++ class with the three verbs as a module (module_interface.h). For the inside of modules.
//
// The class has
//   static Expected<std::unique_ptr<Remote>> open(const gs_remote_options &);
//   Found<Bytes> get(const gs_remote_key &);             Bytes has data() and size()
//   Expected<void> put(const gs_remote_key &, std::span<const std::byte>);
//   Expected<void> remove(const gs_remote_key &);
#pragma once

#include "cache/miss.h"
#include "cache/remote/module_interface.h"
#include "configs/error.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>

namespace gemmsmith {

template <typename Remote> class ModuleAdapter {
public:
  static const gs_remote_module *module() {
    static constexpr gs_remote_module kModule{.abi = GS_REMOTE_ABI,
                                              .open = open,
                                              .close = close,
                                              .get = get,
                                              .put = put,
                                              .remove = remove,
                                              .release = release};
    return &kModule;
  }

private:
  static Remote &of(gs_remote *remote) { return *reinterpret_cast<Remote *>(remote); }

  // False when there is no memory for it.
  static bool fill(gs_remote_blob &out, const void *data, std::size_t bytes) {
    out.data = static_cast<unsigned char *>(std::malloc(bytes > 0 ? bytes : 1));
    out.bytes = out.data ? bytes : 0;
    if (out.data && bytes > 0)
      std::memcpy(out.data, data, bytes);
    return out.data != nullptr;
  }
  static int fail(gs_remote_blob &out, std::string_view why, int status = GS_REMOTE_FAILED) {
    (void)fill(out, why.data(), why.size());
    return status;
  }
  static int finish(gs_remote_blob &out, const Expected<void> &done) {
    return done ? GS_REMOTE_OK : fail(out, done.error().message);
  }

  // No exception leaves the module: memory that cannot be had is a failure like others.
  template <typename Work> static int guarded(gs_remote_blob *out, Work work) noexcept {
    *out = {};
    try {
      return work(*out);
    } catch (const std::exception &e) {
      return fail(*out, e.what());
    }
  }

  static int open(const gs_remote_options *options, gs_remote **remote, gs_remote_blob *out) {
    *remote = nullptr;
    return guarded(out, [&](gs_remote_blob &blob) -> int {
      auto opened = Remote::open(*options);
      if (!opened)
        return fail(blob, opened.error().message);
      *remote = reinterpret_cast<gs_remote *>(opened->release());
      return GS_REMOTE_OK;
    });
  }
  static void close(gs_remote *remote) { delete &of(remote); }

  static int get(gs_remote *remote, const gs_remote_key *key, gs_remote_blob *out) {
    return guarded(out, [&](gs_remote_blob &blob) -> int {
      const auto found = of(remote).get(*key);
      if (found)
        return fill(blob, found->data(), found->size()) ? GS_REMOTE_OK : GS_REMOTE_FAILED;
      switch (found.error().reason) {
      case MissReason::kAbsent:
        return GS_REMOTE_ABSENT;
      case MissReason::kDamaged:
        return fail(blob, found.error().why, GS_REMOTE_DAMAGED);
      case MissReason::kRefused:
      case MissReason::kUnreadable:
        break;
      }
      return fail(blob, found.error().why);
    });
  }
  static int put(gs_remote *remote, const gs_remote_key *key, const unsigned char *data,
                 std::size_t bytes, gs_remote_blob *out) {
    return guarded(out, [&](gs_remote_blob &blob) {
      return finish(blob, of(remote).put(*key, std::as_bytes(std::span(data, bytes))));
    });
  }
  static int remove(gs_remote *remote, const gs_remote_key *key, gs_remote_blob *out) {
    return guarded(out,
                   [&](gs_remote_blob &blob) { return finish(blob, of(remote).remove(*key)); });
  }
  static void release(gs_remote_blob *out) {
    std::free(out->data);
    *out = {};
  }
};

} // namespace gemmsmith

// At global scope in one file of a module.
#define GEMMSMITH_REMOTE_MODULE(Remote)                                                            \
  extern "C" __attribute__((visibility("default"))) const gs_remote_module *                       \
  gemmsmith_remote_module() {                                                                      \
    return gemmsmith::ModuleAdapter<Remote>::module();                                             \
  }
