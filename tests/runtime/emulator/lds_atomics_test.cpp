// Atomics on LDS, against the definitions of CDNA4 ISA 9.2 and 12.12.
#include "tests/runtime/emulator/float_atomics.h"
#include "tests/runtime/emulator/memory_snippets.h"

#include <bit>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// Lane l works in its own 32 bytes: v4 is where, v[6:7] the first operand and v[8:9] the second.
std::vector<MemoryTable> tables() {
  std::vector<MemoryTable> result;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    MemoryTable t{.rows = edgeWords(64 * 8, seed), .image = edgeBytes(2048, seed + 100)};
    for (u32 l = 0; l < 64; ++l) {
      u32 *row = t.rows.data() + l * 8;
      row[0] = l * 32 + row[1] % 2 * 8;
      // Every other lane finds one of its operands in memory.
      if (l % 2)
        std::memcpy(t.image.data() + row[0] + 8, row + (l % 4 == 1 ? 2 : 4), 8);
    }
    result.push_back(std::move(t));
  }
  return result;
}

template <typename T> T operand(std::span<const u32> row, std::size_t n) {
  T value;
  std::memcpy(&value, row.data() + 2 + 2 * n, sizeof(T));
  return value;
}

// Both forms of an operation on the value at offset 8; F(memory, first, second).
template <typename T, typename F>
void addBoth(std::vector<MemoryCase> &cases, const std::string &name, const std::string &type,
             int operands, F f, bool without_return = true, const std::string &before = "") {
  auto reg = [&](int first) {
    return sizeof(T) == 8 ? fmt::format("v[{}:{}]", first, first + 1) : fmt::format("v{}", first);
  };
  std::string data = reg(6) + (operands == 2 ? ", " + reg(8) : "");
  auto model = [f](bool returns) {
    return
        [f, returns](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32> out, int) {
          T old = getAt<T>(m, row[0] + 8);
          putAt<T>(m, row[0] + 8, f(old, operand<T>(row, 0), operand<T>(row, 1)));
          if (returns)
            std::memcpy(out.data(), &old, sizeof(T));
        };
  };
  if (without_return)
    cases.push_back(
        {fmt::format("{} ds_{}_{} v4, {} offset:8", before, name, type, data), model(false)});
  cases.push_back(
      {fmt::format("{} ds_{}_rtn_{} {}, v4, {} offset:8", before, name, type, reg(32), data),
       model(true)});
}

template <typename U, typename I>
void addIntegers(std::vector<MemoryCase> &cases, const std::string &bits) {
  std::string u = "u" + bits, i = "i" + bits, b = "b" + bits;
  addBoth<U>(cases, "add", u, 1, [](U m, U d, U) { return m + d; });
  addBoth<U>(cases, "sub", u, 1, [](U m, U d, U) { return m - d; });
  addBoth<U>(cases, "rsub", u, 1, [](U m, U d, U) { return d - m; });
  addBoth<U>(cases, "inc", u, 1, [](U m, U d, U) { return m >= d ? U{0} : m + 1; });
  addBoth<U>(cases, "dec", u, 1, [](U m, U d, U) { return m == 0 || m > d ? d : m - 1; });
  addBoth<I>(cases, "min", i, 1, [](I m, I d, I) { return std::min(m, d); });
  addBoth<I>(cases, "max", i, 1, [](I m, I d, I) { return std::max(m, d); });
  addBoth<U>(cases, "min", u, 1, [](U m, U d, U) { return std::min(m, d); });
  addBoth<U>(cases, "max", u, 1, [](U m, U d, U) { return std::max(m, d); });
  addBoth<U>(cases, "and", b, 1, [](U m, U d, U) { return m & d; });
  addBoth<U>(cases, "or", b, 1, [](U m, U d, U) { return m | d; });
  addBoth<U>(cases, "xor", b, 1, [](U m, U d, U) { return m ^ d; });
  addBoth<U>(cases, "mskor", b, 2, [](U m, U d, U e) { return (m & ~d) | e; });
  addBoth<U>(cases, "cmpst", b, 2, [](U m, U d, U e) { return m == d ? e : m; });
  addBoth<U>(cases, "wrxchg", b, 1, [](U, U d, U) { return d; }, false);
}

