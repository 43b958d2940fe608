// The rates of an MI355X compute unit that `inspect --stage resources` reckons with. How much fits
// on one is in runtime/emulator/occupancy.h.
//
// Sources: [ISA] CDNA4 instruction set manual, [WP] CDNA4 white paper, [LLVM] LLVM 22's tables,
// [PROF] AMD's profiler documentation. Where sources disagree the number is the lower one, and says
// so.
#pragma once

namespace gemmsmith::gfx950 {

// Each SIMD has its turn every fourth clock, in which a wave may issue one instruction [PROF]; a
// 64-lane vector instruction occupies a 16-lane SIMD for the same four.
inline constexpr int kClocksPerIssue = 4;

// Per compute unit and clock.
inline constexpr double kLdsBytesPerClock = 128; // 64 banks of 4 B [ROCm tools]; 256 read [WP]
inline constexpr double kL1BytesPerClock = 64; // what one VMEM unit returns; 128 at the cache [WP]
inline constexpr double kL2BytesPerClock = 64; // 16 channels * 128 B over the 32 CUs of an XCD [WP]
inline constexpr double kHbmBytesPerClock = 13; // 8 TB/s over 256 CUs at 2.4 GHz [WP]

// FLOP per clock of one SIMD's matrix core, dense bf16 and f16: 4,096 per CU [WP].
inline constexpr int kMatrixFlopsPerClock = 1024;

} // namespace gemmsmith::gfx950
