// The elements of A and B as float32, which holds every format of at most 16 bits, and products of
// bytes, exactly.
#pragma once

#include "runtime/emulator/host_vectors.h"
#include "runtime/emulator/mfma_layout.h"
#include "runtime/emulator/small_float.h"

namespace gemmsmith::emulator {

enum class Element : u8 { kF32, kF16, kBf16, kI8, kFp8, kBf8, kFp6, kBf6, kFp4 };

constexpr int elementBits(Element e) {
  switch (e) {
  case Element::kF32:
    return 32;
  case Element::kF16:
  case Element::kBf16:
    return 16;
  case Element::kFp6:
  case Element::kBf6:
    return 6;
  case Element::kFp4:
    return 4;
  default:
    return 8;
  }
}

// From bits that start at bit 0; what lies above the element is ignored.
template <Element e> constexpr float toFloat(u32 bits) {
  if constexpr (e == Element::kF32)
    return std::bit_cast<float>(bits);
  else if constexpr (e == Element::kI8)
    return static_cast<float>(static_cast<i32>(bits << 24) >> 24);
  else if constexpr (e == Element::kF16)
    return decodeFloat<kHalfFormat>(bits);
  else if constexpr (e == Element::kBf16)
    return decodeFloat<kBfloatFormat>(bits);
  else if constexpr (e == Element::kFp8)
    return decodeFloat<kFp8Format>(bits);
  else if constexpr (e == Element::kBf8)
    return decodeFloat<kBf8Format>(bits);
  else if constexpr (e == Element::kFp6)
    return decodeFloat<kFp6Format>(bits);
  else if constexpr (e == Element::kBf6)
    return decodeFloat<kBf6Format>(bits);
  else
    return decodeFloat<kFp4Format>(bits);
}

template <Element e, int N> struct Unpack {
  [[gnu::always_inline]] static void run(const u32 *const *words, int items, const int *offsets,
                                         float *out) {
    constexpr int kBits = elementBits(e);
    for (int n = 0; n < items; ++n) {
      int shift = n * kBits % 32;
      const u32 *low = words[n * kBits / 32];
      // Only elements of six bits lie across registers.
      const u32 *high = 32 % kBits != 0 && shift + kBits > 32 ? words[n * kBits / 32 + 1] : nullptr;
      for (int g = 0; g < kLanes / N; ++g) {
        float *to = out + offsets[g] + n * N;
        for (int l = 0; l < N; ++l)
          to[l] = toFloat<e>(high ? low[g * N + l] >> shift | high[g * N + l] << (32 - shift)
                                  : low[g * N + l] >> shift);
      }
    }
  }
};

// `items` elements of each lane: those of lane group g go to out[offsets[g] + item * N + lane % N].
template <Element e, int N>
void unpack(const u32 *const *words, int items, const int *offsets, float *out) {
  static const auto run =
      chooseHostVectors<Unpack<e, N>, const u32 *const *, int, const int *, float *>();
  run(words, items, offsets, out);
}

} // namespace gemmsmith::emulator
