#include "runtime/launch_key.h"

#include <xxhash.h>

namespace gemmsmith::runtime {

static_assert(static_cast<int>(DataType::kBf16) == GS_BF16 &&
              static_cast<int>(DataType::kF16) == GS_F16 &&
              static_cast<int>(DataType::kF32) == GS_F32);
static_assert(static_cast<int>(BLayout::kRowMajor) == GS_B_ROW_MAJOR &&
              static_cast<int>(BLayout::kPreshuffled) == GS_B_PRESHUFFLED);
static_assert(sizeof(LaunchKey) == 7 * sizeof(std::uint64_t)); // no padding to hash

std::uint64_t hash(const LaunchKey &key) noexcept {
  return XXH3_64bits(&key, sizeof key);
}

Problem problemOf(const LaunchKey &key) {
  const auto field = [&](int shift) { return static_cast<std::uint8_t>(key.traits >> shift); };
  Problem problem;
  problem.m = key.m;
  problem.n = key.n;
  problem.k = key.k;
  problem.lda = key.lda;
  problem.ldb = key.ldb;
  problem.ldc = key.ldc;
  problem.in_type = static_cast<DataType>(field(0));
  problem.out_type = static_cast<DataType>(field(8));
  problem.bias = field(16) != 0;
  problem.b_layout = static_cast<BLayout>(field(24));
  // The selection only asks whether 16-byte copies are possible.
  problem.pointer_alignment = field(32) ? 16 : sizeInBytes(problem.in_type);
  return problem;
}

} // namespace gemmsmith::runtime
