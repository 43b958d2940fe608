// Matrix fused multiply-add of 4-, 6- and 8-bit floats, each of A and B in a format of its own and
// with or without a power of two per row or column and 32 consecutive k (CDNA4 ISA 7.1.5, 7.2).
//
// For each block of 32 k the products are summed from zero in ascending k, each with one fused
// multiply-add in float32; then sum · 2^(scale of A + scale of B) is added to C with one rounding
// ("applied after the normal dot product prior to … accumulation", 7.2). Without scales they are 1,
// so that scales of 1 change no bit. A scale of 0xff is NaN.
//
// The layout of FP8 and BF8 is that of the tables of 7.1.5.1, 16 consecutive k from each half of K;
// the scale of lane l always belongs to the 32 consecutive k that 7.2.1 gives it, whatever lanes
// hold these.
#include "runtime/emulator/mfma_multiply.h"
#include "runtime/emulator/mfma_unpack.h"
#include "runtime/emulator/semantics.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr int kScaleBlock = 32; // k that share a scale

// What CBSZ and BLGP choose.
struct Format {
  int registers;
  bool halves;
};
constexpr Format kFormats[] = {{8, true}, {8, true}, {6, false}, {6, false}, {4, false}};

template <int N, int K> struct FloatMatrix {
  using Layout = InputLayout<N, K, 1>;
  static_assert(Layout::kPerLane == 32);
  // Lane group g starts with these k in each half of K.
  static constexpr auto kHalfOffsets = [] {
    auto offsets = Layout::kGroupOffsets;
    for (int &offset : offsets)
      offset /= 2;
    return offsets;
  }();

  template <Element e> void load(const u32 *const *words) {
    if constexpr (elementBits(e) == 8) {
      unpack<e, N>(words, 16, kHalfOffsets.data(), values);
      unpack<e, N>(words + 4, 16, kHalfOffsets.data(), values + K / 2 * N);
    } else {
      unpack<e, N>(words, 32, Layout::kGroupOffsets.data(), values);
    }
  }

  void read(Wave &w, const Instruction &i, u16 code, int format) {
    if (format > 4)
      w.fault(i, fmt::format("format {} of matrix {} is none", format,
                             code == i.src[0] ? "A (cbsz)" : "B (blgp)"));
    MatrixWords words = readMatrix(w, i, code, kFormats[format].registers);
    const u32 *const *lanes = words.lanes.data();
    switch (format) {
    case 0:
      return load<Element::kFp8>(lanes);
    case 1:
      return load<Element::kBf8>(lanes);
    case 2:
      return load<Element::kFp6>(lanes);
    case 3:
      return load<Element::kBf6>(lanes);
    default:
      return load<Element::kFp4>(lanes);
    }
  }

  alignas(64) float values[K * N];
};

// acc += sums · 2^(a[i] + b[j] - 254), rounded once.
template <int N> struct AddScaled {
  [[gnu::always_inline]] static void run(const float *sums, const i32 *a, const i32 *b,
                                         float *acc) {
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        // The power of two as two factors. The first is inexact only where the result is far below
        // the smallest denormal.
        i32 exponent = a[i] + b[j] - 254;
        i32 second = std::clamp(exponent, -126, 127);
        i32 first = std::max(exponent - second, -126);
        float scaled = sums[i * N + j] * power(first);
        float sum = fusedMultiplyAdd(scaled, power(second), acc[i * N + j]);
        bool nan = (a[i] == 0xff) | (b[j] == 0xff);
        acc[i * N + j] = nan ? std::bit_cast<float>(0x7fc00000) : sum;
      }
  }
  [[gnu::always_inline]] static float power(i32 exponent) {
    return std::bit_cast<float>(static_cast<u32>(exponent + 127) << 23);
  }
};

// The same where overflow gives the largest value; sums are finite unless an operand is not.
template <int N> void addSaturating(const float *sums, const i32 *a, const i32 *b, float *acc) {
  float result[N * N];
  std::copy_n(acc, N * N, result);
  AddScaled<N>::run(sums, a, b, result);
  for (int n = 0; n < N * N; ++n)
    acc[n] = std::isinf(result[n]) && std::isfinite(sums[n]) && std::isfinite(acc[n])
                 ? std::copysign(std::numeric_limits<float>::max(), result[n])
                 : result[n];
}

// The exponents of one scale operand: byte `select` of a VGPR (7.2.1). The manual has inline
// constants here too, LLVM and so the decoder do not.
void readScales(Wave &w, const Instruction &i, u16 code, int select, i32 *scales) {
  const u32 *lanes = w.readVgpr(i, code, kAllLanes);
  for (int l = 0; l < kLanes; ++l)
    scales[l] = static_cast<i32>(lanes[l] >> 8 * select & 0xff);
}

template <int N, int K, bool scaled> void mfmaScaled(Wave &w, const Instruction &i) {
  FloatMatrix<N, K> a, b;
  a.read(w, i, i.src[0], i.cbsz);
  b.read(w, i, i.src[1], i.blgp);
  // Lane l holds the scale of row or column l % N and block l / N: block after block.
  i32 scales_a[kLanes], scales_b[kLanes];
  if constexpr (scaled) {
    readScales(w, i, i.scale[0], (i.scale_select & 1) | (i.scale_select_hi & 1) << 1, scales_a);
    readScales(w, i, i.scale[1], (i.scale_select >> 1 & 1) | (i.scale_select_hi & 2), scales_b);
  } else {
    std::fill_n(scales_a, kLanes, 127);
    std::fill_n(scales_b, kLanes, 127);
  }
  alignas(64) float acc[1][N * N];
  if (hasConstantAccumulator(i))
    std::fill_n(acc[0], N * N, std::bit_cast<float>(w.scalar32(i, i.src[2])));
  else
    loadRows<N, 1>(w, i, i.src[2], acc);
  static const auto add =
      chooseHostVectors<AddScaled<N>, const float *, const i32 *, const i32 *, float *>();
  bool saturate = saturatesOverflow(w);
  for (int k = 0; k < K; k += kScaleBlock) {
    alignas(64) float sums[N * N] = {};
    multiply<N, kScaleBlock>(a.values + k * N, b.values + k * N, sums);
    const i32 *row_scales = scales_a + k / kScaleBlock * N;
    const i32 *column_scales = scales_b + k / kScaleBlock * N;
    if (saturate) [[unlikely]]
      addSaturating<N>(sums, row_scales, column_scales, acc[0]);
    else
      add(sums, row_scales, column_scales, acc[0]);
  }
  storeRows<N, 1>(w, i, acc);
  w.mfma_flops += u64{2} * N * N * K;
}

const Semantics kTable[] = {
    {"v_mfma_f32_16x16x128_f8f6f4", mfmaScaled<16, 128, false>, 3},
    {"v_mfma_f32_32x32x64_f8f6f4", mfmaScaled<32, 64, false>, 3},
    {"v_mfma_scale_f32_16x16x128_f8f6f4", mfmaScaled<16, 128, true>, 3},
    {"v_mfma_scale_f32_32x32x64_f8f6f4", mfmaScaled<32, 64, true>, 3},
};

} // namespace

std::span<const Semantics> mfmaScaledSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
