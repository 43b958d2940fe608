// Copies: one-, two- and three-dimensional, synchronous and asynchronous.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/entry.h"
#include "runtime/hipemu/places.h"

using namespace gemmsmith::hipemu;

namespace {

enum class Mode { kSync, kAsync };

hipError_t copy(Mode mode, hipStream_t handle, const CopyRequest &request) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    if (!stream)
      return hipErrorInvalidHandle;
    if (request.extent.empty())
      return hipSuccess;
    CopyWork work;
    if (hipError_t status = makeCopy(c, request, work))
      return status;
    return mode == Mode::kAsync ? enqueue(c, stream, std::move(work))
                                : enqueueAndWait(c, stream, std::move(work));
  });
}

CopyRequest linear(void *to, const void *from, std::size_t bytes, hipMemcpyKind kind) {
  CopyRequest request;
  request.to = to;
  request.from = from;
  request.extent.width = bytes;
  request.kind = kind;
  return request;
}

CopyRequest plane(void *to, std::size_t to_pitch, const void *from, std::size_t from_pitch,
                  std::size_t width, std::size_t height, hipMemcpyKind kind) {
  CopyRequest request = linear(to, from, width, kind);
  request.to_pitch = to_pitch;
  request.from_pitch = from_pitch;
  request.extent.height = height;
  return request;
}

// Arrays are not emulated. HIP 5 and 6 number the memory types differently, so the address decides.
hipError_t copyParam2D(Mode mode, hipStream_t stream, const hip_Memcpy2D *p) {
  if (!p)
    return answer(hipErrorInvalidValue);
  if (p->srcArray || p->dstArray)
    return answer(hipErrorNotSupported);
  auto *to = static_cast<std::byte *>(p->dstDevice ? p->dstDevice : p->dstHost);
  auto *from = static_cast<const std::byte *>(p->srcDevice ? p->srcDevice : p->srcHost);
  if (!to || !from)
    return answer(hipErrorInvalidValue);
  return copy(mode, stream,
              plane(to + p->dstY * p->dstPitch + p->dstXInBytes, p->dstPitch,
                    from + p->srcY * p->srcPitch + p->srcXInBytes, p->srcPitch, p->WidthInBytes,
                    p->Height, hipMemcpyDefault));
}

hipError_t copy3D(Mode mode, hipStream_t stream, const hipMemcpy3DParms *p) {
  if (!p)
    return answer(hipErrorInvalidValue);
  if (p->srcArray || p->dstArray)
    return answer(hipErrorNotSupported);
  if (!p->srcPtr.ptr || !p->dstPtr.ptr)
    return answer(hipErrorInvalidValue);
  CopyRequest request;
  auto place = [](const hipPitchedPtr &base, const hipPos &position, std::size_t &pitch,
                  std::size_t &slice) {
    pitch = base.pitch;
    slice = base.pitch * base.ysize;
    return static_cast<std::byte *>(base.ptr) + position.z * slice + position.y * pitch +
           position.x;
  };
  request.to = place(p->dstPtr, p->dstPos, request.to_pitch, request.to_slice);
  request.from = place(p->srcPtr, p->srcPos, request.from_pitch, request.from_slice);
  request.extent = {p->extent.width, p->extent.height, p->extent.depth};
  request.kind = p->kind;
  return copy(mode, stream, request);
}

// All devices' memory is one, so the device numbers only have to exist.
hipError_t peers(int to, int from) {
  return call([&](Call &c) {
    return c.hasDevice(to) && c.hasDevice(from) ? hipSuccess : hipErrorInvalidDevice;
  });
}

} // namespace

HIPEMU_API hipError_t hipMemcpy(void *to, const void *from, std::size_t bytes, hipMemcpyKind kind) {
  return copy(Mode::kSync, nullptr, linear(to, from, bytes, kind));
}
HIPEMU_API hipError_t hipMemcpy_spt(void *to, const void *from, std::size_t bytes,
                                    hipMemcpyKind kind) {
  return copy(Mode::kSync, hipStreamPerThread, linear(to, from, bytes, kind));
}
HIPEMU_API hipError_t hipMemcpyWithStream(void *to, const void *from, std::size_t bytes,
                                          hipMemcpyKind kind, hipStream_t stream) {
  return copy(Mode::kSync, stream, linear(to, from, bytes, kind));
}
HIPEMU_API hipError_t hipMemcpyAsync(void *to, const void *from, std::size_t bytes,
                                     hipMemcpyKind kind, hipStream_t stream) {
  return copy(Mode::kAsync, stream, linear(to, from, bytes, kind));
}
HIPEMU_API hipError_t hipMemcpyAsync_spt(void *to, const void *from, std::size_t bytes,
                                         hipMemcpyKind kind, hipStream_t stream) {
  return copy(Mode::kAsync, stream ? stream : hipStreamPerThread, linear(to, from, bytes, kind));
}

