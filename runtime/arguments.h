// What can be told of a gs_gemm() call from its arguments alone.
#pragma once

#include "runtime/failure.h"

#include <cstddef>
#include <cstdint>

namespace gemmsmith::runtime {

inline std::uintptr_t addressBits(const void *pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// Whether A and B start at multiples of 16 bytes.
inline bool isAligned(const gs_pointers &p) noexcept {
  return ((addressBits(p.a) | addressBits(p.b)) & 15) == 0;
}

// Whether the enumerations and flags of a problem have values that exist.
inline bool isWellFormed(const gs_problem &p) noexcept {
  return static_cast<unsigned>(p.in_type) <= GS_F32 &&
         static_cast<unsigned>(p.out_type) <= GS_F32 && static_cast<unsigned>(p.bias) <= 1 &&
         static_cast<unsigned>(p.b_layout) <= GS_B_PRESHUFFLED &&
         static_cast<unsigned>(p.unaligned) <= 1 && p.reserved == 0;
}

// Whether the pointers are what a well-formed problem needs.
inline bool areFit(const gs_pointers &p, const gs_problem &problem) noexcept {
  const std::uintptr_t in_mask = problem.in_type == GS_F32 ? 3 : 1;
  const std::uintptr_t out_mask = problem.out_type == GS_F32 ? 3 : 1;
  return p.a && p.b && p.c && (p.bias != nullptr) == (problem.bias != 0) &&
         ((addressBits(p.a) | addressBits(p.b) | addressBits(p.bias)) & in_mask) == 0 &&
         (addressBits(p.c) & out_mask) == 0 && (addressBits(p.workspace) & 255) == 0;
}

// Why one of the two above says no; GS_ERROR_INVALID.
Outcome<void> checkProblem(const gs_problem &problem);
Outcome<void> checkPointers(const gs_pointers &pointers, const gs_problem &problem);

} // namespace gemmsmith::runtime
