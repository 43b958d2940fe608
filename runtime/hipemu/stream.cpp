#include "runtime/hipemu/stream.h"

#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/runtime.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

namespace gemmsmith::hipemu {
namespace {

template <typename F> void forEachStream(Call &c, F f) {
  for (DeviceState &device : c.runtime.devices)
    f(device.null_stream);
  for (const auto &[handle, stream] : c.runtime.streams)
    f(stream);
}

template <typename F> void forEachPending(Call &c, F f) {
  forEachStream(c, [&](const std::shared_ptr<Stream> &stream) {
    for (const auto &operation : stream->pending)
      f(*operation);
  });
}

bool overlapsPendingWrite(Call &c, const HostRange &range) {
  bool found = false;
  forEachPending(c, [&](const Operation &operation) {
    found = found || std::holds_alternative<HostWork>(operation.work) ||
            hostBytesWritten(operation.work).overlaps(range);
  });
  return found;
}

// A kernel reaches the block through a pointer among its arguments.
bool mentions(const KernelWork &kernel, const MemoryBlock &block) {
  for (std::size_t at = 0; at + 8 <= kernel.arguments.size(); at += 4) {
    std::uintptr_t word = 0;
    std::memcpy(&word, kernel.arguments.data() + at, sizeof word);
    if (word - block.start < block.bytes)
      return true;
  }
  return false;
}

// Makes the bytes that `work` will write unreadable until it has been carried out. Earlier pending
// work must not read the poison: copies get their source staged; where a host function or a kernel
// may read the bytes, or what a copy reads is itself still to be delivered, they are left alone.
void poisonDestination(Call &c, const Work &work) {
  HostRange range = hostBytesWritten(work);
  if (range.begin == range.end)
    return;
  const MemoryBlock *block =
      c.runtime.allocations.holding(reinterpret_cast<const void *>(range.begin));
  std::vector<Operation *> readers;
  bool needed = false;
  forEachPending(c, [&](Operation &operation) {
    const auto *kernel = std::get_if<KernelWork>(&operation.work);
    needed = needed || std::holds_alternative<HostWork>(operation.work) ||
             (block && kernel && mentions(*kernel, *block));
    if (hostBytesRead(operation.work).overlaps(range))
      readers.push_back(&operation);
  });
  for (Operation *reader : readers)
    needed = needed || overlapsPendingWrite(c, hostBytesRead(reader->work));
  if (needed)
    return;
  for (Operation *reader : readers) {
    auto &copy = std::get<CopyWork>(reader->work);
    copy.staged = stage(copy);
  }
  poisonHostBytes(work);
}

// HIP takes a pageable source before the call returns.
void takePageableSource(Call &c, Work &work) {
  auto *copy = std::get_if<CopyWork>(&work);
  HostRange range = hostBytesRead(work);
  if (!copy || range.begin == range.end ||
      c.runtime.allocations.holding(reinterpret_cast<const void *>(range.begin)))
    return;
  if (!overlapsPendingWrite(c, range))
    copy->staged = stage(*copy);
}

void carryOut(Call &c, Stream &stream, std::uint64_t sequence) {
  while (stream.done < sequence) {
    if (stream.busy) {
      c.runtime.progress.wait(c.lock);
      continue;
    }
    if (stream.pending.empty()) // dropped by a reset of the device
      return;
    std::shared_ptr<Operation> operation = stream.pending.front();
    for (const Point &point : operation->after)
      if (!point.reached())
        carryOut(c, *point.stream, point.sequence);
    // Another thread may have been here while this one was away.
    if (stream.busy || stream.pending.empty() || stream.pending.front() != operation)
      continue;
    stream.busy = true;
    stream.pending.pop_front();
    c.lock.unlock();
    execute(c.runtime, operation->work, stream.device, operation->sequence);
    c.lock.lock();
    stream.busy = false;
    stream.done = operation->sequence;
    c.runtime.progress.notify_all();
  }
}

// Carries out everything up to a host function in the background.
void followHostFunction(Runtime &runtime, Point point) {
  runtime.host_functions.push_back(std::move(point));
  if (std::exchange(runtime.follower_runs, true))
    return;
  std::thread([&runtime] {
    Call c{runtime, std::unique_lock(runtime.mutex), thisThread()};
    while (!runtime.host_functions.empty()) {
      Point next = std::move(runtime.host_functions.front());
      runtime.host_functions.pop_front();
      carryOut(c, *next.stream, next.sequence);
    }
    runtime.follower_runs = false;
  }).detach();
}

hipError_t faultOf(Call &c, int device) {
  return c.runtime.devices[static_cast<std::size_t>(device)].fault;
}

} // namespace

std::shared_ptr<Stream> findStream(Call &c, hipStream_t handle) {
  if (handle == nullptr || handle == hipStreamLegacy)
    return c.device().null_stream;
  if (handle != hipStreamPerThread)
    return c.runtime.streams.find(handle);
  auto &stream = c.thread.streams[c.thread.device];
  if (!stream) {
    stream = std::make_shared<Stream>();
    stream->device = c.thread.device;
    c.runtime.streams.add(stream); // so that the null stream and the device wait for it
  }
  return stream;
}

hipError_t append(Call &c, const std::shared_ptr<Stream> &stream, Work work,
                  std::vector<Point> after, bool waits_at_once) {
  if (hipError_t fault = faultOf(c, stream->device))
    return fault;
  if (stream->is_null) {
    for (const auto &[handle, other] : c.runtime.streams)
      if (other->device == stream->device && other->blocking() && !other->idle())
        after.push_back({other, other->last});
  } else if (stream->blocking()) {
    const auto &null_stream =
        c.runtime.devices[static_cast<std::size_t>(stream->device)].null_stream;
    if (!null_stream->idle())
      after.push_back({null_stream, null_stream->last});
  }
  if (!waits_at_once) {
    takePageableSource(c, work);
    poisonDestination(c, work);
  }
  auto operation = std::make_shared<Operation>();
  operation->sequence = ++c.runtime.last_sequence;
  operation->work = std::move(work);
  operation->after = std::move(after);
  stream->last = operation->sequence;
  stream->pending.push_back(operation);
  if (std::holds_alternative<HostWork>(operation->work))
    followHostFunction(c.runtime, {stream, operation->sequence});
  return hipSuccess;
}

hipError_t enqueue(Call &c, const std::shared_ptr<Stream> &stream, Work work) {
  if (stream->capture)
    return captureWork(c, *stream, std::move(work));
  if (hipError_t refused = refuseImplicitDependency(c, *stream))
    return refused;
  return append(c, stream, std::move(work));
}

hipError_t enqueueAndWait(Call &c, const std::shared_ptr<Stream> &stream, Work work) {
  if (hipError_t refused = refuseUnsafeCall(c, stream.get()))
    return refused;
  if (hipError_t refused = refuseImplicitDependency(c, *stream))
    return refused;
  if (hipError_t status = append(c, stream, std::move(work), {}, true))
    return status;
  return waitFor(c, {stream, stream->last});
}

hipError_t waitFor(Call &c, const Point &point) {
  // A host function that waited for its own stream would wait forever.
  if (c.thread.in_host_function && !point.reached())
    return hipErrorNotSupported;
  if (!point.stream)
    return hipSuccess;
  carryOut(c, *point.stream, point.sequence);
  return faultOf(c, point.stream->device);
}

hipError_t waitForStream(Call &c, const std::shared_ptr<Stream> &stream) {
  // The legacy stream waits for the blocking ones even if it has no work of its own.
  if (stream->is_null)
    if (hipError_t status = append(c, stream, NoWork{}))
      return status;
  return waitFor(c, {stream, stream->last});
}

hipError_t waitForDevice(Call &c, int device) {
  std::vector<Point> points;
  forEachStream(c, [&](const std::shared_ptr<Stream> &stream) {
    if (stream->device == device && !stream->idle())
      points.push_back({stream, stream->last});
  });
  std::sort(points.begin(), points.end(),
            [](const Point &a, const Point &b) { return a.sequence > b.sequence; });
  for (const Point &point : points)
    if (hipError_t status = waitFor(c, point); status == hipErrorNotSupported)
      return status;
  return faultOf(c, device);
}

hipError_t record(Call &c, const std::shared_ptr<Event> &event,
                  const std::shared_ptr<Stream> &stream) {
  if (event->device != stream->device)
    return hipErrorInvalidHandle;
  if (stream->capture) {
    if (stream->capture->invalidated)
      return hipErrorStreamCaptureInvalidated;
    event->capture = stream->capture;
    event->captured_after = stream->captured_after;
    return hipSuccess;
  }
  if (hipError_t refused = refuseImplicitDependency(c, *stream))
    return refused;
  if (hipError_t status = append(c, stream, EventWork{event}))
    return status;
  event->capture = nullptr;
  event->captured_after.clear();
  event->point = {stream, stream->last};
  return hipSuccess;
}

hipError_t orderAfter(Call &c, const std::shared_ptr<Stream> &stream, const Event &event) {
  if (stream->capture || event.capture)
    return captureWait(c, stream, event);
  if (event.point.reached()) // also if it was never recorded
    return faultOf(c, stream->device);
  if (hipError_t refused = refuseImplicitDependency(c, *stream))
    return refused;
  return append(c, stream, NoWork{}, {event.point});
}

} // namespace gemmsmith::hipemu
