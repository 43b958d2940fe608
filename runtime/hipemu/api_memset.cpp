// Fills. Without "Async" in its name a fill of device memory still does not wait, as HIP documents:
// only one of host memory does.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/places.h"
#include "runtime/hipemu/runtime.h"

using namespace gemmsmith::hipemu;

namespace {

enum class Mode { kSync, kAsync };

struct Fill {
  void *to = nullptr;
  std::size_t pitch = 0, slice = 0;
  Extent extent; // width in bytes
  std::uint32_t value = 0;
  unsigned element_bytes = 1;
};

hipError_t fill(Mode mode, hipStream_t handle, const Fill &fill) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    if (!stream)
      return hipErrorInvalidHandle;
    if (fill.extent.empty())
      return hipSuccess;
    FillWork work;
    if (hipError_t status = makeFill(c, fill.to, fill.pitch, fill.slice, fill.extent, fill.value,
                                     fill.element_bytes, work))
      return status;
    if (mode == Mode::kAsync)
      return enqueue(c, stream, std::move(work));
    if (hipError_t refused = refuseUnsafeCall(c, stream.get()))
      return refused;
    return work.to.on_device ? enqueue(c, stream, std::move(work))
                             : enqueueAndWait(c, stream, std::move(work));
  });
}

Fill elements(void *to, std::uint32_t value, std::size_t count, unsigned element_bytes) {
  Fill f;
  f.to = to;
  f.value = value;
  f.element_bytes = element_bytes;
  f.extent.width = count > SIZE_MAX / element_bytes ? SIZE_MAX : count * element_bytes;
  return f;
}

Fill rows(void *to, std::size_t pitch, std::uint32_t value, std::size_t width, std::size_t height,
          unsigned element_bytes = 1) {
  Fill f = elements(to, value, width, element_bytes);
  f.pitch = pitch;
  f.extent.height = height;
  return f;
}

Fill planes(const hipPitchedPtr &to, int value, const hipExtent &extent) {
  Fill f = rows(to.ptr, to.pitch, static_cast<std::uint32_t>(value), extent.width, extent.height);
  f.slice = to.pitch * to.ysize;
  f.extent.depth = extent.depth;
  return f;
}

std::uint32_t bits(int value) {
  return static_cast<std::uint32_t>(value);
}

} // namespace

HIPEMU_API hipError_t hipMemset(void *to, int value, std::size_t bytes) {
  return fill(Mode::kSync, nullptr, elements(to, bits(value), bytes, 1));
}
HIPEMU_API hipError_t hipMemset_spt(void *to, int value, std::size_t bytes) {
  return fill(Mode::kSync, hipStreamPerThread, elements(to, bits(value), bytes, 1));
}
HIPEMU_API hipError_t hipMemsetAsync(void *to, int value, std::size_t bytes, hipStream_t stream) {
  return fill(Mode::kAsync, stream, elements(to, bits(value), bytes, 1));
}
HIPEMU_API hipError_t hipMemsetAsync_spt(void *to, int value, std::size_t bytes,
                                         hipStream_t stream) {
  return fill(Mode::kAsync, stream ? stream : hipStreamPerThread,
              elements(to, bits(value), bytes, 1));
}
HIPEMU_API hipError_t hipMemsetD8(hipDeviceptr_t to, unsigned char value, std::size_t count) {
  return fill(Mode::kSync, nullptr, elements(to, value, count, 1));
}
HIPEMU_API hipError_t hipMemsetD8Async(hipDeviceptr_t to, unsigned char value, std::size_t count,
                                       hipStream_t stream) {
  return fill(Mode::kAsync, stream, elements(to, value, count, 1));
}
HIPEMU_API hipError_t hipMemsetD16(hipDeviceptr_t to, unsigned short value, std::size_t count) {
  return fill(Mode::kSync, nullptr, elements(to, value, count, 2));
}
HIPEMU_API hipError_t hipMemsetD16Async(hipDeviceptr_t to, unsigned short value, std::size_t count,
                                        hipStream_t stream) {
  return fill(Mode::kAsync, stream, elements(to, value, count, 2));
}
HIPEMU_API hipError_t hipMemsetD32(hipDeviceptr_t to, int value, std::size_t count) {
  return fill(Mode::kSync, nullptr, elements(to, bits(value), count, 4));
}
HIPEMU_API hipError_t hipMemsetD32Async(hipDeviceptr_t to, int value, std::size_t count,
                                        hipStream_t stream) {
  return fill(Mode::kAsync, stream, elements(to, bits(value), count, 4));
}
HIPEMU_API hipError_t hipMemset2D(void *to, std::size_t pitch, int value, std::size_t width,
                                  std::size_t height) {
  return fill(Mode::kSync, nullptr, rows(to, pitch, bits(value), width, height));
}
HIPEMU_API hipError_t hipMemset2D_spt(void *to, std::size_t pitch, int value, std::size_t width,
                                      std::size_t height) {
  return fill(Mode::kSync, hipStreamPerThread, rows(to, pitch, bits(value), width, height));
}
HIPEMU_API hipError_t hipMemset2DAsync(void *to, std::size_t pitch, int value, std::size_t width,
                                       std::size_t height, hipStream_t stream) {
  return fill(Mode::kAsync, stream, rows(to, pitch, bits(value), width, height));
}
HIPEMU_API hipError_t hipMemsetD2D8(hipDeviceptr_t to, std::size_t pitch, unsigned char value,
                                    std::size_t width, std::size_t height) {
  return fill(Mode::kSync, nullptr, rows(to, pitch, value, width, height, 1));
}
HIPEMU_API hipError_t hipMemsetD2D16(hipDeviceptr_t to, std::size_t pitch, unsigned short value,
                                     std::size_t width, std::size_t height) {
  return fill(Mode::kSync, nullptr, rows(to, pitch, value, width, height, 2));
}
HIPEMU_API hipError_t hipMemsetD2D32(hipDeviceptr_t to, std::size_t pitch, unsigned value,
                                     std::size_t width, std::size_t height) {
  return fill(Mode::kSync, nullptr, rows(to, pitch, value, width, height, 4));
}
HIPEMU_API hipError_t hipMemset3D(hipPitchedPtr to, int value, hipExtent extent) {
  return fill(Mode::kSync, nullptr, planes(to, value, extent));
}
HIPEMU_API hipError_t hipMemset3DAsync(hipPitchedPtr to, int value, hipExtent extent,
                                       hipStream_t stream) {
  return fill(Mode::kAsync, stream, planes(to, value, extent));
}
