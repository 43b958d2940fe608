// Dense matrix instructions against matrix products in double precision, with operands placed by
// the manual's formulas (CDNA4 ISA 7.1.4).
#include "tests/runtime/emulator/mfma_shapes.h"
#include "tests/runtime/emulator/wave_programs.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

const char *const kNames[] = {
    "v_mfma_f32_32x32x1_2b_f32",   "v_mfma_f32_16x16x1_4b_f32",   "v_mfma_f32_4x4x1_16b_f32",
    "v_mfma_f32_32x32x2_f32",      "v_mfma_f32_16x16x4_f32",      "v_mfma_f32_32x32x4_2b_f16",
    "v_mfma_f32_16x16x4_4b_f16",   "v_mfma_f32_4x4x4_16b_f16",    "v_mfma_f32_32x32x8_f16",
    "v_mfma_f32_16x16x16_f16",     "v_mfma_f32_16x16x32_f16",     "v_mfma_f32_32x32x16_f16",
    "v_mfma_f32_32x32x4_2b_bf16",  "v_mfma_f32_16x16x4_4b_bf16",  "v_mfma_f32_4x4x4_16b_bf16",
    "v_mfma_f32_32x32x8_bf16",     "v_mfma_f32_16x16x16_bf16",    "v_mfma_f32_16x16x32_bf16",
    "v_mfma_f32_32x32x16_bf16",    "v_mfma_i32_32x32x4_2b_i8",    "v_mfma_i32_16x16x4_4b_i8",
    "v_mfma_i32_4x4x4_16b_i8",     "v_mfma_i32_32x32x16_i8",      "v_mfma_i32_16x16x32_i8",
    "v_mfma_i32_16x16x64_i8",      "v_mfma_i32_32x32x32_i8",      "v_mfma_f32_16x16x32_fp8_fp8",
    "v_mfma_f32_16x16x32_fp8_bf8", "v_mfma_f32_16x16x32_bf8_fp8", "v_mfma_f32_16x16x32_bf8_bf8",
    "v_mfma_f32_32x32x16_fp8_fp8", "v_mfma_f32_32x32x16_fp8_bf8", "v_mfma_f32_32x32x16_bf8_fp8",
    "v_mfma_f32_32x32x16_bf8_bf8", "v_mfma_f64_16x16x4_f64",      "v_mfma_f64_4x4x4_4b_f64",
};

constexpr int kA = 16, kB = 32, kC = 64, kD = 96;

enum class Fill { kIntegers, kRandom, kSpecial };

// One way to run an instruction.
struct Variant {
  const char *what = "";
  bool accumulation_a = false, accumulation_b = false, accumulation_d = false;
  bool overwrites_c = false;
  double constant = 0;
  bool has_constant = false;
  const char *prologue = "";
  int cbsz = 0, abid = 0, blgp = 0;
};

std::string copies(const char *mnemonic, char to, int to_first, char from, int from_first,
                   int count) {
  std::string text;
  for (int r = 0; r < count; ++r)
    text += fmt::format("{} {}{}, {}{}\n", mnemonic, to, to_first + r, from, from_first + r);
  return text;
}

std::string codeOf(const MatrixShape &s, const Variant &v) {
  int ra = s.registersA(), rb = s.registersB(), rc = s.registersC();
  std::string text = v.prologue;
  auto operand = [&](bool accumulation, int first, int count) {
    if (accumulation)
      text += copies("v_accvgpr_write_b32", 'a', first, 'v', first, count);
    return registerRange(accumulation ? 'a' : 'v', first, count);
  };
  std::string a = operand(v.accumulation_a, kA, ra), b = operand(v.accumulation_b, kB, rb);
  std::string c = operand(v.accumulation_d, kC, rc);
  std::string d = registerRange(v.accumulation_d ? 'a' : 'v', v.overwrites_c ? kC : kD, rc);
  if (v.has_constant) {
    bool whole = s.c == Number::kI32 || v.constant == 0;
    c = fmt::format("{}{}", v.constant, whole ? "" : ".0");
  }
  text += fmt::format("s_nop 7\n{} {}, {}, {}, {}", s.name, d, a, b, c);
  if (v.cbsz)
    text += fmt::format(" cbsz:{}", v.cbsz);
  if (v.abid)
    text += fmt::format(" abid:{}", v.abid);
  if (v.blgp && s.c == Number::kF64)
    text += fmt::format(" neg:[{},{},{}]", v.blgp & 1, v.blgp >> 1 & 1, v.blgp >> 2);
  else if (v.blgp)
    text += fmt::format(" blgp:{}", v.blgp);
  text += "\ns_nop 15\ns_nop 15\n";
  if (v.accumulation_d)
    text += copies("v_accvgpr_read_b32", 'v', v.overwrites_c ? kC : kD, 'a',
                   v.overwrites_c ? kC : kD, rc);
  return text;
}

