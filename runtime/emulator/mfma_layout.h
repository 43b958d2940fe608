// Where the elements of a matrix instruction lie (CDNA4 ISA 7.1.4, 7.1.5.1).
//
// A lane's registers are a sequence of items of the element's size. A and B are unpacked to
// [block][k][N].
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/wave.h"

#include <array>
#include <cstring>

namespace gemmsmith::emulator {

// Where the N lanes of each lane group go with item 0; the items of a lane are consecutive k.
template <int N, int K, int blocks> struct InputLayout {
  static constexpr int kGroups = kLanes / N;
  static constexpr int kPerLane = K / (kGroups / blocks);

  static constexpr auto kGroupOffsets = [] {
    std::array<int, kGroups> offsets{};
    for (int g = 0; g < kGroups; ++g)
      offsets[static_cast<std::size_t>(g)] = N * (g % blocks * K + g / blocks * kPerLane);
    return offsets;
  }();
};

// Rows of C and D: groups of `height` rows, block after block, are dealt to the lane groups in
// turn, and their rows lie in consecutive items. Calls f(item, first lane, block, row).
template <int N, int blocks, int height = 4, typename F> void forEachRow(F &&f) {
  constexpr int kGroups = N / height, kLaneGroups = kLanes / N;
  for (int g = 0; g < blocks * kGroups; ++g)
    for (int h = 0; h < height; ++h)
      f(g / kLaneGroups * height + h, g % kLaneGroups * N, g / kGroups, g % kGroups * height + h);
}

// Consecutive registers.
struct MatrixWords {
  std::array<const u32 *, 32> lanes;
};

// All lanes must be defined, since EXEC is ignored.
MatrixWords readMatrix(Wave &w, const Instruction &i, u16 code, int registers);

// True if C is an inline constant rather than registers.
inline bool hasConstantAccumulator(const Instruction &i) {
  return i.src[2] < kVgpr;
}

std::array<u32 *, 32> writeMatrix(Wave &w, const Instruction &i, int registers);

// C, or D, of 32-bit results as rows: c[block][row * N + column].
template <int N, int blocks, typename T>
void loadRows(Wave &w, const Instruction &i, u16 code, T (*c)[N * N]) {
  static_assert(sizeof(T) == 4);
  MatrixWords words = readMatrix(w, i, code, N * N * blocks / kLanes);
  forEachRow<N, blocks>([&](int item, int lane, int block, int row) {
    std::memcpy(c[block] + row * N, words.lanes[static_cast<std::size_t>(item)] + lane, N * 4);
  });
}
template <int N, int blocks, typename T>
void storeRows(Wave &w, const Instruction &i, const T (*c)[N * N]) {
  static_assert(sizeof(T) == 4);
  auto words = writeMatrix(w, i, N * N * blocks / kLanes);
  forEachRow<N, blocks>([&](int item, int lane, int block, int row) {
    std::memcpy(words[static_cast<std::size_t>(item)] + lane, c[block] + row * N, N * 4);
  });
}

// Copies of A's or B's registers as CBSZ and ABID (7.1.6.1) or BLGP (7.1.6.3) permute the lanes.
using LaneCopies = std::array<std::array<u32, kLanes>, 4>;
void broadcastA(Wave &w, const Instruction &i, int blocks, int registers, MatrixWords &a,
                LaneCopies &copies);
void permuteB(const Instruction &i, int registers, MatrixWords &b, LaneCopies &copies);

// MODE.FP16_OVFL: results of matrix instructions saturate too (7.1.2).
inline bool saturatesOverflow(const Wave &w) {
  return w.mode >> 23 & 1;
}

} // namespace gemmsmith::emulator
