// What a launch of a kernel is: the arguments it takes, its grid and block, LDS and workspace.
//
// The generator, the launchers and `gemmsmith plan` all read the same description from here.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"
#include "configs/problem.h"

#include <cstdint>
#include <vector>

namespace gemmsmith {

// M, N and K are passed as i32.
inline constexpr std::int64_t kMaxExtent = 0x7fffffff;

// Splits of one launch: the grid's y extent.
inline constexpr int kMaxSplits = 65535;

enum class ArgumentId : std::uint8_t {
  kA,         // const bf16*, [m, lda]
  kB,         // const bf16*, [n, ldb]
  kC,         // bf16* or float*, [m, ldc]
  kBias,      // const bf16*, [n]; only with bias
  kWorkspace, // void*; only with split; see workspaceBytes
  kM,         // i32
  kN,         // i32
  kK,         // i32
  kSplits,    // i32 >= 1; only with split
  kLda,       // i64, elements
  kLdb,       // i64, elements
  kLdc,       // i64, elements
};

enum class ArgumentKind : std::uint8_t { kGlobalBuffer, kByValue };

struct KernelArgument {
  ArgumentId id;
  const char
      *name; // as in the code object's metadata: "a", "b", "c", "bias", "workspace", "m", ...
  ArgumentKind kind;
  int offset; // bytes from the start of the kernel-argument segment
  int size;   // bytes
};

// The arguments of a kernel in order, each naturally aligned.
std::vector<KernelArgument> kernelArguments(const KernelConfig &config);

// Size in bytes of the explicit kernel-argument segment.
int kernelArgumentBytes(const KernelConfig &config);

struct Dim3 {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;
  bool operator==(const Dim3 &) const = default;
};

struct Launch {
  KernelConfig config;
  Problem problem; // leading strides filled in
  int splits = 1;
  Dim3 grid;                  // workgroups: x = output tiles, y = splits
  Dim3 block;                 // threads
  std::int64_t lds_bytes = 0; // static: already in the code object, not to be passed again
  std::int64_t workspace_bytes = 0;
};

inline constexpr std::int64_t kCounterBytes = 4;
inline constexpr std::int64_t kCounterAlignment = 256; // where the partials start

// Bytes of workspace of a split launch, 0 without split: one 32-bit arrival counter per output
// tile, padded to 256 bytes, then splits * tiles fp32 partial tiles of tile.m * tile.n values. The
// counters must be zero before the first launch and are zero again after each one; the partials
// need no initialisation. Two launches that may overlap in time must not share a workspace.
std::int64_t workspaceBytes(const KernelConfig &config, std::int64_t m, std::int64_t n, int splits);

// Why `config` cannot serve `problem`, if it cannot: types or bias differ, rows are not aligned as
// the kernel assumes, the rows of a tile span 2 GiB or more in A, B or C (they are reached by
// 32-bit offsets; operands as a whole may be of any size), or the grid exceeds what a dispatch can
// carry.
Expected<Launch> planLaunch(const KernelConfig &config, const Problem &problem, int splits);

} // namespace gemmsmith
