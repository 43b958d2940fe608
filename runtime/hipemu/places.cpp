#include "runtime/hipemu/places.h"

#include "runtime/emulator/memory.h"
#include "runtime/hipemu/runtime.h"

#include <sys/mman.h>
#include <unistd.h>

namespace gemmsmith::hipemu {
namespace {

// Whether the process has memory at both ends of the range, so that an invented pointer is an error
// instead of a crash.
bool mapped(std::uintptr_t address, std::size_t bytes) {
  auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  auto has = [&](std::uintptr_t at) {
    unsigned char resident = 0;
    return mincore(reinterpret_cast<void *>(at / page * page), page, &resident) == 0;
  };
  return address + bytes >= address && has(address) && has(address + bytes - 1);
}

// By what HIP calls the sides of a copy.
hipError_t sides(hipMemcpyKind kind, Side &to, Side &from) {
  switch (kind) {
  case hipMemcpyHostToHost:
    to = from = Side::kHost;
    return hipSuccess;
  case hipMemcpyHostToDevice:
    to = Side::kDevice, from = Side::kHost;
    return hipSuccess;
  case hipMemcpyDeviceToHost:
    to = Side::kHost, from = Side::kDevice;
    return hipSuccess;
  case hipMemcpyDeviceToDevice:
  case hipMemcpyDeviceToDeviceNoCU:
    to = from = Side::kDevice;
    return hipSuccess;
  case hipMemcpyDefault:
    to = from = Side::kAny;
    return hipSuccess;
  }
  return hipErrorInvalidMemcpyDirection;
}

} // namespace

hipError_t findPlace(Call &c, const void *pointer, std::size_t pitch, std::size_t slice,
                     const Extent &extent, Side side, Place &place) {
  if (!pointer)
    return hipErrorInvalidValue;
  if (extent.height > 1 && pitch < extent.width)
    return hipErrorInvalidPitchValue;
  place = {reinterpret_cast<std::uintptr_t>(pointer), false, pitch, slice};
  std::size_t rows = 0, planes = 0, bytes = 0;
  if (__builtin_mul_overflow(extent.height - 1, pitch, &rows) ||
      __builtin_mul_overflow(extent.depth - 1, slice, &planes) ||
      __builtin_add_overflow(rows, planes, &bytes) ||
      __builtin_add_overflow(bytes, extent.width, &bytes))
    return hipErrorInvalidValue;
  if (const MemoryBlock *block = c.runtime.allocations.holding(pointer)) {
    if (bytes > block->bytes - (place.address - block->start))
      return hipErrorInvalidValue;
    place.on_device = !block->shared();
    return place.on_device && side == Side::kHost ? hipErrorInvalidMemcpyDirection : hipSuccess;
  }
  bool device_address = place.address >= emulator::kFirstDeviceAddress &&
                        place.address < emulator::kLastDeviceAddress;
  return side == Side::kDevice || device_address || !mapped(place.address, bytes)
             ? hipErrorInvalidValue
             : hipSuccess;
}

hipError_t makeCopy(Call &c, const CopyRequest &request, CopyWork &work) {
  Side to = Side::kAny, from = Side::kAny;
  if (hipError_t status = sides(request.kind, to, from))
    return status;
  work.extent = request.extent;
  if (hipError_t status =
          findPlace(c, request.to, request.to_pitch, request.to_slice, request.extent, to, work.to))
    return status;
  return findPlace(c, request.from, request.from_pitch, request.from_slice, request.extent, from,
                   work.from);
}

hipError_t makeFill(Call &c, void *to, std::size_t pitch, std::size_t slice, const Extent &extent,
                    std::uint32_t value, unsigned element_bytes, FillWork &work) {
  if (element_bytes != 1 && element_bytes != 2 && element_bytes != 4)
    return hipErrorInvalidValue;
  work.extent = extent;
  work.value = value;
  work.element_bytes = element_bytes;
  return findPlace(c, to, pitch, slice, extent, Side::kDevice, work.to);
}

} // namespace gemmsmith::hipemu
