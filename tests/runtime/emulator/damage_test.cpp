// What the fuzz target promises, on damaged code objects, random code and absurd launches that are
// the same in every run.
#include "runtime/emulator/device.h"
#include "tests/runtime/emulator/feed_bytes.h"
#include "tests/runtime/emulator/test_objects.h"

#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

std::vector<std::byte> randomBytes(std::mt19937 &random, std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (auto &b : bytes)
    b = static_cast<std::byte>(random());
  return bytes;
}

TEST(Damage, FlippedBytesOfACodeObjectAreAnErrorOrAnotherKernel) {
  std::mt19937 random(1);
  const auto whole = compiledKernels("basics", 3);
  for (int n = 0; n < 400; ++n) {
    auto bytes = whole;
    for (unsigned flips = 1 + random() % 8; flips; --flips)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    feedCodeObject(bytes);
  }
}

TEST(Damage, TruncatedCodeObjectsAreRefused) {
  const auto whole = compiledKernels("split", 3);
  Device device;
  std::size_t refused = 0;
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    std::span part(whole.data(), size);
    feedCodeObject(part);
    refused += !device.load(part).has_value();
  }
  EXPECT_GT(refused, whole.size() / 97 / 2);
}

TEST(Damage, RandomWordsAsCodeEndInAnErrorWithinTheLimit) {
  std::mt19937 random(2);
  const auto blank = objectFile("blank");
  for (int n = 0; n < 400; ++n)
    feedCode(randomBytes(random, 8 + random() % 512), blank);
}

TEST(Damage, CodeOfRealKernelsWithRandomWordsBetweenEndsWithinTheLimit) {
  std::mt19937 random(3);
  const auto blank = objectFile("blank");
  const auto real = compiledKernels("basics", 3);
  for (int n = 0; n < 400; ++n) {
    std::size_t begin = random() % (real.size() - 2048) / 4 * 4;
    std::vector<std::byte> bytes(real.begin() + static_cast<std::ptrdiff_t>(begin),
                                 real.begin() + static_cast<std::ptrdiff_t>(begin + 2048));
    for (int words = 0; words < 4; ++words)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    feedCode(bytes, blank);
  }
}

TEST(Damage, AbsurdLaunchesAreRefusedOrEnd) {
  std::mt19937 random(4);
  const auto object = compiledKernels("basics", 3);
  for (int n = 0; n < 400; ++n)
    feedLaunch(randomBytes(random, random() % 96), object);
}

} // namespace
} // namespace gemmsmith::emulator