TEST(LdsAtomics, IntegersOfBothWidths) {
  std::vector<MemoryCase> cases;
  addIntegers<u32, i32>(cases, "32");
  addIntegers<u64, i64>(cases, "64");
  addBoth<u32>(
      cases, "wrap", "b32", 2, [](u32 m, u32 d, u32 e) { return m >= d ? m - d : m + e; }, false);
  expectCases(cases, {.lds_image = true}, tables());
}

// MODE's denormal bits: 2 for f32 from bit 4 on, 2 for f16 and f64 from bit 6 on; the lower one
// admits denormal inputs, the upper one denormal results.
TEST(LdsAtomics, FloatsFollowTheDenormalModeAndTheNanRules) {
  for (unsigned mode : {0xfu, 0x0u, 0x5u, 0xau, 0x3u, 0xcu}) {
    FloatModel f32{.flush_input = !(mode & 1), .flush_output = !(mode & 2)};
    FloatModel f64{.flush_input = !(mode & 4), .flush_output = !(mode & 8)};
    std::string set = fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 4), {}\n", mode);
    std::vector<MemoryCase> cases;
    addBoth<u32>(
        cases, "add", "f32", 1, [=](u32 m, u32 d, u32) { return f32.addF32(m, d); }, true, set);
    addBoth<u32>(
        cases, "min", "f32", 1, [=](u32 m, u32 d, u32) { return f32.minF32(m, d); }, true, set);
    addBoth<u32>(
        cases, "max", "f32", 1, [=](u32 m, u32 d, u32) { return f32.maxF32(m, d); }, true, set);
    addBoth<u32>(
        cases, "cmpst", "f32", 2, [=](u32 m, u32 d, u32 e) { return f32.compareF32(m, d, e); },
        true, set);
    addBoth<u32>(
        cases, "pk_add", "f16", 1, [=](u32 m, u32 d, u32) { return f64.addPackedF16(m, d); }, true,
        set);
    addBoth<u32>(
        cases, "pk_add", "bf16", 1, [=](u32 m, u32 d, u32) { return f64.addPackedBf16(m, d); },
        true, set);
    addBoth<u64>(
        cases, "add", "f64", 1, [](u64 m, u64 d, u64) { return FloatModel{}.addF64(m, d); }, true,
        set);
    addBoth<u64>(
        cases, "min", "f64", 1, [=](u64 m, u64 d, u64) { return f64.minF64(m, d); }, true, set);
    addBoth<u64>(
        cases, "max", "f64", 1, [=](u64 m, u64 d, u64) { return f64.maxF64(m, d); }, true, set);
    addBoth<u64>(
        cases, "cmpst", "f64", 2, [=](u64 m, u64 d, u64 e) { return f64.compareF64(m, d, e); },
        true, set);
    const u64 all[] = {~u64{0}};
    expectCases(cases, {.lds_image = true}, tables(), all);
  }
}

template <typename T>
MemoryCase exchange2(const std::string &name, u32 first, u32 second, u32 scale) {
  return {fmt::format("v_lshlrev_b32_e32 v4, 3, v0\n ds_{} v[32:{}], v4, {} offset0:{} offset1:{}",
                      name, sizeof(T) == 8 ? 35 : 33, sizeof(T) == 8 ? "v[6:7], v[8:9]" : "v6, v8",
                      first, second),
          [=](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32> out, int lane) {
            auto at = [&](u32 n) { return static_cast<u32>(lane) * 8 + n * scale; };
            T old = getAt<T>(m, at(first));
            putAt<T>(m, at(first), operand<T>(row, 0));
            std::memcpy(out.data(), &old, sizeof(T));
            if (first != second) {
              old = getAt<T>(m, at(second));
              putAt<T>(m, at(second), operand<T>(row, 1));
            }
            std::memcpy(out.data() + sizeof(T) / 4, &old, sizeof(T));
          }};
}

