// libFuzzer target: the first byte chooses how the others reach the emulated device.
//
//   fuzz_emulator CORPUS -max_len=4096 -max_total_time=3600
//
// The mutator knows what instructions look like: it writes words with the prefix of an encoding,
// and moves whole words.
#include "tests/runtime/emulator/feed_bytes.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace gemmsmith::emulator;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t max_size);

namespace {

std::vector<std::byte> readObject(const char *path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  return {bytes, bytes + text.size()};
}

constexpr std::size_t kHeader = 9; // the chooser, and what feedCode() takes for itself

// SOP2, SOP1, SOPC, SOPP, SOPK, SMEM, VOP2, VOP1, VOPC, VOP3 (three ranges), VOP3P, MFMA, DS,
// MUBUF, FLAT; and the bits that are free.
constexpr std::uint32_t kEncodings[][2] = {
    {0x80000000, 0x3fffffff}, {0xbe800000, 0x007fffff}, {0xbf000000, 0x007fffff},
    {0xbf800000, 0x001f0000}, {0xb0000000, 0x0fffffff}, {0xc0000000, 0x03ffffff},
    {0x00000000, 0x7fffffff}, {0x7e000000, 0x01ffffff}, {0x7c000000, 0x01ffffff},
    {0xd0000000, 0x00ffffff}, {0xd1000000, 0x00ffffff}, {0xd2000000, 0x00ffffff},
    {0xd3800000, 0x007fffff}, {0xd3b00000, 0x004fffff}, {0xd8000000, 0x03ffffff},
    {0xe0000000, 0x03ffffff}, {0xdc000000, 0x03ffffff}};

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (size < kHeader + 4 || random() % 3 == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  std::size_t words = (size - kHeader) / 4;
  std::uint8_t *at = data + kHeader + random() % words * 4;
  const auto &[prefix, free] = kEncodings[random() % std::size(kEncodings)];
  std::uint32_t word = prefix | (static_cast<std::uint32_t>(random() << 16 ^ random()) & free);
  if (random() % 4 == 0 && size + 4 <= max_size) { // insert
    std::memmove(at + 4, at, static_cast<std::size_t>(data + size - at));
    size += 4;
  }
  std::memcpy(at, &word, 4);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const std::vector<std::byte> blank = readObject(EMULATOR_OBJECTS "/blank.co");
  static const std::vector<std::byte> basics = readObject(EMULATOR_OBJECTS "/basics_O3.co");
  if (size == 0)
    return 0;
  std::span bytes(reinterpret_cast<const std::byte *>(data) + 1, size - 1);
  if (data[0] % 8 == 0)
    feedCodeObject(bytes);
  else if (data[0] % 8 == 1)
    feedLaunch(bytes, basics);
  else
    feedCode(bytes, blank);
  return 0;
}
