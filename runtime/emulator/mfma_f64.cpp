// Matrix fused multiply-add of doubles (CDNA4 ISA 7.1.3.4, 7.1.6.4): the rows of D follow each
// other through the lanes, BLGP negates A, B and C, CBSZ and ABID mean nothing. Products are added
// to C in ascending k, each with one fused multiply-add to nearest even; MODE plays no part (7.4).
#include "runtime/emulator/mfma_multiply.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

double joined(const MatrixWords &words, int item, int lane, bool negate) {
  auto pair = static_cast<std::size_t>(2 * item);
  u64 bits = words.lanes[pair][lane] | u64{words.lanes[pair + 1][lane]} << 32;
  return std::bit_cast<double>(negate ? bits ^ u64{1} << 63 : bits);
}

template <int N, int blocks> void mfmaF64(Wave &w, const Instruction &i) {
  constexpr int K = 4, kItems = N * N * blocks / kLanes;
  using Layout = InputLayout<N, K, blocks>;
  static_assert(Layout::kPerLane == 1);
  bool negate_a = i.blgp & 1, negate_b = i.blgp & 2, negate_c = i.blgp & 4;

  MatrixWords words_a = readMatrix(w, i, i.src[0], 2), words_b = readMatrix(w, i, i.src[1], 2);
  alignas(64) double a[blocks * K * N], b[blocks * K * N], c[blocks][N * N];
  for (int l = 0; l < kLanes; ++l) {
    int at = Layout::kGroupOffsets[static_cast<std::size_t>(l / N)] + l % N;
    a[at] = joined(words_a, 0, l, negate_a);
    b[at] = joined(words_b, 0, l, negate_b);
  }
  if (hasConstantAccumulator(i)) {
    auto constant = std::bit_cast<double>(w.scalar64(i, i.src[2]));
    for (auto &block : c)
      std::fill_n(block, N * N, negate_c ? -constant : constant);
  } else {
    MatrixWords words_c = readMatrix(w, i, i.src[2], 2 * kItems);
    forEachRow<N, blocks, 1>([&](int item, int lane, int block, int row) {
      for (int j = 0; j < N; ++j)
        c[block][row * N + j] = joined(words_c, item, lane + j, negate_c);
    });
  }
  for (int block = 0; block < blocks; ++block)
    multiply<N, K>(a + block * K * N, b + block * K * N, c[block]);
  auto d = writeMatrix(w, i, 2 * kItems);
  forEachRow<N, blocks, 1>([&](int item, int lane, int block, int row) {
    auto pair = static_cast<std::size_t>(2 * item);
    for (int j = 0; j < N; ++j) {
      auto bits = std::bit_cast<u64>(c[block][row * N + j]);
      d[pair][lane + j] = static_cast<u32>(bits);
      d[pair + 1][lane + j] = static_cast<u32>(bits >> 32);
    }
  });
  w.mfma_flops += u64{2} * N * N * K * blocks;
}

const Semantics kTable[] = {
    {"v_mfma_f64_16x16x4_f64", mfmaF64<16, 1>, 3},
    {"v_mfma_f64_4x4x4_4b_f64", mfmaF64<4, 4>, 3},
};

} // namespace

std::span<const Semantics> mfmaF64Semantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