HIPEMU_API hipError_t hipMemcpyHtoD(hipDeviceptr_t to, void *from, std::size_t bytes) {
  return copy(Mode::kSync, nullptr, linear(to, from, bytes, hipMemcpyHostToDevice));
}
HIPEMU_API hipError_t hipMemcpyDtoH(void *to, hipDeviceptr_t from, std::size_t bytes) {
  return copy(Mode::kSync, nullptr, linear(to, from, bytes, hipMemcpyDeviceToHost));
}
HIPEMU_API hipError_t hipMemcpyDtoD(hipDeviceptr_t to, hipDeviceptr_t from, std::size_t bytes) {
  return copy(Mode::kSync, nullptr, linear(to, from, bytes, hipMemcpyDeviceToDevice));
}
HIPEMU_API hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t to, void *from, std::size_t bytes,
                                         hipStream_t stream) {
  return copy(Mode::kAsync, stream, linear(to, from, bytes, hipMemcpyHostToDevice));
}
HIPEMU_API hipError_t hipMemcpyDtoHAsync(void *to, hipDeviceptr_t from, std::size_t bytes,
                                         hipStream_t stream) {
  return copy(Mode::kAsync, stream, linear(to, from, bytes, hipMemcpyDeviceToHost));
}
HIPEMU_API hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t to, hipDeviceptr_t from, std::size_t bytes,
                                         hipStream_t stream) {
  return copy(Mode::kAsync, stream, linear(to, from, bytes, hipMemcpyDeviceToDevice));
}

HIPEMU_API hipError_t hipMemcpyPeer(void *to, int to_device, const void *from, int from_device,
                                    std::size_t bytes) {
  if (hipError_t status = peers(to_device, from_device))
    return status;
  return copy(Mode::kSync, nullptr, linear(to, from, bytes, hipMemcpyDeviceToDevice));
}
HIPEMU_API hipError_t hipMemcpyPeerAsync(void *to, int to_device, const void *from, int from_device,
                                         std::size_t bytes, hipStream_t stream) {
  if (hipError_t status = peers(to_device, from_device))
    return status;
  return copy(Mode::kAsync, stream, linear(to, from, bytes, hipMemcpyDeviceToDevice));
}

HIPEMU_API hipError_t hipMemcpy2D(void *to, std::size_t to_pitch, const void *from,
                                  std::size_t from_pitch, std::size_t width, std::size_t height,
                                  hipMemcpyKind kind) {
  return copy(Mode::kSync, nullptr, plane(to, to_pitch, from, from_pitch, width, height, kind));
}
HIPEMU_API hipError_t hipMemcpy2D_spt(void *to, std::size_t to_pitch, const void *from,
                                      std::size_t from_pitch, std::size_t width, std::size_t height,
                                      hipMemcpyKind kind) {
  return copy(Mode::kSync, hipStreamPerThread,
              plane(to, to_pitch, from, from_pitch, width, height, kind));
}
HIPEMU_API hipError_t hipMemcpy2DAsync(void *to, std::size_t to_pitch, const void *from,
                                       std::size_t from_pitch, std::size_t width,
                                       std::size_t height, hipMemcpyKind kind, hipStream_t stream) {
  return copy(Mode::kAsync, stream, plane(to, to_pitch, from, from_pitch, width, height, kind));
}
HIPEMU_API hipError_t hipMemcpyParam2D(const hip_Memcpy2D *parameters) {
  return copyParam2D(Mode::kSync, nullptr, parameters);
}
HIPEMU_API hipError_t hipDrvMemcpy2DUnaligned(const hip_Memcpy2D *parameters) {
  return copyParam2D(Mode::kSync, nullptr, parameters);
}
HIPEMU_API hipError_t hipMemcpyParam2DAsync(const hip_Memcpy2D *parameters, hipStream_t stream) {
  return copyParam2D(Mode::kAsync, stream, parameters);
}
HIPEMU_API hipError_t hipMemcpy3D(const hipMemcpy3DParms *parameters) {
  return copy3D(Mode::kSync, nullptr, parameters);
}
HIPEMU_API hipError_t hipMemcpy3DAsync(const hipMemcpy3DParms *parameters, hipStream_t stream) {
  return copy3D(Mode::kAsync, stream, parameters);
}
