#include "runtime/service/service_message.h"

#include "cache/little_endian.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::string_view kMagic = "GSRV";
// Offsets of the prefix's fields.
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kHeaderBytesAt = 8;
constexpr std::size_t kPayloadBytesAt = 12;

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

bool isWithin(std::uint64_t header_bytes, std::uint64_t payload_bytes,
              const MessageLimits &limits) {
  return header_bytes >= 1 && header_bytes <= limits.header_bytes &&
         payload_bytes <= limits.payload_bytes;
}

} // namespace

Expected<std::vector<std::byte>> encodeMessage(const ServiceMessage &message,
                                               const MessageLimits &limits) {
  if (!isWithin(message.header.size(), message.payload.size(), limits))
    return makeError(ErrorKind::kInternal,
                     fmt::format("a message of the service cannot hold a header of {} bytes with a "
                                 "payload of {}",
                                 message.header.size(), message.payload.size()));
  std::vector<std::byte> bytes;
  bytes.reserve(kMessagePrefixBytes + message.header.size() + message.payload.size());
  const auto append = [&](std::span<const std::byte> part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  };
  append(std::as_bytes(std::span(kMagic)));
  appendLittleEndian(bytes, kServiceVersion);
  appendLittleEndian(bytes, static_cast<std::uint32_t>(message.header.size()));
  appendLittleEndian(bytes, static_cast<std::uint32_t>(message.payload.size()));
  append(std::as_bytes(std::span(message.header)));
  append(message.payload);
  return bytes;
}

std::size_t MessageReader::wanted() const {
  if (prefix_.size() < kMessagePrefixBytes)
    return kMessagePrefixBytes - prefix_.size();
  return header_bytes_ + payload_bytes_ - body_.size();
}

Expected<void> MessageReader::append(std::span<const std::byte> bytes) {
  if (bytes.size() > wanted())
    return makeError(ErrorKind::kInternal, "bytes of two messages at once");
  if (prefix_.size() < kMessagePrefixBytes) {
    prefix_.insert(prefix_.end(), bytes.begin(), bytes.end());
    return readPrefix();
  }
  // Room grows with what came, not with what is announced.
  if (const std::size_t size = body_.size() + bytes.size(); size > body_.capacity())
    body_.reserve(std::max(size, std::min(2 * size, header_bytes_ + payload_bytes_)));
  body_.insert(body_.end(), bytes.begin(), bytes.end());
  return {};
}

// As much of it as is there, so that nobody waits for sixteen bytes of something else.
Expected<void> MessageReader::readPrefix() {
  const std::string_view begin = textOf(prefix_).substr(0, kMagic.size());
  if (!kMagic.starts_with(begin))
    return makeError(ErrorKind::kInput, "not a message of the compile service");
  if (prefix_.size() < kHeaderBytesAt)
    return {};
  if (const auto version = littleEndianAt<std::uint32_t>(prefix_, kVersionAt);
      version != kServiceVersion)
    return makeError(ErrorKind::kInput,
                     fmt::format("the other end speaks version {} of the compile service's "
                                 "protocol and this one version {}; let both be of the same "
                                 "Gemmsmith (`gemmsmith serve --stop` ends an old service)",
                                 version, kServiceVersion));
  if (prefix_.size() < kMessagePrefixBytes)
    return {};
  const auto header_bytes = littleEndianAt<std::uint32_t>(prefix_, kHeaderBytesAt);
  const auto payload_bytes = littleEndianAt<std::uint32_t>(prefix_, kPayloadBytesAt);
  if (!isWithin(header_bytes, payload_bytes, limits_))
    return makeError(ErrorKind::kInput,
                     fmt::format("a message that announces a header of {} bytes and a payload of "
                                 "{}, beyond the limits of {} and {}",
                                 header_bytes, payload_bytes, limits_.header_bytes,
                                 limits_.payload_bytes));
  header_bytes_ = header_bytes;
  payload_bytes_ = payload_bytes;
  return {};
}

ServiceMessage MessageReader::take() {
  ServiceMessage message{.header = std::string(textOf(body_).substr(0, header_bytes_)),
                         .payload = std::move(body_)};
  message.payload.erase(message.payload.begin(),
                        message.payload.begin() + static_cast<std::ptrdiff_t>(header_bytes_));
  *this = MessageReader(limits_);
  return message;
}

} // namespace gemmsmith
