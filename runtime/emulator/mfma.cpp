// Matrix fused multiply-add (CDNA4 ISA chapter 7).
//
// Order of accumulation, which the manual leaves open: D[i][j] starts as C[i][j] and takes the
// products in ascending k, each with one fused multiply-add in float32 to nearest even. Products of
// bf16, f16 and smaller floats are exact; denormals are kept everywhere (7.4), so MODE plays no
// part. Integer forms wrap at 32 bits.
//
// Layout (7.1.4): with N = 16 or 32 columns per block, lane l holds row or column l % N of A or B
// and the k values of its lane group l / N; D's rows lie in registers, four consecutive rows per
// group. EXEC is ignored.
#include "runtime/emulator/integers.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/wave.h"

#include <cmath>

namespace gemmsmith::emulator {
namespace {

enum class Element { kF32, kF16, kBf16, kI8 };

constexpr int elementBytes(Element e) {
  return e == Element::kF32 ? 4 : e == Element::kI8 ? 1 : 2;
}

template <Element e> auto element(u32 word, int index) {
  if constexpr (e == Element::kF32)
    return std::bit_cast<float>(word);
  else if constexpr (e == Element::kBf16)
    return std::bit_cast<float>(index ? word & 0xffff0000 : word << 16);
  else if constexpr (e == Element::kF16)
    return static_cast<float>(std::bit_cast<_Float16>(static_cast<u16>(word >> 16 * index)));
  else
    return static_cast<std::int32_t>(static_cast<std::int8_t>(word >> 8 * index));
}

template <typename T> T multiplyAdd(T a, T b, T c) {
  if constexpr (std::is_same_v<T, float>)
    return __builtin_fmaf(a, b, c);
  else
    return static_cast<T>(static_cast<u32>(a) * static_cast<u32>(b) + static_cast<u32>(c));
}

// acc[N][N] += a[K][N]ᵀ · b[K][N]; rows in blocks of four so that chains of additions overlap.
template <int N, int K, typename T>
[[gnu::always_inline]] inline void multiplyBody(const T *__restrict a, const T *__restrict b,
                                                T *__restrict acc) {
  for (int i = 0; i < N; i += 4) {
    T r0[N], r1[N], r2[N], r3[N];
    for (int j = 0; j < N; ++j) {
      r0[j] = acc[i * N + j];
      r1[j] = acc[(i + 1) * N + j];
      r2[j] = acc[(i + 2) * N + j];
      r3[j] = acc[(i + 3) * N + j];
    }
    for (int k = 0; k < K; ++k) {
      T a0 = a[k * N + i], a1 = a[k * N + i + 1], a2 = a[k * N + i + 2], a3 = a[k * N + i + 3];
      for (int j = 0; j < N; ++j) {
        r0[j] = multiplyAdd(a0, b[k * N + j], r0[j]);
        r1[j] = multiplyAdd(a1, b[k * N + j], r1[j]);
        r2[j] = multiplyAdd(a2, b[k * N + j], r2[j]);
        r3[j] = multiplyAdd(a3, b[k * N + j], r3[j]);
      }
    }
    for (int j = 0; j < N; ++j) {
      acc[i * N + j] = r0[j];
      acc[(i + 1) * N + j] = r1[j];
      acc[(i + 2) * N + j] = r2[j];
      acc[(i + 3) * N + j] = r3[j];
    }
  }
}

// The same code for what the host can do; a plain x86-64 build has neither FMA nor wide vectors.
#if defined(__x86_64__)
template <int N, int K, typename T>
[[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,fma,prefer-vector-width=512")]] void
multiplyAvx512(const T *a, const T *b, T *acc) {
  multiplyBody<N, K>(a, b, acc);
}
template <int N, int K, typename T>
[[gnu::target("avx2,fma")]] void multiplyAvx2(const T *a, const T *b, T *acc) {
  multiplyBody<N, K>(a, b, acc);
}
#endif
template <int N, int K, typename T> void multiplyPlain(const T *a, const T *b, T *acc) {
  multiplyBody<N, K>(a, b, acc);
}

template <typename T> using Multiply = void (*)(const T *, const T *, T *);

template <int N, int K, typename T> Multiply<T> chooseMultiply() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return multiplyAvx512<N, K, T>;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return multiplyAvx2<N, K, T>;
#endif
  return multiplyPlain<N, K, T>;
}

// The lane that supplies lane `l` of A under CBSZ and ABID (7.1.6.1), and of B under BLGP
// (7.1.6.3).
int broadcastA(const Instruction &i, int l) {
  int size = kLanes >> i.cbsz;
  return l % size + size * i.abid;
}
int broadcastB(const Instruction &i, int l) {
  switch (i.blgp) {
  case 1:
    return l % 32;
  case 2:
    return l % 32 + 32;
  case 3:
    return (l + 16) % 64;
  case 4:
  case 5:
  case 6:
  case 7:
    return l % 16 + 16 * (i.blgp - 4);
  default:
    return l;
  }
}

// One instruction: `blocks` products of N x K by K x N matrices.
template <int N, int K, int blocks, Element e> void mfma(Wave &w, const Instruction &i) {
  using T = std::conditional_t<e == Element::kI8, std::int32_t, float>;
  constexpr int kBytes = elementBytes(e);
  constexpr int kPerWord = 4 / kBytes;
  constexpr int kGroups = kLanes / (N * blocks); // lane groups that share a block's k
  constexpr int kPerLane = K / kGroups;          // consecutive k of a lane
  constexpr int kWords = kPerLane * kBytes / 4;
  constexpr int kRegisters = N * N * blocks / kLanes;
  static_assert(kWords >= 1 && kWords * kPerWord == kPerLane);

  const u32 *a_words[kWords], *b_words[kWords];
  for (int r = 0; r < kWords; ++r) {
    a_words[r] = w.readVgpr(i, static_cast<u16>(i.src[0] + r), kAllLanes);
    b_words[r] = w.readVgpr(i, static_cast<u16>(i.src[1] + r), kAllLanes);
  }
  bool permuted = i.cbsz || i.blgp;
  alignas(64) T a[blocks][K * N], b[blocks][K * N], acc[blocks][N * N];
  for (int block = 0; block < blocks; ++block)
    for (int g = 0; g < kGroups; ++g)
      for (int r = 0; r < kWords; ++r)
        for (int s = 0; s < kPerWord; ++s) {
          int k = g * kPerLane + r * kPerWord + s;
          int base = (g * blocks + block) * N;
          T *a_row = a[block] + k * N, *b_row = b[block] + k * N;
          if (!permuted) [[likely]] {
            for (int m = 0; m < N; ++m) {
              a_row[m] = element<e>(a_words[r][base + m], s);
              b_row[m] = element<e>(b_words[r][base + m], s);
            }
          } else {
            for (int m = 0; m < N; ++m) {
              a_row[m] = element<e>(a_words[r][broadcastA(i, base + m)], s);
              b_row[m] = element<e>(b_words[r][broadcastB(i, base + m)], s);
            }
          }
        }

  // Row of block `block` that register `reg` of a lane in group g holds: four rows at a time are
  // dealt to the lane groups in turn.
  constexpr int kRowGroups = N >= kLanes ? 1 : kLanes / N;
  constexpr int kPerBlock = N * N / kLanes; // registers of one block, if a block fills all lanes
  auto forD = [&](auto &&body) {
    if constexpr (kPerBlock >= 4) { // 16x16, 32x32: every block spans all lanes
      for (int block = 0; block < blocks; ++block)
        for (int r = 0; r < kPerBlock; ++r)
          for (int g = 0; g < kRowGroups; ++g) {
            int row = (r / 4) * 4 * kRowGroups + g * 4 + r % 4;
            body(block * kPerBlock + r, g * N, block, row);
          }
    } else { // 4x4: block b lies in lanes 4b to 4b+3, its rows in the four registers
      for (int block = 0; block < blocks; ++block)
        for (int r = 0; r < N; ++r)
          body(r, block * N, block, r);
    }
  };

  const u32 *c[kRegisters];
  if (i.src[2] >= kVgpr) {
    for (int r = 0; r < kRegisters; ++r)
      c[r] = w.readVgpr(i, static_cast<u16>(i.src[2] + r), kAllLanes);
    forD([&](int reg, int lane, int block, int row) {
      std::memcpy(acc[block] + row * N, c[reg] + lane, N * sizeof(T));
    });
  } else {
    u32 value = w.scalar32(i, i.src[2]);
    for (auto &block : acc)
      for (T &v : block)
        v = std::bit_cast<T>(value);
  }

  static const Multiply<T> multiply = chooseMultiply<N, K, T>();
  for (int block = 0; block < blocks; ++block)
    multiply(a[block], b[block], acc[block]);

  u32 *d[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    d[r] = w.writeVgpr(i, static_cast<u16>(i.dst + r), kAllLanes);
  forD([&](int reg, int lane, int block, int row) {
    std::memcpy(d[reg] + lane, acc[block] + row * N, N * sizeof(T));
  });
  w.mfma_flops += std::uint64_t{2} * N * N * K * blocks;
}

constexpr Element kF32 = Element::kF32, kF16 = Element::kF16, kBf16 = Element::kBf16,
                  kI8 = Element::kI8;

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
};

} // namespace

std::span<const Semantics> mfmaSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
