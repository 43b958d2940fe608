// libFuzzer target: the first byte chooses how the others reach the emulated device.
//
//   fuzz_emulator CORPUS -max_len=2057 -max_total_time=3600
//
// The mutator knows what instructions look like: it writes such that can be executed, preferably on
// the low registers, in which kernels/blank.s has put something; and it moves whole words.
#include "runtime/emulator/decode.h"
#include "tests/runtime/emulator/feed_bytes.h"

#include <algorithm>
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
// MUBUF, MTBUF, FLAT, and the SDWA and DPP forms; and the bits that are free.
constexpr std::uint32_t kEncodings[][2] = {
    {0x80000000, 0x3fffffff}, {0xbe800000, 0x007fffff}, {0xbf000000, 0x007fffff},
    {0xbf800000, 0x001f0000}, {0xb0000000, 0x0fffffff}, {0xc0000000, 0x03ffffff},
    {0x00000000, 0x7fffffff}, {0x7e000000, 0x01ffffff}, {0x7c000000, 0x01ffffff},
    {0xd0000000, 0x00ffffff}, {0xd1000000, 0x00ffffff}, {0xd2000000, 0x00ffffff},
    {0xd3800000, 0x007fffff}, {0xd3b00000, 0x004fffff}, {0xd8000000, 0x03ffffff},
    {0xe0000000, 0x03ffffff}, {0xe8000000, 0x03ffffff}, {0xdc000000, 0x03ffffff},
    {0x000000f9, 0x7ffffe00}, {0x000000fa, 0x7ffffe00}, {0x7e0000f9, 0x01fffe00},
    {0x7e0000fa, 0x01fffe00}, {0x7c0000f9, 0x01fffe00}};

struct Words {
  std::uint32_t word[2] = {};
  std::size_t bytes = 4;
};

Words randomInstruction(std::minstd_rand &random) {
  auto bits = [&] { return static_cast<std::uint32_t>(random() << 16 ^ random()); };
  Words words;
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto &[prefix, free] = kEncodings[random() % std::size(kEncodings)];
    words.word[0] = prefix | (bits() & free);
    words.word[1] = bits() & (random() % 4 ? 0x0f0f0f0f : ~0u);
    Instruction i = decode(words.word);
    words.bytes = i.dwords * std::size_t{4};
    if (i.execute)
      break;
  }
  return words;
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (size < kHeader + 4 || random() % 3 == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  std::size_t at = kHeader + random() % ((size - kHeader) / 4) * 4;
  Words words = randomInstruction(random);
  if (random() % 2 == 0 && size + words.bytes <= max_size) { // insert
    std::memmove(data + at + words.bytes, data + at, size - at);
    size += words.bytes;
  }
  std::memcpy(data + at, words.word, std::min(words.bytes, size - at));
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
