// A remote store behind HTTP, in the dialect of Bazel's remote caches:
//
//   BASE/ac/SHA256    of the key's text: an ActionResult (action_result.h) whose output "entry" is
//   BASE/cas/SHA256   of the entry's bytes: the entry
//
// nginx's WebDAV module is enough of a server, as are bazel-remote and its like, which check that
// names fit contents and that an ActionResult's output is there before they take it.
//
// Promises: put() writes the entry before the result that names it, so that no reader finds the one
// without the other; get() returns bytes of the digest that the result names. Thread-safe; a forked
// child opens connections of its own (but see module_interface.h).
// Does not: follow redirects, or remove what lies under /cas, which others may name too.
#pragma once

#include "cache/miss.h"
#include "cache/remote/connection_pool.h"
#include "cache/remote/http/transfer.h"
#include "cache/remote/module_interface.h"
#include "configs/error.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

class HttpRemote {
public:
  static Expected<std::unique_ptr<HttpRemote>> open(const gs_remote_options &options);

  Found<std::vector<std::byte>> get(const gs_remote_key &key);
  Expected<void> put(const gs_remote_key &key, std::span<const std::byte> bytes);
  Expected<void> remove(const gs_remote_key &key);

private:
  explicit HttpRemote(const gs_remote_options &options);

  template <typename Request> Expected<HttpResponse> send(Request request);
  Found<std::vector<std::byte>> fetch(const std::string &url, std::uint64_t most);
  Expected<void> store(const std::string &url, std::span<const std::byte> body);
  Expected<std::string> resultUrl(const gs_remote_key &key) const;
  std::string contentUrl(const std::string &sha256) const;

  std::string base_;
  TransferOptions options_;
  std::uint64_t max_bytes_;
  ConnectionPool<Transfer> idle_;
};

} // namespace gemmsmith
