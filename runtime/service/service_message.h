// What travels between the compile service and those who ask it: one frame for all messages.
//
//   message       := magic version header_bytes payload_bytes header payload
//   magic         := "GSRV"
//   version       := u32, 1
//   header_bytes  := u32, at least 1
//   payload_bytes := u32
//   header        := header_bytes bytes, lines of text (service_protocol.h)
//   payload       := payload_bytes bytes
//
// Integers are little-endian. The first eight bytes are the same in all versions, so that two ends
// of different versions can say so. A message is within the limits of its direction: a request has
// at most 8 KiB altogether, a response at most 1 KiB of header and an entry (cache/entry.h).
//
// Promises: MessageReader takes any bytes in any pieces. What is not a message is an error of kind
// kInput, and it never holds more than the bytes that came and as much room again. Does not: know
// what messages mean. Not thread-safe.
#pragma once

#include "cache/entry.h"
#include "configs/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

inline constexpr std::uint32_t kServiceVersion = 1;
inline constexpr std::size_t kMessagePrefixBytes = 16;

struct MessageLimits {
  std::uint64_t header_bytes = 0;
  std::uint64_t payload_bytes = 0;
};
inline constexpr MessageLimits kRequestLimits{.header_bytes = (8 << 10) - kMessagePrefixBytes,
                                              .payload_bytes = 0};
inline constexpr MessageLimits kResponseLimits{.header_bytes = 1 << 10,
                                               .payload_bytes = kMaxEntryBytes};

struct ServiceMessage {
  std::string header;
  std::vector<std::byte> payload;
};

// The bytes that travel; kInternal when a part is beyond the limits.
Expected<std::vector<std::byte>> encodeMessage(const ServiceMessage &message,
                                               const MessageLimits &limits);

// One message after the other, from bytes as they come.
class MessageReader {
public:
  explicit MessageReader(const MessageLimits &limits) : limits_(limits) {}

  // How many bytes it takes now: 0 when a message is complete. It never asks for bytes of the next
  // message.
  std::size_t wanted() const;
  bool isComplete() const { return wanted() == 0; }
  // Whether no byte of a message has come yet.
  bool isEmpty() const { return prefix_.empty(); }

  // At most wanted() bytes. After an error the stream is of no use.
  Expected<void> append(std::span<const std::byte> bytes);

  // The complete message; the reader is empty afterwards.
  ServiceMessage take();

private:
  Expected<void> readPrefix();

  MessageLimits limits_;
  std::vector<std::byte> prefix_;
  std::size_t header_bytes_ = 0; // both known once the prefix is complete
  std::size_t payload_bytes_ = 0;
  std::vector<std::byte> body_; // header and payload
};

} // namespace gemmsmith
