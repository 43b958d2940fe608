// Sparse matrix multiply-accumulate (CDNA4 ISA 7.5): D += A · B, where A holds two of every four
// consecutive k and an index register says which.
//
// The lane that holds 4n elements of B holds 2n of A, in the same order, and n pairs of 2-bit
// indices: element e of A belongs to k 4 · (e / 2) + index e of the lane's k (tables of 7.5.1.3).
// The instructions with two sets of four registers of B hold consecutive k of the first half of K
// in one and of the second half in the other. The zeros of A are not multiplied, so that infinities
// and NaN of B that meet them leave no trace. Numerics are those of mfma.cpp. CBSZ and ABID choose
// among the sets of indices.
#include "runtime/emulator/mfma_multiply.h"
#include "runtime/emulator/mfma_unpack.h"
#include "runtime/emulator/semantics.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// acc[N][N] += Σ a[c][i] · b[k[c][i]][j] over the compressed c, in ascending order.
template <int N> struct MultiplySelected {
  [[gnu::always_inline]] static void run(const float *a, const u8 *k, const float *b, float *acc,
                                         int compressed) {
    for (int i = 0; i < N; ++i) {
      float sum[N];
      std::copy_n(acc + i * N, N, sum);
      for (int c = 0; c < compressed; ++c) {
        const float *row = b + k[c * N + i] * N;
        float element = a[c * N + i];
        for (int j = 0; j < N; ++j)
          sum[j] = fusedMultiplyAdd(element, row[j], sum[j]);
      }
      std::copy_n(sum, N, acc + i * N);
    }
  }
};

// The index bits of each lane, those of element 0 lowest. `bits` of them make a set.
std::array<u32, kLanes> readIndices(Wave &w, const Instruction &i, int bits) {
  if (i.src[2] < kVgpr || i.src[2] >= kAgpr)
    w.fault(i, "sparse indices can only be in an architectural VGPR");
  int sets = 32 / bits, set = i.cbsz & 3 ? 0 : i.abid % sets;
  const u32 *lanes = w.readVgpr(i, i.src[2], kAllLanes);
  std::array<u32, kLanes> indices;
  for (std::size_t l = 0; l < kLanes; ++l)
    indices[l] = lanes[l] >> set * bits;
  return indices;
}

template <int N, int K, Element element_a, Element element_b = element_a>
void smfmac(Wave &w, const Instruction &i) {
  using LayoutB = InputLayout<N, K, 1>;
  using LayoutA = InputLayout<N, K / 2, 1>;
  constexpr int kItemsA = LayoutA::kPerLane, kItemsB = LayoutB::kPerLane;
  constexpr int kWordsA = kItemsA * elementBits(element_a) / 32, kWordsB = 2 * kWordsA;
  // Four registers of A are two sets for the halves of K.
  constexpr int kParts = kWordsA == 4 ? 2 : 1;
  constexpr int kPartA = kItemsA / kParts, kPartB = kItemsB / kParts;
  constexpr int kResults = N * N / kLanes, kCompressed = K / 2;

  MatrixWords words_a = readMatrix(w, i, i.src[0], kWordsA);
  MatrixWords words_b = readMatrix(w, i, i.src[1], kWordsB);
  if (i.blgp)
    w.fault(i, fmt::format("blgp:{} is not defined for sparse instructions", i.blgp));
  auto indices = readIndices(w, i, kItemsA * 2);

  alignas(64) float a[kCompressed * N], b[K * N], products[N * N];
  auto part = [](auto offsets) {
    for (int &offset : offsets)
      offset /= kParts;
    return offsets;
  };
  for (int p = 0; p < kParts; ++p) {
    unpack<element_a, N>(words_a.lanes.data() + p * 2, kPartA, part(LayoutA::kGroupOffsets).data(),
                         a + p * kCompressed / kParts * N);
    unpack<element_b, N>(words_b.lanes.data() + p * 4, kPartB, part(LayoutB::kGroupOffsets).data(),
                         b + p * K / kParts * N);
  }
  u8 k[kCompressed * N];
  for (int l = 0; l < kLanes; ++l)
    for (int e = 0; e < kItemsA; ++e) {
      u32 index = indices[static_cast<std::size_t>(l)] >> 2 * e & 3;
      if (e % 2 && index <= (indices[static_cast<std::size_t>(l)] >> (2 * e - 2) & 3))
        w.fault(i, fmt::format("the indices of elements {} and {} do not ascend", e - 1, e), l);
      int p = e / kPartA, in_part = e % kPartA;
      int compressed = p * kCompressed / kParts + l / N * kPartA + in_part;
      int first = p * K / kParts + l / N * kPartB + in_part / 2 * 4;
      k[compressed * N + l % N] = static_cast<u8>(first + static_cast<int>(index));
    }

  // D is read as C, from wherever it lies.
  MatrixWords words_c = readMatrix(w, i, i.dst, kResults);
  alignas(64) u32 c[N * N];
  forEachRow<N, 1>([&](int item, int lane, int, int row) {
    std::memcpy(c + row * N, words_c.lanes[static_cast<std::size_t>(item)] + lane, N * sizeof(u32));
  });
  static const auto run = chooseHostVectors<MultiplySelected<N>, const float *, const u8 *,
                                            const float *, float *, int>();
  bool saturate = saturatesOverflow(w);
  if constexpr (element_a == Element::kI8) {
    std::fill_n(products, N * N, 0.0f);
    run(a, k, b, products, kCompressed);
    for (int n = 0; n < N * N; ++n)
      c[n] = addProducts(c[n], products[n], saturate);
  } else {
    std::memcpy(products, c, sizeof products);
    if (saturate) [[unlikely]] {
      for (int row = 0; row < N; ++row)
        for (int j = 0; j < N; ++j)
          for (int n = 0; n < kCompressed; ++n)
            products[row * N + j] = saturatingMultiplyAdd(a[n * N + row], b[k[n * N + row] * N + j],
                                                          products[row * N + j]);
    } else {
      run(a, k, b, products, kCompressed);
    }
    std::memcpy(c, products, sizeof products);
  }
  auto d = writeMatrix(w, i, kResults);
  forEachRow<N, 1>([&](int item, int lane, int, int row) {
    std::memcpy(d[static_cast<std::size_t>(item)] + lane, c + row * N, N * sizeof(u32));
  });
  w.mfma_flops += u64{2} * N * N * kCompressed;
}

