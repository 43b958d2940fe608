// One client of a compile service, as the service's loop sees it: reading a request, waiting for
// its answer, or writing that.
//
// Promises: no system call blocks. It reads no byte behind the request that it works on, so a
// client that asks without reading answers is not read from; what is unsent is one response, which
// it shares with all who wait for the same. Not thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"
#include "runtime/service/service_protocol.h"
#include "tools/service/broker.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gemmsmith {

class Connection {
public:
  using Time = std::chrono::steady_clock::time_point;
  enum class State : std::uint8_t { kReading, kWaiting, kWriting };
  enum class Outcome : std::uint8_t {
    kBlocked, // until its descriptor is ready again
    kDone,    // a whole request has come, or the whole response has gone
    kLost,
  };

  explicit Connection(FileDescriptor fd) : fd_(std::move(fd)) {}

  // kInput when what comes is no message.
  Expected<Outcome> read(Time now);
  ServiceMessage takeRequest() { return reader_.take(); }

  // For the broker's answer.
  void wait(std::string job);
  const std::string &job() const { return job_; }

  void answer(ResponseBytes response, Time now);
  Outcome write(Time now); // reads again when it is done

  State state() const { return state_; }
  // Whether it has asked nothing, not even in part.
  bool isIdle() const { return state_ == State::kReading && reader_.isEmpty(); }
  // Since when it has been expected to go on; nothing while that is the service's turn, or
  // nobody's.
  std::optional<Time> stalledSince() const;
  Time answeredAt() const { return answered_at_; } // of the response that is being written
  int fd() const { return fd_.get(); }

private:
  FileDescriptor fd_;
  State state_ = State::kReading;
  MessageReader reader_{kRequestLimits};
  std::string job_;
  ResponseBytes response_;
  std::size_t sent_ = 0;
  Time answered_at_;
  Time since_; // the request's first byte, or the response's last progress
};

} // namespace gemmsmith
