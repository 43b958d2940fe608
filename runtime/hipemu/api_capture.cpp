// Stream capture.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/entry.h"

#include <utility>

using namespace gemmsmith::hipemu;

namespace {

hipError_t begin(hipStream_t handle, hipStreamCaptureMode mode) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) {
    return beginCapture(c, stream, mode);
  });
}

hipError_t end(hipStream_t handle, hipGraph_t *out) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    std::shared_ptr<Graph> graph;
    hipError_t status = endCapture(c, stream, graph);
    *out = graph ? handleOf(c, graph) : nullptr;
    return status;
  });
}

hipStreamCaptureStatus statusOf(const Stream &stream) {
  return !stream.capture               ? hipStreamCaptureStatusNone
         : stream.capture->invalidated ? hipStreamCaptureStatusInvalidated
                                       : hipStreamCaptureStatusActive;
}

hipError_t isCapturing(hipStream_t handle, hipStreamCaptureStatus *out) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    if (hipError_t refused = refuseImplicitDependency(c, *stream))
      return refused;
    *out = statusOf(*stream);
    return hipSuccess;
  });
}

hipError_t captureInfo(hipStream_t handle, hipStreamCaptureStatus *status, unsigned long long *id) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (!status)
      return hipErrorInvalidValue;
    if (hipError_t refused = refuseImplicitDependency(c, *stream))
      return refused;
    *status = statusOf(*stream);
    if (id && stream->capture)
      *id = stream->capture->id;
    return hipSuccess;
  });
}

// The list of dependencies stays valid until the thread asks again.
hipError_t captureInfo2(hipStream_t handle, hipStreamCaptureStatus *status, unsigned long long *id,
                        hipGraph_t *graph, const hipGraphNode_t **after, std::size_t *count) {
  if (hipError_t failed = captureInfo(handle, status, id))
    return failed;
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    thread_local std::vector<hipGraphNode_t> handles;
    if (!stream->capture || stream->capture->invalidated)
      return hipSuccess;
    handles.clear();
    for (const auto &node : stream->captured_after)
      handles.push_back(handleOf(c, node));
    if (graph)
      *graph = handleOf(c, stream->capture->graph);
    if (after)
      *after = handles.data();
    if (count)
      *count = handles.size();
    return hipSuccess;
  });
}

} // namespace

HIPEMU_API hipError_t hipStreamBeginCapture(hipStream_t stream, hipStreamCaptureMode mode) {
  return begin(stream, mode);
}
HIPEMU_API hipError_t hipStreamBeginCapture_spt(hipStream_t stream, hipStreamCaptureMode mode) {
  return begin(perThread(stream), mode);
}
HIPEMU_API hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t *graph) {
  return end(stream, graph);
}
HIPEMU_API hipError_t hipStreamEndCapture_spt(hipStream_t stream, hipGraph_t *graph) {
  return end(perThread(stream), graph);
}
HIPEMU_API hipError_t hipStreamIsCapturing(hipStream_t stream, hipStreamCaptureStatus *status) {
  return isCapturing(stream, status);
}
HIPEMU_API hipError_t hipStreamIsCapturing_spt(hipStream_t stream, hipStreamCaptureStatus *status) {
  return isCapturing(perThread(stream), status);
}
HIPEMU_API hipError_t hipStreamGetCaptureInfo(hipStream_t stream, hipStreamCaptureStatus *status,
                                              unsigned long long *id) {
  return captureInfo(stream, status, id);
}
HIPEMU_API hipError_t hipStreamGetCaptureInfo_spt(hipStream_t stream,
                                                  hipStreamCaptureStatus *status,
                                                  unsigned long long *id) {
  return captureInfo(perThread(stream), status, id);
}
HIPEMU_API hipError_t hipStreamGetCaptureInfo_v2(hipStream_t stream, hipStreamCaptureStatus *status,
                                                 unsigned long long *id, hipGraph_t *graph,
                                                 const hipGraphNode_t **after, std::size_t *count) {
  return captureInfo2(stream, status, id, graph, after, count);
}
HIPEMU_API hipError_t hipStreamGetCaptureInfo_v2_spt(hipStream_t stream,
                                                     hipStreamCaptureStatus *status,
                                                     unsigned long long *id, hipGraph_t *graph,
                                                     const hipGraphNode_t **after,
                                                     std::size_t *count) {
  return captureInfo2(perThread(stream), status, id, graph, after, count);
}

HIPEMU_API hipError_t hipStreamUpdateCaptureDependencies(hipStream_t handle, hipGraphNode_t *after,
                                                         std::size_t count, unsigned flags) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    constexpr unsigned kAdd = 0, kSet = 1;
    Nodes nodes;
    if (!stream->capture)
      return hipErrorIllegalState;
    if (stream->capture->invalidated)
      return hipErrorStreamCaptureInvalidated;
    if (flags > kSet || !findNodes(c, *stream->capture->graph, after, count, nodes))
      return hipErrorInvalidValue;
    if (flags == kAdd)
      nodes.insert(nodes.begin(), stream->captured_after.begin(), stream->captured_after.end());
    stream->captured_after = std::move(nodes);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipThreadExchangeStreamCaptureMode(hipStreamCaptureMode *mode) {
  return call([&](Call &c) -> hipError_t {
    if (!mode || *mode < hipStreamCaptureModeGlobal || *mode > hipStreamCaptureModeRelaxed)
      return hipErrorInvalidValue;
    std::swap(*mode, c.thread.capture_mode);
    return hipSuccess;
  });
}
