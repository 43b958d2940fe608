#include "tools/verify/bf16.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace gemmsmith::verify {
namespace {

TEST(Bf16, EveryValueSurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto value = static_cast<Bf16>(bits);
    if (isNan(value)) {
      EXPECT_TRUE(isNan(toBf16(fromBf16(value)))) << bits;
      EXPECT_TRUE(isNan(toBf16(static_cast<double>(fromBf16(value))))) << bits;
    } else {
      EXPECT_EQ(toBf16(fromBf16(value)), value);
      EXPECT_EQ(toBf16(static_cast<double>(fromBf16(value))), value);
    }
  }
}

TEST(Bf16, TiesGoToEven) {
  EXPECT_EQ(fromBf16(toBf16(257.0f)), 256.0f);
  EXPECT_EQ(fromBf16(toBf16(259.0f)), 260.0f);
  EXPECT_EQ(fromBf16(toBf16(-257.0f)), -256.0f);
}

TEST(Bf16, OverflowsToInfinity) {
  EXPECT_TRUE(std::isinf(fromBf16(toBf16(std::numeric_limits<float>::max()))));
  EXPECT_TRUE(std::isinf(fromBf16(toBf16(1e300))));
}

TEST(Bf16, NanWithOnlyLowBitsStaysNan) {
  EXPECT_TRUE(isNan(toBf16(std::bit_cast<float>(0x7f800001u))));
}

TEST(Bf16, DoublesAreRoundedOnce) {
  // Just above the tie between 256 and 258: the nearest float is the tie itself.
  const double above = 257.0 + 0x1p-30;
  EXPECT_EQ(fromBf16(toBf16(static_cast<float>(above))), 256.0f);
  EXPECT_EQ(fromBf16(toBf16(above)), 258.0f);
  // Just below the tie between 258 and 260, which would go up to even.
  EXPECT_EQ(fromBf16(toBf16(259.0 - 0x1p-30)), 258.0f);
}

TEST(Bf16, DenormalsRoundToNearest) {
  EXPECT_EQ(toBf16(0x1.8p-133), 2);  // a tie between 1 and 2 units
  EXPECT_EQ(toBf16(0x1p-134), 0);    // a tie between 0 and 1
  EXPECT_EQ(toBf16(0x1.01p-134), 1); // above it
}

} // namespace
} // namespace gemmsmith::verify
