// Pieces of assembly that touch memory, each run by one wave: how the tests of memory instructions
// work.
#pragma once

#include "runtime/emulator/integers.h"
#include "tests/runtime/emulator/harness.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

struct MemoryOptions {
  int row_dwords = 8;    // inputs of a lane, in v4, v5, …
  int output_dwords = 4; // results of a lane, in v32, v33, …; at most 16
  int lds_bytes = 0;
  int private_bytes = 0;
  // The memory under test is LDS: its first 2048 bytes are filled from the image before the snippet
  // and copied back after it.
  bool lds_image = false;
  std::string directives = {};
  DeviceOptions device = {};
};

struct MemoryTable {
  std::vector<u32> rows;                 // of 64 lanes
  std::vector<std::byte> image;          // the memory under test
  std::size_t written = ~std::size_t{0}; // bytes of it that somebody wrote before the launch
};

struct MemoryResult {
  std::string error; // empty: the launch went well
  std::vector<std::byte> image;
  std::vector<u32> outputs;
};

// A snippet sees its lane in v0 and 4 * lane in v1. s[64:65] is the address of the image, s66 its
// size in bytes, and s[64:67] a raw buffer over it. It may use v2 to v98 and s[20:63], s[68:99],
// vcc, m0 and EXEC. Results start as 0x5a5a5a5a.
inline constexpr u32 kNoResult = 0x5a5a5a5a;

class MemorySnippets {
public:
  MemorySnippets(std::span<const std::string> snippets, const MemoryOptions &options);
  MemoryResult run(std::size_t n, const MemoryTable &table);

private:
  MemoryOptions options_;
  Harness harness_;
};

// Code that makes s[64:67] another buffer over the image: more bits of the second dword (the stride
// from bit 16 on), NUM_RECORDS, and the last dword.
std::string bufferOver(u32 second, u32 records, u32 last = 0x27000);

// What one active lane does to the memory under test, and what it returns.
using LaneModel = std::function<void(std::vector<std::byte> &memory, std::span<const u32> row,
                                     std::span<u32> out, int lane)>;

struct MemoryCase {
  std::string code;
  LaneModel model;
};

// Runs each case on each table, with every EXEC of `masks`, and compares every byte of the image
// and every result. Lanes act in ascending order.
void expectCases(std::span<const MemoryCase> cases, const MemoryOptions &options,
                 std::span<const MemoryTable> tables,
                 std::span<const u64> masks = std::array<u64, 3>{~u64{0}, 0x8000f00ff0a50001, 0});

template <typename T> T getAt(const std::vector<std::byte> &memory, std::size_t at) {
  T value{};
  if (at + sizeof(T) > memory.size())
    ADD_FAILURE() << "the model reads byte " << at;
  else
    std::memcpy(&value, memory.data() + at, sizeof(T));
  return value;
}
template <typename T> void putAt(std::vector<std::byte> &memory, std::size_t at, T value) {
  if (at + sizeof(T) > memory.size())
    ADD_FAILURE() << "the model writes byte " << at;
  else
    std::memcpy(memory.data() + at, &value, sizeof(T));
}

// Words that are edges of integers and floats of 16, 32 and 64 bits, and random ones.
std::vector<u32> edgeWords(std::size_t count, unsigned seed);
std::vector<std::byte> edgeBytes(std::size_t count, unsigned seed);

} // namespace gemmsmith::emulator
