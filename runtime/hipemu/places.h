// From pointers that a program passes to places that work can read and write.
#pragma once

#include "runtime/hipemu/work.h"

namespace gemmsmith::hipemu {

struct Call;

enum class Side { kAny, kHost, kDevice }; // what the program says the pointer is

// The rows must lie inside one block of memory that HIP gave out, or be host memory of the program.
hipError_t findPlace(Call &c, const void *pointer, std::size_t pitch, std::size_t slice,
                     const Extent &extent, Side side, Place &place);

struct CopyRequest {
  void *to = nullptr;
  const void *from = nullptr;
  std::size_t to_pitch = 0, to_slice = 0, from_pitch = 0, from_slice = 0;
  Extent extent;
  hipMemcpyKind kind = hipMemcpyDefault;
};
hipError_t makeCopy(Call &c, const CopyRequest &request, CopyWork &work);

hipError_t makeFill(Call &c, void *to, std::size_t pitch, std::size_t slice, const Extent &extent,
                    std::uint32_t value, unsigned element_bytes, FillWork &work);

} // namespace gemmsmith::hipemu
