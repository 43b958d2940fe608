// Matrix fused multiply-add (CDNA4 ISA chapter 7): float32, float16, bfloat16, bytes, FP8 and BF8.
// float64 is in mfma_f64.cpp, the instructions that take several formats and scales in
// mfma_scaled.cpp, sparse A in mfma_sparse.cpp.
//
// Order of accumulation, which the manual leaves open: D[i][j] starts as C[i][j] and takes the
// products in ascending k, each with one fused multiply-add in float32 to nearest even. Products of
// formats of at most 16 bits are exact, and their denormals are kept (7.4); float32 denormals of A
// and B are flushed if MODE flushes inputs (7.4; the table of 7.1.2 has it ignored), C and D are
// not. NaN and infinity go through as in IEEE 754. Integer forms wrap at 32 bits. MODE.FP16_OVFL
// makes float results stop at the largest finite value, step by step, and clamps the exact integer
// sum. EXEC is ignored. Undefined settings (CBSZ and ABID beyond the blocks, 7.1.6.1; tuples at odd
// registers, 7.1.2) are faults.
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/mfma_multiply.h"
#include "runtime/emulator/mfma_unpack.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

// MODE.FP_DENORM, single precision: bit 0 allows denormal inputs.
bool flushesInput(const Wave &w) {
  return !(w.mode >> 4 & 1);
}

void flushDenormals(MatrixWords &words, int registers, LaneCopies &copies) {
  for (std::size_t r = 0; r < static_cast<std::size_t>(registers); ++r) {
    for (std::size_t l = 0; l < kLanes; ++l)
      copies[r][l] = flushDenormal(words.lanes[r][l]);
    words.lanes[r] = copies[r].data();
  }
}

// One instruction: `blocks` products of N x K by K x N matrices.
template <int N, int K, int blocks, Element element_a, Element element_b = element_a>
void mfma(Wave &w, const Instruction &i) {
  using Layout = InputLayout<N, K, blocks>;
  constexpr bool kInteger = element_a == Element::kI8;
  constexpr int kWords = Layout::kPerLane * elementBits(element_a) / 32;
  static_assert(kWords * 32 == Layout::kPerLane * elementBits(element_a));

  MatrixWords words_a = readMatrix(w, i, i.src[0], kWords);
  MatrixWords words_b = readMatrix(w, i, i.src[1], kWords);
  LaneCopies copies_a, copies_b, flushed_a, flushed_b;
  if (i.cbsz || i.abid) [[unlikely]]
    broadcastA(w, i, blocks, kWords, words_a, copies_a);
  if (i.blgp) [[unlikely]]
    permuteB(i, kWords, words_b, copies_b);
  if (element_a == Element::kF32 && flushesInput(w)) [[unlikely]] {
    flushDenormals(words_a, kWords, flushed_a);
    flushDenormals(words_b, kWords, flushed_b);
  }
  alignas(64) float a[blocks][K * N], b[blocks][K * N];
  constexpr auto &kOffsets = Layout::kGroupOffsets;
  unpack<element_a, N>(words_a.lanes.data(), Layout::kPerLane, kOffsets.data(), a[0]);
  unpack<element_b, N>(words_b.lanes.data(), Layout::kPerLane, kOffsets.data(), b[0]);

  using Result = std::conditional_t<kInteger, u32, float>;
  alignas(64) Result c[blocks][N * N];
  if (hasConstantAccumulator(i)) {
    auto constant = std::bit_cast<Result>(w.scalar32(i, i.src[2]));
    for (auto &block : c)
      std::fill_n(block, N * N, constant);
  } else {
    loadRows<N, blocks>(w, i, i.src[2], c);
  }

  bool saturate = saturatesOverflow(w);
  for (int block = 0; block < blocks; ++block) {
    if constexpr (kInteger) {
      alignas(64) float products[N * N] = {};
      multiply<N, K>(a[block], b[block], products);
      for (int n = 0; n < N * N; ++n)
        c[block][n] = addProducts(c[block][n], products[n], saturate);
    } else if (saturate) [[unlikely]] {
      multiplySaturating<N, K>(a[block], b[block], c[block]);
    } else {
      multiply<N, K>(a[block], b[block], c[block]);
    }
  }

  storeRows<N, blocks>(w, i, c);
  w.mfma_flops += std::uint64_t{2} * N * N * K * blocks;
}

