// Tests of single instructions: pieces of assembly over rows of edge and random values, each row
// against what the manual's pseudocode gives.
#pragma once

#include "runtime/emulator/integers.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

inline constexpr std::size_t kInputs = 8, kMaxOutputs = 4;
using Inputs = std::array<u32, kInputs>;
using Outputs = std::array<u32, kMaxOutputs>;

struct InstructionCase {
  std::string code;
  std::function<Outputs(const Inputs &in, unsigned lane)> expected;
};

// v32 from v4, v5, v6: F(a, b, c). v32 holds the fourth input before.
InstructionCase ofValues(std::string code, std::function<u32(u32, u32, u32)> f);
// The same with the previous contents of v32: F(a, b, c, old).
InstructionCase ofValuesAndOld(std::string code, std::function<u32(u32, u32, u32, u32)> f);
// Only the lanes in `exec` are active while `code` runs; the others must keep what v32 holds.
InstructionCase inLanes(u64 exec, const InstructionCase &inner);

// For scalar instructions: per row, s[24:25], s[26:27] and s[28:29] hold three 64-bit inputs, the
// last of which is what the destination s[28:29] holds before, and SCC is bit 0 of the seventh
// input. The outputs are s28, s29 and SCC.
struct ScalarCaseState {
  u64 a = 0, b = 0, d = 0;
  bool scc = false;
};
InstructionCase scalarCase(const std::string &code, std::function<void(ScalarCaseState &)> f);

// Runs all cases over the rows and compares `outputs` dwords of each, from v32 on; in MODE as
// `directives` and the instructions of `setup` make it.
void expectCases(std::span<const InstructionCase> cases, int outputs = 1,
                 const std::string &directives = {}, const std::string &setup = {});

inline i32 asSigned(u32 v) {
  return static_cast<i32>(v);
}
// `width` bits of v from `at` on, extended by zeros or by their sign.
inline i64 unsignedField(u64 v, int at, int width) {
  return static_cast<i64>(v >> at & ((u64{1} << width) - 1));
}
inline i64 signedField(u64 v, int at, int width) {
  i64 f = unsignedField(v, at, width);
  return f >> (width - 1) & 1 ? f - (i64{1} << width) : f;
}
inline i64 limited(i64 v, i64 low, i64 high) {
  return v < low ? low : v > high ? high : v;
}

} // namespace gemmsmith::emulator
