// Inner products of unpacked matrices, the time that matrix instructions take.
#pragma once

#include "runtime/emulator/host_vectors.h"
#include "runtime/emulator/mfma_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace gemmsmith::emulator {

template <typename T> [[gnu::always_inline]] inline T fusedMultiplyAdd(T a, T b, T c) {
  if constexpr (std::is_same_v<T, double>)
    return __builtin_fma(a, b, c);
  else
    return __builtin_fmaf(a, b, c);
}

inline float saturatingMultiplyAdd(float a, float b, float c) {
  float sum = std::fma(a, b, c);
  bool overflows = std::isinf(sum) && std::isfinite(a) && std::isfinite(b) && std::isfinite(c);
  return overflows ? std::copysign(std::numeric_limits<float>::max(), sum) : sum;
}

// Adds a sum of at most 128 products of bytes, which float32 holds exactly, to an i32.
inline u32 addProducts(u32 c, float products, bool saturate) {
  auto sum = static_cast<i32>(products);
  if (saturate)
    return static_cast<u32>(std::clamp<i64>(i64{static_cast<i32>(c)} + sum,
                                            std::numeric_limits<i32>::min(),
                                            std::numeric_limits<i32>::max()));
  return c + static_cast<u32>(sum);
}

// acc[N][N] += a[K][N]ᵀ · b[K][N], one fused multiply-add after the other in ascending k; rows in
// fours, so that their chains overlap.
template <int N, int K, typename T> struct Multiply {
  [[gnu::always_inline]] static void run(const T *__restrict a, const T *__restrict b,
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
          r0[j] = fusedMultiplyAdd(a0, b[k * N + j], r0[j]);
          r1[j] = fusedMultiplyAdd(a1, b[k * N + j], r1[j]);
          r2[j] = fusedMultiplyAdd(a2, b[k * N + j], r2[j]);
          r3[j] = fusedMultiplyAdd(a3, b[k * N + j], r3[j]);
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
};

template <int N, int K, typename T> void multiply(const T *a, const T *b, T *acc) {
  static const auto run = chooseHostVectors<Multiply<N, K, T>, const T *, const T *, T *>();
  run(a, b, acc);
}

// The same in float32 where each step that overflows gives the largest value instead of infinity;
// infinities among the operands stay (CDNA4 ISA 3.5 FP16_OVFL).
template <int N, int K> void multiplySaturating(const float *a, const float *b, float *acc) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j)
      for (int k = 0; k < K; ++k)
        acc[i * N + j] = saturatingMultiplyAdd(a[k * N + i], b[k * N + j], acc[i * N + j]);
}

} // namespace gemmsmith::emulator
