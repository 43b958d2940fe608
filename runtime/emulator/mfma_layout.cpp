#include "runtime/emulator/mfma_layout.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

template <typename Lane>
void permute(int registers, MatrixWords &words, LaneCopies &copies, const Lane &lane) {
  for (std::size_t r = 0; r < static_cast<std::size_t>(registers); ++r) {
    for (int l = 0; l < kLanes; ++l)
      copies[r][static_cast<std::size_t>(l)] = words.lanes[r][lane(l)];
    words.lanes[r] = copies[r].data();
  }
}

} // namespace

MatrixWords readMatrix(Wave &w, const Instruction &i, u16 code, int registers) {
  MatrixWords words;
  for (int r = 0; r < registers; ++r)
    words.lanes[static_cast<std::size_t>(r)] = w.readVgpr(i, static_cast<u16>(code + r), kAllLanes);
  return words;
}

std::array<u32 *, 32> writeMatrix(Wave &w, const Instruction &i, int registers) {
  std::array<u32 *, 32> words;
  for (int r = 0; r < registers; ++r)
    words[static_cast<std::size_t>(r)] = w.writeVgpr(i, static_cast<u16>(i.dst + r), kAllLanes);
  return words;
}

void broadcastA(Wave &w, const Instruction &i, int blocks, int registers, MatrixWords &a,
                LaneCopies &copies) {
  if (1 << i.cbsz > blocks)
    w.fault(i, fmt::format("cbsz:{} broadcasts to more blocks than the {} there are: undefined",
                           i.cbsz, blocks));
  if (i.abid >= 1 << i.cbsz)
    w.fault(i, fmt::format("abid:{} names no block to broadcast: undefined", i.abid));
  int size = kLanes >> i.cbsz;
  permute(registers, a, copies, [&](int l) { return l % size + size * i.abid; });
}

void permuteB(const Instruction &i, int registers, MatrixWords &b, LaneCopies &copies) {
  permute(registers, b, copies, [&](int l) {
    switch (i.blgp) {
    case 1:
    case 2:
      return l % 32 + 32 * (i.blgp - 1);
    case 3:
      return (l + 16) % kLanes;
    default:
      return l % 16 + 16 * (i.blgp - 4);
    }
  });
}

} // namespace gemmsmith::emulator
