#include "runtime/hipemu/capture.h"

#include "runtime/hipemu/runtime.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace gemmsmith::hipemu {
namespace {

bool contains(const std::vector<std::shared_ptr<GraphNode>> &nodes, const GraphNode *node) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const auto &n) { return n.get() == node; });
}

void join(std::vector<std::shared_ptr<GraphNode>> &into,
          const std::vector<std::shared_ptr<GraphNode>> &nodes) {
  for (const auto &node : nodes)
    if (!contains(into, node.get()))
      into.push_back(node);
}

// Every node has a follower or is among the last ones of the origin.
bool joined(const Capture &capture) {
  std::unordered_set<const GraphNode *> followed;
  for (const auto &node : capture.graph->nodes)
    for (const auto &before : node->after)
      followed.insert(before.get());
  return std::all_of(capture.graph->nodes.begin(), capture.graph->nodes.end(),
                     [&](const auto &node) {
                       return followed.contains(node.get()) ||
                              contains(capture.origin->captured_after, node.get());
                     });
}

// Takes all streams out of the capture.
void finish(Call &c, const std::shared_ptr<Capture> &capture) {
  auto leave = [&](Stream &stream) {
    if (stream.capture == capture) {
      stream.capture = nullptr;
      stream.captured_after.clear();
    }
  };
  leave(*capture->origin);
  for (const auto &[handle, stream] : c.runtime.streams)
    leave(*stream);
  std::erase(c.runtime.captures, capture);
  capture->origin = nullptr;
}

hipError_t invalidate(Capture &capture, hipError_t why) {
  capture.invalidated = true;
  return why;
}

} // namespace

hipError_t beginCapture(Call &c, const std::shared_ptr<Stream> &stream, hipStreamCaptureMode mode) {
  if (mode < hipStreamCaptureModeGlobal || mode > hipStreamCaptureModeRelaxed)
    return hipErrorInvalidValue;
  if (stream->is_null)
    return hipErrorStreamCaptureUnsupported;
  if (stream->capture)
    return hipErrorIllegalState;
  auto capture = std::make_shared<Capture>();
  capture->origin = stream;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->id = ++c.runtime.last_capture;
  c.runtime.captures.push_back(capture);
  stream->capture = capture;
  stream->captured_after.clear();
  return hipSuccess;
}

hipError_t endCapture(Call &c, const std::shared_ptr<Stream> &stream,
                      std::shared_ptr<Graph> &graph) {
  std::shared_ptr<Capture> capture = stream->capture;
  if (!capture)
    return hipErrorIllegalState;
  if (capture->origin != stream)
    return invalidate(*capture, hipErrorStreamCaptureUnmatched);
  if (capture->mode != hipStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
    return hipErrorStreamCaptureWrongThread;
  hipError_t status = capture->invalidated ? hipErrorStreamCaptureInvalidated
                      : !joined(*capture)  ? hipErrorStreamCaptureUnjoined
                                           : hipSuccess;
  if (status == hipSuccess)
    graph = capture->graph;
  else
    capture->invalidated = true; // for events that still refer to it
  finish(c, capture);
  return status;
}

hipError_t captureWork(Call &, Stream &stream, Work work) {
  Capture &capture = *stream.capture;
  if (capture.invalidated)
    return hipErrorStreamCaptureInvalidated;
  stream.captured_after = {capture.graph->add(std::move(work), std::move(stream.captured_after))};
  return hipSuccess;
}

hipError_t captureWait(Call &, const std::shared_ptr<Stream> &stream, const Event &event) {
  if (stream->capture && stream->capture->invalidated)
    return hipErrorStreamCaptureInvalidated;
  if (!event.capture) // recorded outside
    return invalidate(*stream->capture, hipErrorStreamCaptureIsolation);
  if (event.capture->invalidated)
    return hipErrorStreamCaptureInvalidated;
  if (!event.capture->origin) // that capture has ended
    return stream->capture ? invalidate(*stream->capture, hipErrorStreamCaptureIsolation)
                           : hipErrorCapturedEvent;
  if (stream->is_null)
    return invalidate(*event.capture, hipErrorStreamCaptureImplicit);
  if (!stream->capture) {
    stream->capture = event.capture;
    stream->captured_after = event.captured_after;
    return hipSuccess;
  }
  if (stream->capture != event.capture) {
    stream->capture->invalidated = true;
    return invalidate(*event.capture, hipErrorStreamCaptureMerge);
  }
  join(stream->captured_after, event.captured_after);
  return hipSuccess;
}

hipError_t refuseUnsafeCall(Call &c, const Stream *stream) {
  hipError_t status = hipSuccess;
  if (stream && stream->capture)
    status = invalidate(*stream->capture, hipErrorStreamCaptureUnsupported);
  if (c.thread.capture_mode == hipStreamCaptureModeRelaxed)
    return status;
  for (const auto &capture : c.runtime.captures) {
    bool own = capture->thread == std::this_thread::get_id();
    bool concerns = capture->mode == hipStreamCaptureModeThreadLocal ? own
                    : capture->mode == hipStreamCaptureModeGlobal
                        ? own || c.thread.capture_mode == hipStreamCaptureModeGlobal
                        : false;
    if (concerns)
      status = invalidate(*capture, hipErrorStreamCaptureUnsupported);
  }
  return status;
}

hipError_t refuseImplicitDependency(Call &c, const Stream &stream) {
  if (!stream.is_null)
    return hipSuccess;
  hipError_t status = hipSuccess;
  for (const auto &[handle, other] : c.runtime.streams)
    if (other->device == stream.device && other->blocking() && other->capture)
      status = invalidate(*other->capture, hipErrorStreamCaptureImplicit);
  return status;
}

} // namespace gemmsmith::hipemu