class Generator {
public:
  explicit Generator(unsigned seed) : random_(seed) {}

  u64 code(Number format, Fill fill) {
    if (fill == Fill::kIntegers)
      return codeOf(format, std::uniform_int_distribution<int>(-3, 3)(random_));
    int special = fill == Fill::kSpecial ? std::uniform_int_distribution<int>(0, 63)(random_) : 63;
    u64 sign = random_() & 1, top = u64{1} << (bitsOf(format) - 1);
    switch (format) {
    case Number::kI8:
    case Number::kI32:
      return random_() & (2 * top - 1);
    case Number::kF64:
    case Number::kF32: {
      if (special == 0)
        return codeOf(format, std::numeric_limits<double>::infinity());
      if (special == 1)
        return codeOf(format, std::numeric_limits<double>::quiet_NaN());
      if (special < 8) // denormal
        return sign * top | (random_() & 0x3fffff);
      std::uniform_real_distribution<double> values(-2, 2);
      return codeOf(format, std::ldexp(values(random_), static_cast<int>(random_() % 21) - 10));
    }
    default:
      break;
    }
    if (special < 8 && special > 1) // denormal
      return sign * top | (random_() & 1);
    for (;;) {
      u64 code = random_() & (2 * top - 1);
      double value = valueOf(format, code);
      bool finite = std::isfinite(value);
      // Wide formats are kept where sums neither overflow nor lose everything.
      bool moderate = std::fabs(value) < 0x1p12 && std::fabs(value) > 0x1p-20;
      if (special == 0 ? !finite : finite && (moderate || bitsOf(format) < 16))
        return code;
    }
  }

private:
  std::mt19937_64 random_;
};

int laneOfA(const Variant &v, int lane) { // 7.1.6.1
  if (!v.cbsz)
    return lane;
  int size = 64 / (1 << v.cbsz);
  return lane % size + size * v.abid;
}

int laneOfB(const Variant &v, int lane) { // 7.1.6.3
  const std::function<int(int)> kPermutations[] = {
      [](int l) { return l; },           [](int l) { return l % 32; },
      [](int l) { return l % 32 + 32; }, [](int l) { return (l + 16) % 64; },
      [](int l) { return l % 16; },      [](int l) { return l % 16 + 16; },
      [](int l) { return l % 16 + 32; }, [](int l) { return l % 16 + 48; }};
  return kPermutations[v.blgp](lane);
}

void checkProduct(const MatrixShape &s, const Variant &v, Fill fill, const WaveRegisters &in,
                  const WaveRegisters &out) {
  bool doubles = s.c == Number::kF64;
  auto a = [&](int block, int row, int k) {
    Place p = s.input(block, row, k);
    int bits = bitsOf(s.a), lane = doubles ? p.lane : laneOfA(v, p.lane);
    double value = valueOf(s.a, in.bits(kA, lane, p.item * bits, bits));
    return doubles && v.blgp & 1 ? -value : value;
  };
  auto b = [&](int block, int k, int column) {
    Place p = s.input(block, column, k);
    int bits = bitsOf(s.b), lane = doubles ? p.lane : laneOfB(v, p.lane);
    double value = valueOf(s.b, in.bits(kB, lane, p.item * bits, bits));
    return doubles && v.blgp & 2 ? -value : value;
  };
  int bits = bitsOf(s.c), d = v.overwrites_c ? kC : kD;
  auto input = in;
  for (int block = 0; block < s.blocks; ++block)
    for (int i = 0; i < s.n; ++i)
      for (int j = 0; j < s.n; ++j) {
        Place p = s.output(block, i, j);
        u64 code = out.bits(d, p.lane, p.item * bits, bits);
        input.setBits(d, p.lane, p.item * bits, bits, code);
        double c =
            v.has_constant ? v.constant : valueOf(s.c, in.bits(kC, p.lane, p.item * bits, bits));
        if (doubles && v.blgp & 4)
          c = -c;
        auto where = [&] {
          return fmt::format("{} {} D[{}][{}][{}]", s.name, v.what, block, i, j);
        };
        // The exact sum, or one that is much better than the instruction's; and the sum in the
        // order that the emulator documents.
        long double exact = c;
        double magnitude = std::fabs(c), chain = c;
        for (int k = 0; k < s.k; ++k) {
          double x = a(block, i, k), y = b(block, k, j);
          exact += static_cast<long double>(x) * y;
          magnitude += std::fabs(x * y);
          chain = doubles ? std::fma(x, y, chain)
                          : std::fma(static_cast<float>(x), static_cast<float>(y),
                                     static_cast<float>(chain));
        }
        double got = valueOf(s.c, code);
        if (s.c == Number::kI32) {
          ASSERT_EQ(static_cast<u32>(code), static_cast<u32>(static_cast<std::int64_t>(exact)))
              << where();
          continue;
        }
        if (std::isnan(static_cast<double>(exact))) {
          ASSERT_TRUE(std::isnan(got)) << where() << " is " << got;
          continue;
        }
        if (fill == Fill::kIntegers || std::isinf(static_cast<double>(exact))) {
          ASSERT_EQ(got, static_cast<double>(exact)) << where();
        } else {
          double unit = doubles ? 0x1p-53 : 0x1p-24;
          double bound = (s.k + 2) * unit * magnitude + (doubles ? 0 : 0x1p-149);
          ASSERT_LE(std::fabs(got - static_cast<double>(exact)), bound) << where();
        }
        ASSERT_EQ(code, codeOf(s.c, chain)) << where() << " in ascending k";
      }
  // Nothing else is written.
  for (int lane = 0; lane < 64; ++lane)
    for (int r = WaveRegisters::kFirst; r < WaveRegisters::kFirst + WaveRegisters::kCount; ++r)
      ASSERT_EQ(out.at(r, lane), input.at(r, lane)) << s.name << " v" << r << ", lane " << lane;
}

