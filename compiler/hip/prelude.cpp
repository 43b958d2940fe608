#include "compiler/hip/prelude.h"

#include <array>

namespace gemmsmith::hip {

std::span<const std::string_view> preludeNames() {
  static constexpr std::array<std::string_view, 7> kNames{
      "smaller", "uniform", "buffer", "load_buffer", "store_buffer", "global_ptr", "lds_ptr"};
  return kNames;
}

std::string prelude() {
  return R"(#ifndef GEMMSMITH_HIP
#define GEMMSMITH_HIP
#define DEVICE static inline __attribute__((device, always_inline))
#define LDS __attribute__((address_space(3)))
#ifdef __HIP_DEVICE_COMPILE__
#define GLOBAL __attribute__((address_space(1)))
#else // the host has the kernel's stub, which takes ordinary pointers
#define GLOBAL
#ifndef HIP_INCLUDE_HIP_HIP_RUNTIME_API_H
struct dim3 {
  unsigned x, y, z;
};
extern "C" int hipLaunchKernel(const void *, dim3, dim3, void **, unsigned long, void *);
#endif
#endif

namespace gemmsmith {

using uint16_t = unsigned short;
using int32_t = int;
using uint32_t = unsigned int;
using uint64_t = unsigned long;
using bf16 = __bf16;
typedef bf16 bf16x4 __attribute__((ext_vector_type(4)));
typedef bf16 bf16x8 __attribute__((ext_vector_type(8)));
typedef float f32x4 __attribute__((ext_vector_type(4)));
typedef uint16_t u16x4 __attribute__((ext_vector_type(4)));
typedef uint16_t u16x8 __attribute__((ext_vector_type(8)));
typedef uint32_t u32x2 __attribute__((ext_vector_type(2)));
typedef uint32_t u32x4 __attribute__((ext_vector_type(4)));
using global_ptr = GLOBAL char *;
using lds_ptr = LDS char *;

DEVICE uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// The same in all lanes of the wave, which tells the compiler to keep it in a scalar register.
DEVICE uint32_t uniform(uint32_t x) { return __builtin_amdgcn_readfirstlane(x); }

// A raw buffer: loads past its end give zeros, stores past its end are dropped (CDNA4 ISA 9.1.5).
DEVICE __amdgpu_buffer_rsrc_t buffer(global_ptr base, uint64_t bytes) {
  return __builtin_amdgcn_make_buffer_rsrc((void *)base, 0, bytes, 0x27000);
}

template <typename T, int cache>
DEVICE T load_buffer(__amdgpu_buffer_rsrc_t from, uint32_t offset, uint32_t uniform_offset) {
  if constexpr (sizeof(T) == 2)
    return __builtin_bit_cast(
        T, __builtin_amdgcn_raw_buffer_load_b16(from, offset, uniform_offset, cache));
  else
    return __builtin_bit_cast(
        T, __builtin_amdgcn_raw_buffer_load_b128(from, offset, uniform_offset, cache));
}

template <typename T>
DEVICE void store_buffer(T x, __amdgpu_buffer_rsrc_t to, uint32_t offset) {
  if constexpr (sizeof(T) == 2)
    __builtin_amdgcn_raw_buffer_store_b16(__builtin_bit_cast(uint16_t, x), to, offset, 0, 0);
  else if constexpr (sizeof(T) == 4)
    __builtin_amdgcn_raw_buffer_store_b32(__builtin_bit_cast(uint32_t, x), to, offset, 0, 0);
  else if constexpr (sizeof(T) == 8)
    __builtin_amdgcn_raw_buffer_store_b64(__builtin_bit_cast(u32x2, x), to, offset, 0, 0);
  else
    __builtin_amdgcn_raw_buffer_store_b128(__builtin_bit_cast(u32x4, x), to, offset, 0, 0);
}

// From a buffer to LDS past the registers: lane l writes 16 bytes at to + 16 l. `cache` is the
// instruction's policy. A macro, for the builtin wants numbers, not template parameters. Compilers
// that know gfx950 but not the builtin (LLVM 20) have the intrinsic.
#if __has_builtin(__builtin_amdgcn_raw_ptr_buffer_load_lds)
#define COPY_TO_LDS(from, to, offset, uniform_offset, cache)                                       \
  __builtin_amdgcn_raw_ptr_buffer_load_lds(from, to, 16, offset, uniform_offset, 0, cache)
#else
__attribute__((device)) void raw_ptr_buffer_load_lds(__amdgpu_buffer_rsrc_t, LDS void *, int, int,
                                                     int, int, int) __asm(
    "llvm.amdgcn.raw.ptr.buffer.load.lds");
#define COPY_TO_LDS(from, to, offset, uniform_offset, cache)                                       \
  raw_ptr_buffer_load_lds(from, to, 16, offset, uniform_offset, 0, cache)
#endif

} // namespace gemmsmith
#endif // GEMMSMITH_HIP
)";
}

} // namespace gemmsmith::hip
