// Short pieces of assembly run over a table of inputs: how the tests of single instructions work.
#pragma once

#include "runtime/emulator/device.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// Each input is one lane of a wave; a snippet sees its dwords in v4, v5, … and leaves its results
// from v32 on. s[20:63], s[66:101], vcc, m0, all other VGPRs up to v127 and a0 to a127 are free;
// v0 is the lane, v1 is 4 * lane, EXEC is all ones and must be so again at the end.
struct SnippetTable {
  std::span<const std::uint32_t> inputs; // row by row, a multiple of 64 rows
  int input_dwords = 3;                  // per row, at most 16
  int output_dwords = 1;                 // per row, at most 16
  int lds_bytes = 0;                     // one wave is one workgroup
  std::string directives;                // more .amdhsa_ lines, MODE's initial value say
  DeviceOptions device;
};

// Assembles all snippets into one code object and runs each over the table. Element [n] holds the
// results of snippet n, row by row; it is empty if that launch failed, which is also a test failure
// that names the snippet.
std::vector<std::vector<std::uint32_t>> runSnippets(std::span<const std::string> snippets,
                                                    const SnippetTable &table);

} // namespace gemmsmith::emulator
