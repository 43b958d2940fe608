#include "cache/remote/http/transfer.h"

#include "configs/held_signals.h"

#include <new>
#include <sys/socket.h>
#include <utility>

namespace gemmsmith {

namespace {

// What servers say in an answer whose contents nobody reads.
constexpr std::uint64_t kMaxIgnoredBytes = std::uint64_t{1} << 20;

// libcurl itself does not close its sockets in programs that are executed.
curl_socket_t openSocket(void *, curlsocktype, curl_sockaddr *address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

} // namespace

Transfer::Transfer(const TransferOptions &options) : options_(options), handle_(curl_easy_init()) {
  // A body is announced and sent at once: waiting for 100-continue costs a second where servers do
  // not know it.
  headers_.reset(curl_slist_append(headers_.release(), "Expect:"));
  headers_.reset(curl_slist_append(headers_.release(), "Content-Type: application/octet-stream"));
}

Expected<std::unique_ptr<Transfer>> Transfer::open(const TransferOptions &options) {
  auto transfer = std::unique_ptr<Transfer>(new Transfer(options));
  if (!transfer->handle_ || !transfer->headers_)
    return makeError(ErrorKind::kFailed, "libcurl has no memory for a connection");
  return transfer;
}

std::size_t Transfer::receive(char *data, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  std::vector<std::byte> &body = transfer.response_.body;
  const std::size_t bytes = size * count;
  if (bytes > transfer.most_ - body.size()) {
    transfer.response_.too_large = true;
    return 0; // ends the transfer
  }
  const auto received = std::as_bytes(std::span(data, bytes));
  // No exception may pass through libcurl.
  try {
    body.insert(body.end(), received.begin(), received.end());
  } catch (const std::bad_alloc &) {
    transfer.out_of_memory_ = true;
    return 0;
  }
  return bytes;
}

void Transfer::prepare(const std::string &url, std::uint64_t most) {
  response_ = {};
  out_of_memory_ = false;
  most_ = most;
  CURL *const handle = handle_.get();
  // Keeps the connections; everything else is set anew.
  curl_easy_reset(handle);
  error_.front() = '\0';
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, options_.connect_timeout_ms);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, options_.timeout_ms);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Else it waits, beyond the timeout, for the thread that looks up the host's name.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#endif
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &openSocket);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "gemmsmith");
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr); // else the system's count as well
  }
  if (!options_.token.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, options_.token.c_str());
  } else if (!options_.user.empty() || !options_.password.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, options_.password.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
}

Expected<HttpResponse> Transfer::perform() {
  const CURLcode code = curl_easy_perform(handle_.get());
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && response_.too_large))
    return std::move(response_);
  if (out_of_memory_)
    return makeError(ErrorKind::kFailed, "no memory for its answer");
  return makeError(ErrorKind::kFailed, error_.front() ? error_.data() : curl_easy_strerror(code));
}

Expected<HttpResponse> Transfer::get(const std::string &url, std::uint64_t most) {
  const WriteSignalsHeld held;
  prepare(url, most);
  return perform();
}

Expected<HttpResponse> Transfer::put(const std::string &url, std::span<const std::byte> body) {
  const WriteSignalsHeld held;
  prepare(url, kMaxIgnoredBytes);
  // As a body that lies in memory, not as a stream: it has a length, which caches insist on, and it
  // can be sent again over a new connection where a kept one turns out to be closed.
  curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle_.get(), CURLOPT_CUSTOMREQUEST, "PUT");
  return perform();
}

Expected<HttpResponse> Transfer::remove(const std::string &url) {
  const WriteSignalsHeld held;
  prepare(url, kMaxIgnoredBytes);
  curl_easy_setopt(handle_.get(), CURLOPT_CUSTOMREQUEST, "DELETE");
  return perform();
}

} // namespace gemmsmith
