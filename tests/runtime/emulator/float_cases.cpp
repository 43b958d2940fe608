#include "tests/runtime/emulator/float_cases.h"

#include "tests/runtime/emulator/snippets.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

using reference::BinaryFormat;

int dwords(BinaryFormat f) {
  return f.width() == 64 ? 2 : 1;
}

} // namespace

std::string FloatMode::directives() const {
  return fmt::format("  .amdhsa_float_round_mode_32 {}\n  .amdhsa_float_round_mode_16_64 {}\n"
                     "  .amdhsa_float_denorm_mode_16_64 {}\n"
                     "  .amdhsa_ieee_mode {}\n  .amdhsa_dx10_clamp {}\n",
                     static_cast<int>(round_32), static_cast<int>(round_16_64), denormals_16_64,
                     int{ieee}, int{dx10_clamp});
}
std::string FloatMode::setup() const {
  return fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), {}\n s_nop 1\n"
                     "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), {}\n s_nop 1\n",
                     denormals_32, int{half_overflow});
}

std::vector<u64> edgeValues(BinaryFormat f) {
  u64 least_normal = u64{1} << f.mantissa_bits;
  u64 one = static_cast<u64>(f.bias()) << f.mantissa_bits;
  std::vector<u64> values = {0,
                             1,
                             2,
                             least_normal - 1,
                             least_normal,
                             least_normal + 1,
                             one - least_normal,
                             one - least_normal + 1,
                             one - 1,
                             one,
                             one + 1,
                             one + least_normal / 2,
                             one + least_normal,
                             one + least_normal + 1,
                             one + 3 * least_normal,
                             one + static_cast<u64>(f.mantissa_bits) * least_normal + 1,
                             f.largest() - 1,
                             f.largest(),
                             f.infinity(),
                             f.infinity() + f.quietBit() + 5,
                             f.infinity() + 3};
  for (std::size_t n = 0, count = values.size(); n < count; ++n)
    values.push_back(values[n] | f.sign());
  return values;
}

std::vector<FloatTriple> floatTriples(BinaryFormat f) {
  std::vector<u64> edges = edgeValues(f);
  std::mt19937_64 random(f.mantissa_bits);
  u64 all = f.sign() | (f.sign() - 1);
  auto edge = [&] { return edges[random() % edges.size()]; };
  auto any = [&] { return random() & all; };
  // Exponents near each other, where sums and ties are interesting.
  auto near = [&](u64 v, int spread) {
    auto offset =
        static_cast<u64>(random() % static_cast<u64>(2 * spread + 1)) - static_cast<u64>(spread);
    u64 exponent = ((v & f.infinity()) + (offset << f.mantissa_bits)) & f.infinity();
    return exponent | (any() & ~f.infinity());
  };
  std::vector<FloatTriple> result;
  for (u64 a : edges)
    for (u64 b : edges)
      result.push_back({a, b, edge()});
  for (int n = 0; n < 400; ++n) {
    u64 v = any();
    result.push_back({v, near(v, 3), near(v, 3)});
    result.push_back({v, any(), any()});
    u64 one = static_cast<u64>(f.bias()) << f.mantissa_bits;
    result.push_back({near(one, 3), near(one, 3), near(one, f.mantissa_bits + 2)});
    result.push_back({near(f.sign() >> 1, 2), near(one, f.mantissa_bits), edge()});
  }
  while (result.size() % 64)
    result.push_back({edge(), edge(), edge()});
  return result;
}

void checkFloatCases(BinaryFormat f, std::span<const FloatCase> cases, const FloatMode &mode) {
  std::vector<FloatTriple> rows = floatTriples(f);
  std::vector<u32> inputs;
  std::mt19937 random(7);
  for (const FloatTriple &row : rows)
    for (u64 v : row.value) {
      bool half = f.width() == 16;
      inputs.push_back(static_cast<u32>(v) | (half ? static_cast<u32>(random()) << 16 : 0));
      if (f.width() == 64)
        inputs.push_back(static_cast<u32>(v >> 32));
    }
  std::vector<std::string> snippets;
  for (const FloatCase &c : cases)
    snippets.push_back("v_mov_b32_e32 v33, 0\n" + mode.setup() + c.code);
  SnippetTable table;
  table.inputs = inputs;
  table.input_dwords = 3 * dwords(f);
  table.output_dwords = 2;
  table.directives = mode.directives();
  auto results = runSnippets(snippets, table);
  for (std::size_t n = 0; n < cases.size(); ++n) {
    const FloatCase &c = cases[n];
    ASSERT_FALSE(results[n].empty()) << c.code;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      u64 v[3];
      for (int k = 0; k < 3; ++k)
        v[k] = mode.denormals(f) & 1 ? rows[row].value[k] : flushed(f, rows[row].value[k]);
      u64 expected = c.expected(v[0], v[1], v[2], mode.round(c.result));
      bool is_float = c.result.exponent_bits > 0;
      if (is_float && !(mode.denormals(c.result) & 2) && expected != reference::kAnyNaN)
        expected = flushed(c.result, expected);
      u64 got = results[n][2 * row];
      got |= u64{results[n][2 * row + 1]} << 32; // zero unless the result reaches there
      if (expected == reference::kAnyNaN)
        ASSERT_TRUE(isNaN(c.result, got) && !isSignaling(c.result, got) &&
                    got >> (c.result.width() - 1) <= 1)
            << c.code << fmt::format(" of {:#x} {:#x} {:#x}: {:#x}", v[0], v[1], v[2], got);
      else
        ASSERT_EQ(got, expected) << c.code
                                 << fmt::format(" of {:#x} {:#x} {:#x}: {:#x}, not {:#x}", v[0],
                                                v[1], v[2], got, expected)
                                 << "\n"
                                 << mode.directives();
    }
  }
}

} // namespace gemmsmith::emulator