TEST(LdsAtomics, ExchangesOfTwoLocations) {
  const MemoryCase cases[] = {
      exchange2<u32>("wrxchg2_rtn_b32", 0, 1, 4),
      exchange2<u32>("wrxchg2_rtn_b32", 255, 129, 4),
      exchange2<u32>("wrxchg2_rtn_b32", 3, 3, 4),
      exchange2<u32>("wrxchg2st64_rtn_b32", 2, 5, 256),
      exchange2<u64>("wrxchg2_rtn_b64", 1, 130, 8),
      exchange2<u64>("wrxchg2_rtn_b64", 7, 7, 8),
      exchange2<u64>("wrxchg2st64_rtn_b64", 2, 1, 512),
      exchange2<u64>("wrxchg2st64_rtn_b64", 0, 0, 512),
  };
  expectCases(cases, {.lds_image = true}, tables());
}

TEST(LdsAtomics, ConditionalExchangeTakesTheTopBitAsItsCondition) {
  const MemoryCase cases[] = {
      {"ds_condxchg32_rtn_b64 v[32:33], v4, v[6:7] offset:14", // 14: rounded down to 8
       [](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32> out, int) {
         for (u32 n = 0; n < 2; ++n) {
           u32 at = row[0] + 8 + 4 * n, d = row[2 + n];
           out[n] = getAt<u32>(m, at);
           if (d >> 31)
             putAt<u32>(m, at, d & 0x7fffffff);
         }
       }}};
  expectCases(cases, {.lds_image = true}, tables());
}

TEST(LdsAtomics, AppendAndConsumeCountTheActiveLanesOnce) {
  for (std::uint64_t exec : {~u64{0}, u64{0x10}, u64{0x8000000000000001}, u64{0}}) {
    auto model = [=](u32 at, int sign) {
      return [=](std::vector<std::byte> &m, std::span<const u32>, std::span<u32> out, int lane) {
        if (lane == std::countr_zero(exec))
          putAt<u32>(m, at, getAt<u32>(m, at) + static_cast<u32>(sign * std::popcount(exec)));
        out[0] = getAt<u32>(m, at) - static_cast<u32>(sign * std::popcount(exec));
      };
    };
    const MemoryCase cases[] = {
        {"ds_append v32 offset:512", model(512, 1)},
        {"ds_consume v32 offset:2044", model(2044, -1)},
        {"s_movk_i32 m0, 0x40\n ds_append v32 offset:12", model(76, 1)},
    };
    const u64 masks[] = {exec};
    expectCases(cases, {.lds_image = true}, tables(), masks);
  }
}

TEST(LdsAtomics, ManyLanesMeetAtOneLocation) {
  const MemoryCase meeting[] = {
      {"v_and_b32_e32 v20, 24, v4\n ds_add_u32 v20, v6 offset:64",
       [](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int) {
         u32 a = (row[0] & 24) + 64;
         putAt<u32>(m, a, getAt<u32>(m, a) + row[2]);
       }},
      {"v_and_b32_e32 v20, 24, v4\n ds_xor_b64 v20, v[6:7] offset:64",
       [](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int) {
         u32 a = (row[0] & 24) + 64;
         putAt<u64>(m, a, getAt<u64>(m, a) ^ operand<u64>(row, 0));
       }},
  };
  expectCases(meeting, {.lds_image = true}, tables());
}

TEST(LdsAtomics, MisalignedAndOutOfBoundsOnesAreFound) {
  const std::string codes[] = {
      "ds_add_u32 v1, v6 offset:2",
      "ds_add_u64 v1, v[6:7]",
      "ds_add_rtn_u32 v32, v1, v6 offset:1796",
      "ds_add_rtn_u32 v32, v1, v6 offset:1792",
  };
  MemorySnippets snippets(codes, {.lds_image = true});
  MemoryTable t = tables()[0];
  EXPECT_NE(snippets.run(0, t).error.find("not a multiple of 4"), std::string::npos);
  EXPECT_NE(snippets.run(1, t).error.find("lane 1"), std::string::npos);
  EXPECT_NE(snippets.run(2, t).error.find("lane 63"), std::string::npos);
  EXPECT_EQ(snippets.run(3, t).error, "");
}

} // namespace
} // namespace gemmsmith::emulator
