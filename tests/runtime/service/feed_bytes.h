// The readers of the compile service's protocol, fed with any bytes: for the fuzz target and its
// regression.
#pragma once

#include "runtime/service/service_protocol.h"
#include "tests/support/demand.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gemmsmith {

inline std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

inline std::string encoded(const ServiceMessage &message, const MessageLimits &limits) {
  return std::string(textOf(encodeMessage(message, limits).value()));
}

inline void feedRequest(const ServiceMessage &message) {
  const auto request = decodeRequest(message);
  if (!request)
    return demand(!request.error().message.empty());
  demand(encodeRequest(*request).header == message.header);
}

inline void feedResponse(const ServiceMessage &message) {
  auto response = decodeResponse(message);
  if (!response)
    return demand(!response.error().message.empty());
  const ServiceMessage again = encodeResponse(std::move(*response));
  demand(again.header == message.header && again.payload == message.payload);
}

// All messages of a stream that arrives in pieces of `piece` bytes at most.
inline std::vector<ServiceMessage> messagesOf(std::string_view bytes, const MessageLimits &limits,
                                              std::size_t piece) {
  std::vector<ServiceMessage> messages;
  MessageReader reader(limits);
  while (!bytes.empty()) {
    demand(!reader.isComplete());
    const std::size_t size = std::min({bytes.size(), reader.wanted(), piece});
    if (const auto taken = reader.append(std::as_bytes(std::span(bytes.substr(0, size)))); !taken) {
      demand(!taken.error().message.empty());
      break;
    }
    bytes.remove_prefix(size);
    if (reader.isComplete()) {
      messages.push_back(reader.take());
      demand(reader.isEmpty());
    }
  }
  return messages;
}

inline bool areEqual(const ServiceMessage &a, const ServiceMessage &b) {
  return a.header == b.header && a.payload == b.payload;
}

// As a stream of either direction, in pieces and whole, and as the header of a message.
inline void feedService(std::string_view bytes) {
  for (const MessageLimits &limits : {kRequestLimits, kResponseLimits}) {
    const auto messages = messagesOf(bytes, limits, bytes.size());
    demand(std::ranges::equal(messages, messagesOf(bytes, limits, 3), areEqual));
    std::string again;
    for (const ServiceMessage &message : messages) {
      again += encoded(message, limits);
      feedRequest(message);
      feedResponse(message);
    }
    demand(bytes.starts_with(again));
  }
  feedRequest({.header = std::string(bytes), .payload = {}});
  feedResponse({.header = std::string(bytes), .payload = {}});
  // Its header ends with the first empty line: else a payload would need a prefix that agrees.
  const std::size_t end = bytes.find("\n\n");
  if (end == std::string_view::npos)
    return;
  const auto payload = std::as_bytes(std::span(bytes.substr(end + 2)));
  feedResponse({.header = std::string(bytes.substr(0, end + 1)),
                .payload = {payload.begin(), payload.end()}});
}

} // namespace gemmsmith