using enum Element;

const Semantics kTable[] = {
    {"v_mfma_f32_16x16x32_bf16", mfma<16, 32, 1, kBf16>, 3},
    {"v_mfma_f32_32x32x16_bf16", mfma<32, 16, 1, kBf16>, 3},
    {"v_mfma_f32_16x16x16_bf16", mfma<16, 16, 1, kBf16>, 3},
    {"v_mfma_f32_32x32x8_bf16", mfma<32, 8, 1, kBf16>, 3},
    {"v_mfma_f32_32x32x4_2b_bf16", mfma<32, 4, 2, kBf16>, 3},
    {"v_mfma_f32_16x16x4_4b_bf16", mfma<16, 4, 4, kBf16>, 3},
    {"v_mfma_f32_4x4x4_16b_bf16", mfma<4, 4, 16, kBf16>, 3},
    {"v_mfma_f32_16x16x32_f16", mfma<16, 32, 1, kF16>, 3},
    {"v_mfma_f32_32x32x16_f16", mfma<32, 16, 1, kF16>, 3},
    {"v_mfma_f32_16x16x16_f16", mfma<16, 16, 1, kF16>, 3},
    {"v_mfma_f32_32x32x8_f16", mfma<32, 8, 1, kF16>, 3},
    {"v_mfma_f32_32x32x4_2b_f16", mfma<32, 4, 2, kF16>, 3},
    {"v_mfma_f32_16x16x4_4b_f16", mfma<16, 4, 4, kF16>, 3},
    {"v_mfma_f32_4x4x4_16b_f16", mfma<4, 4, 16, kF16>, 3},
    {"v_mfma_f32_32x32x2_f32", mfma<32, 2, 1, kF32>, 3},
    {"v_mfma_f32_16x16x4_f32", mfma<16, 4, 1, kF32>, 3},
    {"v_mfma_f32_32x32x1_2b_f32", mfma<32, 1, 2, kF32>, 3},
    {"v_mfma_f32_16x16x1_4b_f32", mfma<16, 1, 4, kF32>, 3},
    {"v_mfma_f32_4x4x1_16b_f32", mfma<4, 1, 16, kF32>, 3},
    {"v_mfma_i32_16x16x64_i8", mfma<16, 64, 1, kI8>, 3},
    {"v_mfma_i32_32x32x32_i8", mfma<32, 32, 1, kI8>, 3},
    {"v_mfma_i32_16x16x32_i8", mfma<16, 32, 1, kI8>, 3},
    {"v_mfma_i32_32x32x16_i8", mfma<32, 16, 1, kI8>, 3},
    {"v_mfma_i32_32x32x4_2b_i8", mfma<32, 4, 2, kI8>, 3},
    {"v_mfma_i32_16x16x4_4b_i8", mfma<16, 4, 4, kI8>, 3},
    {"v_mfma_i32_4x4x4_16b_i8", mfma<4, 4, 16, kI8>, 3},
    {"v_mfma_f32_16x16x32_fp8_fp8", mfma<16, 32, 1, kFp8>, 3},
    {"v_mfma_f32_16x16x32_fp8_bf8", mfma<16, 32, 1, kFp8, kBf8>, 3},
    {"v_mfma_f32_16x16x32_bf8_fp8", mfma<16, 32, 1, kBf8, kFp8>, 3},
    {"v_mfma_f32_16x16x32_bf8_bf8", mfma<16, 32, 1, kBf8>, 3},
    {"v_mfma_f32_32x32x16_fp8_fp8", mfma<32, 16, 1, kFp8>, 3},
    {"v_mfma_f32_32x32x16_fp8_bf8", mfma<32, 16, 1, kFp8, kBf8>, 3},
    {"v_mfma_f32_32x32x16_bf8_fp8", mfma<32, 16, 1, kBf8, kFp8>, 3},
    {"v_mfma_f32_32x32x16_bf8_bf8", mfma<32, 16, 1, kBf8>, 3},
};

} // namespace

std::span<const Semantics> mfmaSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