std::vector<Variant> variantsOf(const MatrixShape &s) {
  std::vector<Variant> variants = {
      {.what = "plain"},
      {.what = "onto C", .overwrites_c = true},
      {.what = "in AccVGPRs",
       .accumulation_a = true,
       .accumulation_b = true,
       .accumulation_d = true,
       .overwrites_c = true},
      {.what = "A in AccVGPRs, C = 0", .accumulation_a = true, .has_constant = true},
      {.what = "B in AccVGPRs, C = 1", .accumulation_b = true, .constant = 1, .has_constant = true},
      {.what = "C = -4, few lanes active",
       .constant = -4,
       .has_constant = true,
       .prologue = "s_mov_b32 exec_lo, 0x12345678\ns_mov_b32 exec_hi, 0\n"},
  };
  for (int blgp = 1; blgp < 8; ++blgp)
    variants.push_back({.what = "with BLGP", .blgp = blgp});
  for (int cbsz = 1; s.c != Number::kF64 && 1 << cbsz <= s.blocks; ++cbsz)
    for (int abid : {0, (1 << cbsz) / 2, (1 << cbsz) - 1})
      variants.push_back({.what = "with CBSZ", .cbsz = cbsz, .abid = abid, .blgp = abid % 8});
  return variants;
}

TEST(Mfma, EveryShapeIsAMatrixProductInTheManualsLayout) {
  struct Run {
    MatrixShape shape;
    Variant variant;
    std::vector<Fill> fills;
  };
  std::vector<Run> runs;
  std::vector<WaveProgram> programs;
  Generator generator(20);
  for (const char *name : kNames) {
    MatrixShape s = MatrixShape::parse(name);
    for (const Variant &v : variantsOf(s)) {
      Run run{s, v, {Fill::kIntegers, Fill::kRandom}};
      if (std::string_view(v.what) == "plain")
        run.fills = {Fill::kIntegers, Fill::kRandom, Fill::kRandom, Fill::kSpecial, Fill::kSpecial};
      if (v.cbsz || v.blgp)
        run.fills = {Fill::kRandom};
      WaveProgram program{codeOf(s, v), {}};
      for (Fill fill : run.fills) {
        WaveRegisters in;
        for (u32 &value : in.values())
          value = static_cast<u32>(generator.code(Number::kI32, Fill::kRandom));
        for (int lane = 0; lane < 64; ++lane) {
          auto put = [&](int first, int registers, Number format) {
            for (int bit = 0; bit < registers * 32; bit += bitsOf(format))
              in.setBits(first, lane, bit, bitsOf(format), generator.code(format, fill));
          };
          put(kA, s.registersA(), s.a);
          put(kB, s.registersB(), s.b);
          put(kC, s.registersC(), s.c);
        }
        program.inputs.push_back(in);
      }
      runs.push_back(run);
      programs.push_back(std::move(program));
    }
  }
  auto results = runPrograms(programs);
  for (std::size_t n = 0; n < runs.size(); ++n) {
    ASSERT_EQ(results[n].size(), runs[n].fills.size());
    for (std::size_t f = 0; f < runs[n].fills.size(); ++f) {
      checkProduct(runs[n].shape, runs[n].variant, runs[n].fills[f], programs[n].inputs[f],
                   results[n][f]);
      if (testing::Test::HasFatalFailure())
        return;
    }
  }
}

} // namespace
} // namespace gemmsmith::emulator
