// What a prepared launch is found by: the problem and the device.
#pragma once

#include "configs/error.h"
#include "configs/problem.h"
#include "runtime/gemmsmith.h"

#include <cstdint>

namespace gemmsmith::runtime {

struct LaunchKey {
  std::int64_t m, n, k;
  std::int64_t lda, ldb, ldc; // never 0
  std::uint64_t traits;       // types, bias, layout, alignment and device

  bool operator==(const LaunchKey &) const = default;
};

// Of a problem as it was given, right or wrong; nothing that problemOf() accepts is found under the
// key of another problem. `aligned`: A and B start at multiples of 16 bytes.
inline LaunchKey launchKey(const gs_problem &p, bool aligned, int device) noexcept {
  const auto field = [](auto value, int shift) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(value) & 0xff) << shift;
  };
  return {p.m,
          p.n,
          p.k,
          p.lda ? p.lda : p.k,
          p.ldb ? p.ldb : p.k,
          p.ldc ? p.ldc : p.n,
          field(p.in_type, 0) | field(p.out_type, 8) | field(p.bias, 16) | field(p.b_layout, 24) |
              field(aligned, 32) | static_cast<std::uint64_t>(device) << 40};
}

std::uint64_t hash(const LaunchKey &key) noexcept;

inline int deviceOf(const LaunchKey &key) {
  return static_cast<int>(key.traits >> 40);
}

// The problem of a key that was made from a well-formed gs_problem, for the selection.
Problem problemOf(const LaunchKey &key);

} // namespace gemmsmith::runtime
