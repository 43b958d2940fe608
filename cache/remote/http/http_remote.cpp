#include "cache/remote/http/http_remote.h"

#include "cache/remote/http/action_result.h"
#include "cache/remote/http/sha256.h"

#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr long kNotFound = 404;

bool isSuccess(long status) {
  return status >= 200 && status < 300;
}

// A status that is neither success nor "not here", as a sentence.
std::string explain(long status) {
  switch (status) {
  case 401:
  case 403:
    return fmt::format("it refuses access (HTTP status {})", status);
  case 405:
  case 501:
    return fmt::format("it does not take this kind of request (HTTP status {})", status);
  case 413:
    return "it takes no entry of this size (HTTP status 413)";
  default:
    break;
  }
  if (status >= 300 && status < 400)
    return fmt::format("it redirects to another address (HTTP status {}), which is not followed",
                       status);
  return fmt::format("it answers with HTTP status {}", status);
}

tl::unexpected<Miss> missOf(const Error &error) {
  return makeMiss(MissReason::kUnreadable, error.message);
}

} // namespace

HttpRemote::HttpRemote(const gs_remote_options &options)
    : base_(options.address), options_{.user = options.user,
                                       .password = options.password,
                                       .token = options.token,
                                       .ca_file = options.ca_file,
                                       .connect_timeout_ms = options.connect_timeout_ms,
                                       .timeout_ms = options.timeout_ms},
      max_bytes_(options.max_bytes) {}

Expected<std::unique_ptr<HttpRemote>> HttpRemote::open(const gs_remote_options &options) {
  // Never undone: the application may use the same libcurl.
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK)
    return makeError(ErrorKind::kFailed,
                     fmt::format("libcurl does not start: {}", curl_easy_strerror(ready)));
  return std::unique_ptr<HttpRemote>(new HttpRemote(options));
}

template <typename Request> Expected<HttpResponse> HttpRemote::send(Request request) {
  std::unique_ptr<Transfer> transfer = idle_.take();
  if (!transfer) {
    auto opened = Transfer::open(options_);
    if (!opened)
      return tl::unexpected(opened.error());
    transfer = std::move(*opened);
  }
  Expected<HttpResponse> response = request(*transfer);
  // After a failure too: libcurl has closed the connection then, and opens another.
  idle_.giveBack(std::move(transfer));
  return response;
}

Expected<std::string> HttpRemote::resultUrl(const gs_remote_key &key) const {
  return sha256Hex(std::as_bytes(std::span(key.text, key.text_bytes)))
      .map([&](const std::string &sha256) { return fmt::format("{}/ac/{}", base_, sha256); });
}

std::string HttpRemote::contentUrl(const std::string &sha256) const {
  return fmt::format("{}/cas/{}", base_, sha256);
}

Found<std::vector<std::byte>> HttpRemote::fetch(const std::string &url, std::uint64_t most) {
  auto response = send([&](Transfer &transfer) { return transfer.get(url, most); });
  if (!response)
    return missOf(response.error());
  if (response->status == kNotFound)
    return makeMiss(MissReason::kAbsent);
  if (response->status != 200)
    return makeMiss(MissReason::kUnreadable, explain(response->status));
  if (response->too_large)
    return makeMiss(MissReason::kDamaged, fmt::format("its answer is larger than {} bytes", most));
  return std::move(response->body);
}

Found<std::vector<std::byte>> HttpRemote::get(const gs_remote_key &key) {
  const auto url = resultUrl(key);
  if (!url)
    return missOf(url.error());
  auto result = fetch(*url, kMaxActionResultBytes);
  if (!result)
    return result;
  const auto output = readActionResult(*result);
  if (!output)
    return makeMiss(MissReason::kDamaged, "its answer is no ActionResult with an output 'entry'");
  if (output->bytes > max_bytes_)
    return makeMiss(MissReason::kDamaged, "it says that the entry is larger than any is");
  auto bytes = fetch(contentUrl(output->sha256), output->bytes);
  if (!bytes)
    return bytes; // absent where the server evicted it before the result that names it
  const auto sha256 = sha256Hex(*bytes);
  if (!sha256)
    return missOf(sha256.error());
  if (*sha256 != output->sha256)
    return makeMiss(MissReason::kDamaged, "its bytes are not those of their SHA-256");
  return bytes;
}

Expected<void> HttpRemote::store(const std::string &url, std::span<const std::byte> body) {
  const auto response = send([&](Transfer &transfer) { return transfer.put(url, body); });
  if (!response)
    return tl::unexpected(response.error());
  if (!isSuccess(response->status))
    return makeError(ErrorKind::kFailed, explain(response->status));
  return {};
}

Expected<void> HttpRemote::put(const gs_remote_key &key, std::span<const std::byte> bytes) {
  const auto url = resultUrl(key);
  if (!url)
    return tl::unexpected(url.error());
  const auto sha256 = sha256Hex(bytes);
  if (!sha256)
    return tl::unexpected(sha256.error());
  if (auto stored = store(contentUrl(*sha256), bytes); !stored)
    return stored;
  const std::string result = writeActionResult(
      {.path = std::string(kEntryOutput), .sha256 = *sha256, .bytes = bytes.size()});
  return store(*url, std::as_bytes(std::span(result)));
}

Expected<void> HttpRemote::remove(const gs_remote_key &key) {
  const auto url = resultUrl(key);
  if (!url)
    return tl::unexpected(url.error());
  const auto response = send([&](Transfer &transfer) { return transfer.remove(*url); });
  if (!response)
    return tl::unexpected(response.error());
  if (!isSuccess(response->status) && response->status != kNotFound)
    return makeError(ErrorKind::kFailed, explain(response->status));
  return {};
}

} // namespace gemmsmith
