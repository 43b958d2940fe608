#include "tests/runtime/emulator/instruction_cases.h"

#include "tests/runtime/emulator/snippets.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

// Integers around the limits of all widths, halves, bf16 pairs, floats of all classes.
const std::vector<u32> kEdges = {
    0,          1,          2,          4,          31,         32,         0x7f,       0x80,
    0xff,       0x7fff,     0x8000,     0xffff,     0x10000,    0x7fffff,   0x800000,   0xffffff,
    0x3c003c00, 0x7bff0001, 0xfc007e00, 0x80017c01, 0x3f800000, 0xff7fffff, 0x7f800000, 0x7fc00001,
    0x807fffff, 0x7fffffff, 0x80000000, 0x80008000, 0x7fff7fff, 0xffff0001, 0xffffffff, 0xdeadbeef};

// Every pair of edges in the first two inputs, and rows that are random altogether.
std::vector<u32> rows() {
  std::mt19937 random(20240717);
  auto edge = [&] { return kEdges[random() % kEdges.size()]; };
  std::vector<u32> values;
  for (u32 a : kEdges)
    for (u32 b : kEdges) {
      values.push_back(a);
      values.push_back(b);
      for (std::size_t n = 2; n < kInputs; ++n)
        values.push_back(random() % 4 ? edge() : static_cast<u32>(random()));
    }
  for (std::size_t n = 0; n < 512 * kInputs; ++n)
    values.push_back(static_cast<u32>(random()));
  return values;
}

} // namespace

InstructionCase ofValuesAndOld(std::string code, std::function<u32(u32, u32, u32, u32)> f) {
  return {"v_mov_b32_e32 v32, v7\n s_nop 7\n" + code + "\n s_nop 7\n",
          [f = std::move(f)](const Inputs &in, unsigned) {
            return Outputs{f(in[0], in[1], in[2], in[3])};
          }};
}

InstructionCase ofValues(std::string code, std::function<u32(u32, u32, u32)> f) {
  return ofValuesAndOld(std::move(code),
                        [f = std::move(f)](u32 a, u32 b, u32 c, u32) { return f(a, b, c); });
}

InstructionCase inLanes(u64 exec, const InstructionCase &inner) {
  std::string code = fmt::format("v_mov_b32_e32 v32, v7\n s_mov_b32 exec_lo, {:#x}\n"
                                 "s_mov_b32 exec_hi, {:#x}\n{}\n s_mov_b64 exec, -1\n",
                                 static_cast<u32>(exec), exec >> 32, inner.code);
  return {code, [exec, expected = inner.expected](const Inputs &in, unsigned lane) {
            return exec >> lane & 1 ? expected(in, lane) : Outputs{in[3]};
          }};
}

InstructionCase scalarCase(const std::string &code, std::function<void(ScalarCaseState &)> f) {
  std::string loop = "s_mov_b32 s20, 0\n s_nop 7\n 1:\n";
  for (int n = 0; n < 7; ++n)
    loop += fmt::format("v_readlane_b32 s{}, v{}, s20\n", 24 + n, 4 + n);
  loop +=
      "s_nop 7\n s_bitcmp1_b32 s30, 0\n" + code +
      "\n s_cselect_b32 s30, 1, 0\n s_mov_b32 m0, s20\n s_nop 7\n v_writelane_b32 v32, s28, m0\n"
      "v_writelane_b32 v33, s29, m0\n v_writelane_b32 v34, s30, m0\n"
      "s_add_u32 s20, s20, 1\n s_cmp_lt_u32 s20, 64\n s_cbranch_scc1 1b\n";
  return {loop, [f = std::move(f)](const Inputs &in, unsigned) {
            auto pair = [&](std::size_t n) { return in[n] | u64{in[n + 1]} << 32; };
            ScalarCaseState s{pair(0), pair(2), pair(4), (in[6] & 1) != 0};
            f(s);
            return Outputs{static_cast<u32>(s.d), static_cast<u32>(s.d >> 32), s.scc};
          }};
}

void expectCases(std::span<const InstructionCase> cases, int outputs, const std::string &directives,
                 const std::string &setup) {
  std::vector<std::string> codes;
  for (const InstructionCase &c : cases)
    codes.push_back(setup + c.code);
  std::vector<u32> in = rows();
  SnippetTable table;
  table.inputs = in;
  table.input_dwords = static_cast<int>(kInputs);
  table.output_dwords = outputs;
  table.directives = directives;
  auto results = runSnippets(codes, table);
  for (std::size_t n = 0; n < cases.size(); ++n) {
    const std::vector<u32> &out = results[n];
    for (std::size_t row = 0; row * static_cast<std::size_t>(outputs) < out.size(); ++row) {
      Inputs values;
      std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(row * kInputs), kInputs, values.begin());
      Outputs want = cases[n].expected(values, static_cast<unsigned>(row % 64));
      for (std::size_t k = 0; k < static_cast<std::size_t>(outputs); ++k)
        ASSERT_EQ(out[row * static_cast<std::size_t>(outputs) + k], want[k])
            << cases[n].code
            << fmt::format("\nresult {} of {:#x}, lane {}", k, fmt::join(values, " "), row % 64);
    }
  }
}

} // namespace gemmsmith::emulator
