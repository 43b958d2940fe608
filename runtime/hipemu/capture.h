// Stream capture: work appended to a capturing stream becomes nodes of a graph.
//
// A capture begins in one stream and spreads to others that wait for an event recorded in it; all
// of them must have been joined back when it ends. What would make the recording wrong - waiting,
// asking, allocating, using the legacy stream - is refused and makes the capture invalid.
#pragma once

#include "runtime/hipemu/graph.h"
#include "runtime/hipemu/stream.h"

#include <cstdint>
#include <memory>
#include <thread>

namespace gemmsmith::hipemu {

struct Capture {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::shared_ptr<Stream> origin;
  hipStreamCaptureMode mode = hipStreamCaptureModeGlobal;
  std::thread::id thread;
  std::uint64_t id = 0;
  bool invalidated = false;
};

hipError_t beginCapture(Call &c, const std::shared_ptr<Stream> &stream, hipStreamCaptureMode mode);
hipError_t endCapture(Call &c, const std::shared_ptr<Stream> &stream,
                      std::shared_ptr<Graph> &graph);

// Appends a node after the stream's last ones.
hipError_t captureWork(Call &c, Stream &stream, Work work);
// hipStreamWaitEvent if the stream or the event belongs to a capture.
hipError_t captureWait(Call &c, const std::shared_ptr<Stream> &stream, const Event &event);

// An error, and the capture invalid, if a capture forbids the calling thread what no capture can
// record. With a stream: also if that stream is capturing, in whatever mode.
hipError_t refuseUnsafeCall(Call &c, const Stream *stream = nullptr);
// The legacy stream would have to wait for a blocking stream that is capturing.
hipError_t refuseImplicitDependency(Call &c, const Stream &stream);

} // namespace gemmsmith::hipemu
