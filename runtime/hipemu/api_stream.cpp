// Streams and events.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/entry.h"

#include <algorithm>

using namespace gemmsmith::hipemu;

namespace {

template <typename F> hipError_t withEvent(hipEvent_t handle, F body) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Event> event = c.runtime.events.find(handle);
    return event ? body(c, event) : hipErrorInvalidHandle;
  });
}

hipError_t createStream(hipStream_t *out, unsigned flags, int priority) {
  return call([&](Call &c) -> hipError_t {
    if (!out || flags > hipStreamNonBlocking)
      return hipErrorInvalidValue;
    auto stream = std::make_shared<Stream>();
    stream->device = c.thread.device;
    stream->flags = flags;
    stream->priority = std::clamp(priority, -1, 1);
    *out = static_cast<hipStream_t>(c.runtime.streams.add(stream));
    return hipSuccess;
  });
}

hipError_t synchronize(hipStream_t handle) {
  return withStream(handle, [](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c, stream.get()))
      return refused;
    if (hipError_t refused = refuseImplicitDependency(c, *stream))
      return refused;
    return waitForStream(c, stream);
  });
}

// The first query for pending work answers "not ready" and does nothing; see stream.h.
hipError_t query(hipStream_t handle) {
  return withStream(handle, [](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c, stream.get()))
      return refused;
    if (!stream->idle() && std::exchange(stream->polled, stream->last) != stream->last)
      return hipErrorNotReady;
    return waitForStream(c, stream);
  });
}

hipError_t waitEvent(hipStream_t handle, hipEvent_t event_handle, unsigned flags) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    std::shared_ptr<Event> event = c.runtime.events.find(event_handle);
    if (!event)
      return hipErrorInvalidHandle;
    return flags ? hipErrorInvalidValue : orderAfter(c, stream, *event);
  });
}

hipError_t hostFunction(hipStream_t handle, hipHostFn_t function, void *data) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (!function)
      return hipErrorInvalidValue;
    return enqueue(c, stream, HostWork{[=] { function(data); }});
  });
}

hipError_t addCallback(hipStream_t handle, hipStreamCallback_t callback, void *data,
                       unsigned flags) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (!callback || flags)
      return hipErrorInvalidValue;
    if (stream->capture) // graphs have no such node
      return refuseUnsafeCall(c, stream.get());
    return enqueue(c, stream, HostWork{[=] { callback(handle, hipSuccess, data); }});
  });
}

hipError_t createEvent(hipEvent_t *out, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    // Blocking, without timing, interprocess, and the three about fences.
    constexpr unsigned kKnown = 0x7 | 0xe0000000;
    if (!out || flags & ~kKnown)
      return hipErrorInvalidValue;
    auto event = std::make_shared<Event>();
    event->flags = flags;
    event->device = c.thread.device;
    *out = static_cast<hipEvent_t>(c.runtime.events.add(event));
    return hipSuccess;
  });
}

// Asking or waiting for an event that has only been captured.
hipError_t refuseCapturedEvent(Call &c, const Event &event) {
  if (!event.capture)
    return refuseUnsafeCall(c);
  event.capture->invalidated = true;
  return hipErrorCapturedEvent;
}

hipError_t recordEvent(hipEvent_t event_handle, hipStream_t handle) {
  return withEvent(event_handle, [&](Call &c, const std::shared_ptr<Event> &event) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    return stream ? record(c, event, stream) : hipErrorInvalidHandle;
  });
}

} // namespace

HIPEMU_API hipError_t hipStreamCreate(hipStream_t *out) {
  return createStream(out, 0, 0);
}
HIPEMU_API hipError_t hipStreamCreateWithFlags(hipStream_t *out, unsigned flags) {
  return createStream(out, flags, 0);
}
HIPEMU_API hipError_t hipStreamCreateWithPriority(hipStream_t *out, unsigned flags, int priority) {
  return createStream(out, flags, priority);
}

// Work that is pending is carried out first: nothing could wait for it afterwards.
HIPEMU_API hipError_t hipStreamDestroy(hipStream_t handle) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Stream> stream = c.runtime.streams.find(handle);
    if (!stream)
      return hipErrorInvalidHandle;
    if (stream->capture)
      (void)refuseUnsafeCall(c, stream.get());
    if (hipError_t status = waitForStream(c, stream); status == hipErrorNotSupported)
      return status;
    c.runtime.streams.remove(handle);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipStreamSynchronize(hipStream_t stream) {
  return synchronize(stream);
}
HIPEMU_API hipError_t hipStreamSynchronize_spt(hipStream_t stream) {
  return synchronize(perThread(stream));
}
HIPEMU_API hipError_t hipStreamQuery(hipStream_t stream) {
  return query(stream);
}
HIPEMU_API hipError_t hipStreamQuery_spt(hipStream_t stream) {
  return query(perThread(stream));
}
HIPEMU_API hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned flags) {
  return waitEvent(stream, event, flags);
}
HIPEMU_API hipError_t hipStreamWaitEvent_spt(hipStream_t stream, hipEvent_t event, unsigned flags) {
  return waitEvent(perThread(stream), event, flags);
}