using enum Element;

const Semantics kTable[] = {
    {"v_smfmac_f32_16x16x32_f16", smfmac<16, 32, kF16>, 3},
    {"v_smfmac_f32_32x32x16_f16", smfmac<32, 16, kF16>, 3},
    {"v_smfmac_f32_16x16x64_f16", smfmac<16, 64, kF16>, 3},
    {"v_smfmac_f32_32x32x32_f16", smfmac<32, 32, kF16>, 3},
    {"v_smfmac_f32_16x16x32_bf16", smfmac<16, 32, kBf16>, 3},
    {"v_smfmac_f32_32x32x16_bf16", smfmac<32, 16, kBf16>, 3},
    {"v_smfmac_f32_16x16x64_bf16", smfmac<16, 64, kBf16>, 3},
    {"v_smfmac_f32_32x32x32_bf16", smfmac<32, 32, kBf16>, 3},
    {"v_smfmac_i32_16x16x64_i8", smfmac<16, 64, kI8>, 3},
    {"v_smfmac_i32_32x32x32_i8", smfmac<32, 32, kI8>, 3},
    {"v_smfmac_i32_16x16x128_i8", smfmac<16, 128, kI8>, 3},
    {"v_smfmac_i32_32x32x64_i8", smfmac<32, 64, kI8>, 3},
    {"v_smfmac_f32_16x16x64_fp8_fp8", smfmac<16, 64, kFp8>, 3},
    {"v_smfmac_f32_16x16x64_fp8_bf8", smfmac<16, 64, kFp8, kBf8>, 3},
    {"v_smfmac_f32_16x16x64_bf8_fp8", smfmac<16, 64, kBf8, kFp8>, 3},
    {"v_smfmac_f32_16x16x64_bf8_bf8", smfmac<16, 64, kBf8>, 3},
    {"v_smfmac_f32_32x32x32_fp8_fp8", smfmac<32, 32, kFp8>, 3},
    {"v_smfmac_f32_32x32x32_fp8_bf8", smfmac<32, 32, kFp8, kBf8>, 3},
    {"v_smfmac_f32_32x32x32_bf8_fp8", smfmac<32, 32, kBf8, kFp8>, 3},
    {"v_smfmac_f32_32x32x32_bf8_bf8", smfmac<32, 32, kBf8>, 3},
    {"v_smfmac_f32_16x16x128_fp8_fp8", smfmac<16, 128, kFp8>, 3},
    {"v_smfmac_f32_16x16x128_fp8_bf8", smfmac<16, 128, kFp8, kBf8>, 3},
    {"v_smfmac_f32_16x16x128_bf8_fp8", smfmac<16, 128, kBf8, kFp8>, 3},
    {"v_smfmac_f32_16x16x128_bf8_bf8", smfmac<16, 128, kBf8>, 3},
    {"v_smfmac_f32_32x32x64_fp8_fp8", smfmac<32, 64, kFp8>, 3},
    {"v_smfmac_f32_32x32x64_fp8_bf8", smfmac<32, 64, kFp8, kBf8>, 3},
    {"v_smfmac_f32_32x32x64_bf8_fp8", smfmac<32, 64, kBf8, kFp8>, 3},
    {"v_smfmac_f32_32x32x64_bf8_bf8", smfmac<32, 64, kBf8>, 3},
};

} // namespace

std::span<const Semantics> mfmaSparseSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
