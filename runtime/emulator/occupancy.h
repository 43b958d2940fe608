// How much of a kernel an MI355X can hold at a time.
#pragma once

#include "configs/launch.h"
#include "runtime/code_object.h"

#include <cstdint>

namespace gemmsmith::emulator {

inline constexpr int kComputeUnits = 256;                     // CDNA4 white paper
inline constexpr int kSimdsPerComputeUnit = 4;                // the same
inline constexpr int kWavesPerSimd = 8;                       // LLVM 22
inline constexpr int kVgprsPerLane = 512;                     // accumulation ones included; LLVM 22
inline constexpr int kVgprGranule = 8;                        // LLVM 22
inline constexpr std::int64_t kLdsPerComputeUnit = 160 << 10; // CDNA4 ISA 11.1
inline constexpr std::int64_t kLdsGranule = 1280;             // the same

// Waves that use `vgprs` registers, of both kinds together, on one SIMD.
int wavesPerSimd(int vgprs);

// Workgroups of `lds_bytes` > 0 bytes for which a compute unit has LDS.
int workgroupsByLds(std::int64_t lds_bytes);

// Workgroups of `threads` threads and `lds_bytes` bytes on one compute unit; 0 if none fits.
int workgroupsPerComputeUnit(const KernelDescriptor &kernel, int threads, std::int64_t lds_bytes);

// On the whole chip; 0 if none fits.
std::uint64_t residentWorkgroups(const KernelDescriptor &kernel, const Dim3 &block,
                                 std::uint32_t lds_bytes);

} // namespace gemmsmith::emulator
