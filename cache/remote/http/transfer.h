// One HTTP request after the other, over a connection that is kept.
//
// Promises: a response has at most the bytes that were asked for: more are not received. Redirects
// are not followed, so that nothing secret goes to another host, and only http and https are
// spoken. Certificates and host names are checked. A request ends within its timeout; with the
// lookup of the host's name where libcurl is 7.87 or newer. No signal is handled or raised: those
// of writing are held back (configs/held_signals.h). Programs that are executed do not inherit the
// connection. Not thread-safe: one per thread at a time.
#pragma once

#include "cache/miss.h"
#include "cache/remote/module_interface.h"
#include "configs/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <curl/curl.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

// What every request of a remote has in common.
struct TransferOptions {
  std::string user;
  std::string password;
  std::string token;
  std::string ca_file;
  long connect_timeout_ms = 0;
  long timeout_ms = 0;
};

struct HttpResponse {
  long status = 0;
  bool too_large = false; // and therefore cut off
  std::vector<std::byte> body;
};

class Transfer {
public:
  // `options` must outlive it. kFailed when there is no memory for it.
  static Expected<std::unique_ptr<Transfer>> open(const TransferOptions &options);
  Transfer(const Transfer &) = delete;
  Transfer &operator=(const Transfer &) = delete;

  // kFailed, with the reason, when there is no whole response.
  Expected<HttpResponse> get(const std::string &url, std::uint64_t most);
  Expected<HttpResponse> put(const std::string &url, std::span<const std::byte> body);
  Expected<HttpResponse> remove(const std::string &url);

private:
  struct Closer {
    void operator()(CURL *handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
  };
  explicit Transfer(const TransferOptions &options);
  static std::size_t receive(char *data, std::size_t size, std::size_t count, void *self);
  void prepare(const std::string &url, std::uint64_t most);
  Expected<HttpResponse> perform();

  const TransferOptions &options_;
  std::unique_ptr<curl_slist, Closer> headers_;
  std::unique_ptr<CURL, Closer> handle_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  HttpResponse response_;
  bool out_of_memory_ = false; // and therefore response_ is cut off
  std::uint64_t most_ = 0;
};

} // namespace gemmsmith
