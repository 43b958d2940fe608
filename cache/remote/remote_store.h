// A store that is reached over a network: three verbs on keys and the bytes of entries. HTTP and
// Redis implement them, in modules of their own (module_interface.h).
//
// Promises: every call ends within the remote's timeouts, and a few times that at most; except that
// the name of a Redis server's host is looked up for as long as the system's resolver lets it. What
// it says names neither the remote nor anything secret. Bytes come as the remote has them: whoever
// asked checks them. Thread-safe; a child forked while another thread was in here must not use it.
// Does not: keep count of failures; guarded_remote.h does.
#pragma once

#include "cache/miss.h"
#include "cache/remote/module_interface.h"
#include "cache/remote/remote_options.h"
#include "configs/error.h"
#include "configs/hash128.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct RemoteKey {
  std::string_view text;
  Hash128 hash; // of the text
};

class RemoteStore {
public:
  // Loads its module and the files that the options name; does not connect.
  static Expected<RemoteStore> open(const RemoteOptions &options);

  // kUnreadable when the remote is not reached, refuses, or answers too late.
  Found<std::vector<std::byte>> get(const RemoteKey &key);
  Expected<void> put(const RemoteKey &key, std::span<const std::byte> bytes);
  // Nothing there is no error.
  Expected<void> remove(const RemoteKey &key);

  // Whether it answers, by asking for a key that no entry has.
  Expected<void> probe();

private:
  struct Closer {
    const gs_remote_module *module;
    void operator()(gs_remote *remote) const { module->close(remote); }
  };
  explicit RemoteStore(const gs_remote_module *module, gs_remote *remote)
      : module_(module), remote_(remote, Closer{module}) {}

  const gs_remote_module *module_;
  std::unique_ptr<gs_remote, Closer> remote_;
};

} // namespace gemmsmith