HIPEMU_API hipError_t hipStreamGetFlags(hipStream_t handle, unsigned *out) {
  return withStream(handle, [&](Call &, const std::shared_ptr<Stream> &stream) -> hipError_t {
    return put(out, stream->flags);
  });
}
HIPEMU_API hipError_t hipStreamGetPriority(hipStream_t handle, int *out) {
  return withStream(handle, [&](Call &, const std::shared_ptr<Stream> &stream) -> hipError_t {
    return put(out, stream->priority);
  });
}
HIPEMU_API hipError_t hipStreamGetDevice(hipStream_t handle, hipDevice_t *out) {
  return withStream(handle, [&](Call &, const std::shared_ptr<Stream> &stream) -> hipError_t {
    return put(out, stream->device);
  });
}
// The device itself, not an error code.
HIPEMU_API int hipGetStreamDeviceId(hipStream_t handle) {
  int device = -1;
  (void)withStream(handle, [&](Call &, const std::shared_ptr<Stream> &stream) {
    device = stream->device;
    return hipSuccess;
  });
  return device;
}

HIPEMU_API hipError_t hipLaunchHostFunc(hipStream_t stream, hipHostFn_t function, void *data) {
  return hostFunction(stream, function, data);
}
HIPEMU_API hipError_t hipLaunchHostFunc_spt(hipStream_t stream, hipHostFn_t function, void *data) {
  return hostFunction(perThread(stream), function, data);
}
HIPEMU_API hipError_t hipStreamAddCallback(hipStream_t stream, hipStreamCallback_t callback,
                                           void *data, unsigned flags) {
  return addCallback(stream, callback, data, flags);
}
HIPEMU_API hipError_t hipStreamAddCallback_spt(hipStream_t stream, hipStreamCallback_t callback,
                                               void *data, unsigned flags) {
  return addCallback(perThread(stream), callback, data, flags);
}

HIPEMU_API hipError_t hipEventCreate(hipEvent_t *out) {
  return createEvent(out, 0);
}
HIPEMU_API hipError_t hipEventCreateWithFlags(hipEvent_t *out, unsigned flags) {
  return createEvent(out, flags);
}
HIPEMU_API hipError_t hipEventDestroy(hipEvent_t handle) {
  return call([&](Call &c) {
    return c.runtime.events.remove(handle) ? hipSuccess : hipErrorInvalidHandle;
  });
}
HIPEMU_API hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  return recordEvent(event, stream);
}
HIPEMU_API hipError_t hipEventRecord_spt(hipEvent_t event, hipStream_t stream) {
  return recordEvent(event, perThread(stream));
}
HIPEMU_API hipError_t hipEventRecordWithFlags(hipEvent_t event, hipStream_t stream,
                                              unsigned flags) {
  return flags ? answer(hipErrorNotSupported) : recordEvent(event, stream);
}

HIPEMU_API hipError_t hipEventSynchronize(hipEvent_t handle) {
  return withEvent(handle, [](Call &c, const std::shared_ptr<Event> &event) -> hipError_t {
    if (hipError_t refused = refuseCapturedEvent(c, *event))
      return refused;
    return waitFor(c, event->point);
  });
}

HIPEMU_API hipError_t hipEventQuery(hipEvent_t handle) {
  return withEvent(handle, [](Call &c, const std::shared_ptr<Event> &event) -> hipError_t {
    if (hipError_t refused = refuseCapturedEvent(c, *event))
      return refused;
    std::uint64_t sequence = event->point.sequence;
    if (!event->point.reached() && std::exchange(event->polled, sequence) != sequence)
      return hipErrorNotReady;
    return waitFor(c, event->point);
  });
}

HIPEMU_API hipError_t hipEventElapsedTime(float *out, hipEvent_t from_handle,
                                          hipEvent_t to_handle) {
  return withEvent(from_handle, [&](Call &c, const std::shared_ptr<Event> &from) -> hipError_t {
    std::shared_ptr<Event> to = c.runtime.events.find(to_handle);
    if (!to || !from->point.stream || !to->point.stream ||
        (from->flags | to->flags) & hipEventDisableTiming)
      return hipErrorInvalidHandle;
    if (!out)
      return hipErrorInvalidValue;
    if (from->device != to->device)
      return hipErrorInvalidHandle;
    if (!from->point.reached() || !to->point.reached())
      return hipErrorNotReady;
    *out = std::chrono::duration<float, std::milli>(to->time - from->time).count();
    return hipSuccess;
  });
}
