// Streams, their pending work, and events.
//
// Asynchronous work is deferred: a call only appends to its stream, and the work is carried out in
// stream order when something waits for it - synchronising the stream, the device or an event, a
// synchronous copy, hipFree, destroying the stream, or a query that answers "ready". A first query
// for pending work always answers hipErrorNotReady and does nothing; the next one carries the work
// out. What nothing waits for stays undone: a device-to-host copy fills its destination with 0xCD
// at the call and delivers later, so a program that reads too early, or waits for the wrong stream,
// gets poison every time instead of once in a while. Streams that nothing orders run latest first
// when the whole device is waited for, which brings out a missing hipStreamWaitEvent.
// The exception is host functions: a program may wait for one by means of its own, so a thread in
// the background carries out what leads to it.
//
// Work that reads host memory sees what the memory holds when the work is carried out, so a source
// that is overwritten too early is found out too. Only pageable sources are taken at the call, as
// HIP does.
#pragma once

#include "runtime/hipemu/work.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace gemmsmith::hipemu {

struct Call;
struct Capture;
struct GraphNode;
struct Stream;

// All work of a stream up to one operation.
struct Point {
  std::shared_ptr<Stream> stream;
  std::uint64_t sequence = 0;

  bool reached() const;
};

struct Operation {
  std::uint64_t sequence = 0; // ascends over all streams in order of the calls
  Work work;
  std::vector<Point> after;
};

struct Stream {
  int device = 0;
  unsigned flags = 0;
  int priority = 0;
  bool is_null = false;
  std::deque<std::shared_ptr<Operation>> pending;
  std::uint64_t last = 0;   // sequence number of the last operation
  std::uint64_t done = 0;   // of the last one carried out
  std::uint64_t polled = 0; // `last` when a query answered "not ready"
  bool busy = false;        // a thread carries out an operation that has left `pending`

  std::shared_ptr<Capture> capture; // null: not capturing
  std::vector<std::shared_ptr<GraphNode>> captured_after;

  bool blocking() const { return !is_null && !(flags & hipStreamNonBlocking); }
  bool idle() const { return done == last; }
};

inline bool Point::reached() const {
  return !stream || stream->done >= sequence;
}

struct Event {
  unsigned flags = 0;
  int device = 0;
  Point point;
  std::uint64_t polled = 0;
  std::chrono::steady_clock::time_point time; // when `point` was reached

  std::shared_ptr<Capture> capture; // set if last recorded in a capturing stream
  std::vector<std::shared_ptr<GraphNode>> captured_after;

  void reached(std::uint64_t sequence) {
    if (sequence == point.sequence)
      time = std::chrono::steady_clock::now();
  }
};

// The stream of a handle, of the null stream or of hipStreamPerThread; null if there is none.
std::shared_ptr<Stream> findStream(Call &c, hipStream_t handle);

// Appends work to a stream, or a node to the graph that the stream captures.
hipError_t enqueue(Call &c, const std::shared_ptr<Stream> &stream, Work work);
// The same for work that the caller waits for at once, which needs no poison; never captured.
hipError_t enqueueAndWait(Call &c, const std::shared_ptr<Stream> &stream, Work work);
// Appends to a stream that is known not to capture.
hipError_t append(Call &c, const std::shared_ptr<Stream> &stream, Work work,
                  std::vector<Point> after = {}, bool waits_at_once = false);

// Carry out what is pending; the result is the device's fault, if it has one.
hipError_t waitFor(Call &c, const Point &point);
hipError_t waitForStream(Call &c, const std::shared_ptr<Stream> &stream);
hipError_t waitForDevice(Call &c, int device);

hipError_t record(Call &c, const std::shared_ptr<Event> &event,
                  const std::shared_ptr<Stream> &stream);
// hipStreamWaitEvent: later work of the stream comes after what the event recorded.
hipError_t orderAfter(Call &c, const std::shared_ptr<Stream> &stream, const Event &event);

} // namespace gemmsmith::hipemu
