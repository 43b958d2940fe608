// KernelConfig: everything that distinguishes one compiled GEMM kernel from another.
//
// Promises: two equal KernelConfigs compile to the same code object, and what is not in here (M, N,
// K, the leading strides, the number of splits) is an argument of the launch. A KernelConfig may be
// illegal; legality.h is the one judge of that.
#pragma once

#include <cstdint>

namespace gemmsmith {

enum class Target : std::uint8_t { kGfx942, kGfx950 };

enum class DataType : std::uint8_t { kBf16, kF16, kF32 };

// Which template builds the kernel.
enum class Family : std::uint8_t {
  kRing,     // S-stage ring of A and B tiles in LDS
  kPingPong, // two wave groups one barrier apart
  kSkinny,   // M <= 16, operands straight to registers
};

// How workgroups that share an output tile combine their partial sums.
enum class Split : std::uint8_t {
  kNone,   // one workgroup per output tile
  kReduce, // partials in the workspace, added in split order by the last arriver
};

enum class BLayout : std::uint8_t { kRowMajor, kPreshuffled };

// What a kernel may assume of the rows of A and B.
enum class RowAlignment : std::uint8_t {
  k16Bytes, // pointers and leading strides are multiples of 16 bytes and K is a multiple of 8
  kElement, // nothing beyond whole elements: the slower path, correct for every problem
};

struct TileShape {
  int m = 0;
  int n = 0;
  int k = 0;
  bool operator==(const TileShape &) const = default;
};

// Waves of a workgroup along each dimension of the tile; k > 1 is slice-K.
struct WaveGrid {
  int m = 1;
  int n = 1;
  int k = 1;
  constexpr int count() const { return m * n * k; }
  bool operator==(const WaveGrid &) const = default;
};

// Cache-coherence bits of a memory instruction (CDNA3/4 ISA, "Memory scopes and temporal hints").
struct CachePolicy {
  bool sc0 = false;
  bool sc1 = false;
  bool nt = false; // non-temporal: streamed, evicted first
  bool operator==(const CachePolicy &) const = default;
};

struct KernelConfig {
  Target target = Target::kGfx950;
  DataType in_type = DataType::kBf16;
  DataType out_type = DataType::kBf16;
  Family family = Family::kRing;
  TileShape tile;
  int stages = 2; // LDS ring slots
  WaveGrid waves;
  Split split = Split::kNone;
  int group_m = 0; // tile rows visited together with the XCD remap; 0 = plain order
  bool bias = false;
  BLayout b_layout = BLayout::kRowMajor;
  CachePolicy cache_a;
  CachePolicy cache_b;
  int waves_per_eu = 0; // occupancy asked of the register allocator; 0 = what LDS and waves imply
  RowAlignment alignment = RowAlignment::k16Bytes;

  bool operator==(const KernelConfig &) const = default;
};

inline constexpr int kWaveSize = 64;

// Threads of a workgroup.
constexpr int threadCount(const KernelConfig &c) {
  return kWaveSize * c.waves.count();
}

constexpr int sizeInBytes(DataType t) {
  return t == DataType::kF32 ? 4 : 2;
}

} // namespace gemmsmith
