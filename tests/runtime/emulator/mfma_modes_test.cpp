// What MODE changes about matrix instructions, and settings that mean nothing (CDNA4
// ISA 7.1.2, 7.4).
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/wave_programs.h"

#include <gtest/gtest.h>
#include <limits>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;

constexpr float kMax = std::numeric_limits<float>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

u32 bits(float f) {
  return std::bit_cast<u32>(f);
}

// Registers A v[16:23] and B v[32:39] full of one word, C v[64:67] of another.
WaveRegisters uniform(u32 a, u32 b, u32 c) {
  WaveRegisters registers;
  for (int lane = 0; lane < 64; ++lane) {
    for (int r = 0; r < 8; ++r) {
      registers.at(16 + r, lane) = a;
      registers.at(32 + r, lane) = b;
    }
    for (int r = 0; r < 4; ++r)
      registers.at(64 + r, lane) = c;
    registers.at(48, lane) = 0xfefefefe; // scales of 2^127
  }
  return registers;
}

struct ModeCase {
  const char *what;
  std::string code; // to v[96:99]
  u32 a, b, c;
  u32 expected;
};

constexpr const char *kOverflow = "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), 1\n";
constexpr const char *kFlush = "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 0\n";

TEST(MfmaModes, OverflowSaturatesAndDenormalsAreFlushedAsTheModeSays) {
  const std::string f32 = "v_mfma_f32_16x16x4_f32 v[96:99], v16, v32, v[64:67]";
  const std::string bf16 = "v_mfma_f32_16x16x32_bf16 v[96:99], v[16:19], v[32:35], v[64:67]";
  const std::string i8 = "v_mfma_i32_16x16x64_i8 v[96:99], v[16:19], v[32:35], v[64:67]";
  const std::string fp8 =
      "v_mfma_scale_f32_16x16x128_f8f6f4 v[96:99], v[16:23], v[32:39], v[64:67], v48, v48";
  const std::string sparse = "v_smfmac_f32_16x16x32_bf16 v[96:99], v[16:17], v[32:35], v51";
  const std::string indices = "v_mov_b32 v51, 0x44444444\n";
  const std::string from_c = "v_mov_b32 v96, v64\nv_mov_b32 v97, v65\nv_mov_b32 v98, v66\n"
                             "v_mov_b32 v99, v67\n";
  const std::vector<ModeCase> cases = {
      {"overflow", bf16, 0x7f7f7f7f, 0x40004000, 0, bits(kInfinity)},
      {"saturated", kOverflow + bf16, 0x7f7f7f7f, 0x40004000, 0, bits(kMax)},
      {"negative saturated", kOverflow + bf16, 0x7f7f7f7f, 0xc000c000, 0, bits(-kMax)},
      {"infinity stays", kOverflow + bf16, 0x7f807f80, 0x40004000, 0, bits(kInfinity)},
      {"infinite C stays", kOverflow + bf16, 0, 0, bits(-kInfinity), bits(-kInfinity)},
      {"f32 saturated", kOverflow + f32, bits(kMax), bits(2), 0, bits(kMax)},
      {"sparse overflow", indices + from_c + sparse, 0x7f7f7f7f, 0x40004000, 0, bits(kInfinity)},
      {"sparse saturated", kOverflow + indices + from_c + sparse, 0x7f7f7f7f, 0x40004000, 0,
       bits(kMax)},
      {"scaled overflow", fp8, 0x38383838, 0x38383838, 0, bits(kInfinity)},
      {"scaled saturated", kOverflow + fp8, 0x38383838, 0xb8b8b8b8, bits(1), bits(-kMax)},
      {"wraps", i8, 0x7f7f7f7f, 0x7f7f7f7f, 0x7fffffff, 0x7fffffffu + 64 * 127 * 127},
      {"i32 saturated", kOverflow + i8, 0x7f7f7f7f, 0x7f7f7f7f, 0x7fffffff, 0x7fffffff},
      {"negative i32 saturated", kOverflow + i8, 0x80808080, 0x7f7f7f7f, 0x80000001, 0x80000000},
      // 2^-127 · 2 · 4 products
      {"denormal A", f32, 0x00400000, bits(2), 0, bits(0x1p-124f)},
      {"denormal B", f32, bits(2), 0x80400000, 0, bits(-0x1p-124f)},
      {"flushed A", kFlush + f32, 0x00400000, bits(2), 0, 0},
      {"flushed B", kFlush + f32, bits(2), 0x00400000, 0, 0},
      {"C and D are not flushed", kFlush + f32, 0, 0, 0x00400000, 0x00400000},
      {"bf16 denormals are not flushed", kFlush + bf16, 0x00400040, 0x40004000, 0, bits(0x1p-121f)},
  };
  std::vector<WaveProgram> programs;
  for (const ModeCase &c : cases)
    programs.push_back({"s_nop 1\n" + c.code +
                            "\ns_nop 15\ns_nop 15\n"
                            "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), 0\n",
                        {uniform(c.a, c.b, c.c)}});
  // VALU writes need two wait states before a matrix instruction reads them.
  for (WaveProgram &program : programs)
    if (auto at = program.code.find("v_smfmac"); at != std::string::npos)
      program.code.insert(at, "s_nop 1\n");
  auto results = runPrograms(programs);
  for (std::size_t n = 0; n < cases.size(); ++n) {
    ASSERT_EQ(results[n].size(), 1u);
    for (int lane = 0; lane < 64; ++lane)
      for (int r = 96; r < 100; ++r)
        ASSERT_EQ(results[n][0].at(r, lane), cases[n].expected) << cases[n].what;
  }
}

TEST(MfmaModes, SettingsThatTheManualLeavesUndefinedAreRefused) {
  struct Refusal {
    const char *code, *error;
  };
  const Refusal refusals[] = {
      {"v_mfma_f32_16x16x32_bf16 v[96:99], v[16:19], v[32:35], v[64:67] cbsz:1",
       "cbsz:1 broadcasts to more blocks than the 1 there are"},
      {"v_mfma_f32_32x32x1_2b_f32 v[96:127], v16, v32, v[64:95] cbsz:2",
       "cbsz:2 broadcasts to more blocks than the 2 there are"},
      {"v_mfma_f32_16x16x1_4b_f32 v[96:111], v16, v32, v[64:79] cbsz:1 abid:2",
       "abid:2 names no block"},
      {"v_mfma_f32_16x16x32_bf16 v[96:99], v[16:19], v[32:35], v[64:67] abid:1",
       "abid:1 names no block"},
      // v[17:20] as A
      {".long 0xd3b50060, 0x05024111", "is not an instruction"},
      // s2 as C
      {".long 0xd3b50060, 0x000a4110", "is not an instruction"},
      // s16 as A
      {".long 0xd3b50060, 0x05024010", "is not an instruction"},
  };
  std::vector<std::string> codes;
  for (const Refusal &r : refusals)
    codes.push_back(std::string("s_nop 1\n") + r.code);
  auto errors = errorsOf(codes);
  for (std::size_t n = 0; n < codes.size(); ++n)
    EXPECT_NE(errors[n].find(refusals[n].error), std::string::npos)
        << codes[n] << ": " << errors[n];
}

} // namespace
} // namespace gemmsmith::emulator
