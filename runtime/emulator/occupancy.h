// How much of a kernel an MI355X can hold at a time.
#pragma once

#include "configs/launch.h"
#include "runtime/code_object.h"

#include <cstdint>

namespace gemmsmith::emulator {

inline constexpr std::uint32_t kComputeUnits = 256;      // CDNA4 white paper
inline constexpr std::uint32_t kSimdsPerComputeUnit = 4; // the same
inline constexpr std::uint32_t kLdsPerComputeUnit = 160 << 10;
inline constexpr std::uint32_t kLdsGranule = 1280;  // allocation, in bytes
inline constexpr std::uint32_t kVgprsPerSimd = 512; // of each lane, accumulation ones included
inline constexpr std::uint32_t kMaxWavesPerSimd = 8;

// Waves of `vgprs` registers that one SIMD holds.
std::uint32_t wavesPerSimd(std::uint32_t vgprs);

// Workgroups of `threads` threads and `lds_bytes` bytes that one compute unit holds; 0 if not even
// one fits.
std::uint32_t workgroupsPerComputeUnit(const KernelDescriptor &kernel, std::uint32_t threads,
                                       std::uint32_t lds_bytes);

// On the whole chip; at least one.
std::uint64_t residentWorkgroups(const KernelDescriptor &kernel, const Dim3 &block,
                                 std::uint32_t lds_bytes);

} // namespace gemmsmith::emulator
