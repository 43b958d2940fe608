#include "tests/runtime/emulator/hazard_programs.h"

#include "tests/runtime/emulator/test_objects.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

constexpr const char *kModule = R"(--- |
  target triple = "amdgcn-amd-amdhsa"
{}  attributes #0 = {{ "target-cpu"="gfx950" "target-features"="-xnack" "amdgpu-flat-work-group-size"="64,64" }}
...
)";
constexpr const char *kFunction = R"(---
name: test{}
tracksRegLiveness: false
machineFunctionInfo:
  isEntryFunction: true
body: |
  bb.0:
{}    S_ENDPGM 0
...
)";

// "$vgpr4_vgpr5"
std::string tuple(const char *file, int first, int count) {
  std::string result = "$";
  for (int n = 0; n < count; ++n)
    result += fmt::format("{}{}{}", n ? "_" : "", file, first + n);
  return result;
}
std::string v(int first, int count = 1) {
  return tuple("vgpr", first, count);
}
std::string s(int first, int count = 1) {
  return tuple("sgpr", first, count);
}

struct Matrix {
  const char *opcode;
  int ab, c;
  const char *tail;
};
constexpr Matrix kMatrices[] = {
    {"V_MFMA_F32_4X4X4F16", 2, 4, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X4F16", 2, 16, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X16F16", 2, 4, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X32_BF16", 4, 4, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X32_FP8_FP8", 2, 4, ", 0, 0, 0"},
    {"V_MFMA_F32_32X32X8F16", 2, 16, ", 0, 0, 0"},
    {"V_MFMA_F32_32X32X16_BF16", 4, 16, ", 0, 0, 0"},
    {"V_MFMA_F32_32X32X4BF16_1K", 2, 32, ", 0, 0, 0"},
    {"V_MFMA_I32_16X16X64_I8", 4, 4, ", 0, 0, 0"},
    {"V_MFMA_I32_32X32X32_I8", 4, 16, ", 0, 0, 0"},
    {"V_MFMA_I32_32X32X4I8", 1, 32, ", 0, 0, 0"},
    {"V_MFMA_F32_4X4X1F32", 1, 4, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X1F32", 1, 16, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X4F32", 1, 4, ", 0, 0, 0"},
    {"V_MFMA_F32_32X32X1F32", 1, 32, ", 0, 0, 0"},
    {"V_MFMA_F32_32X32X2F32", 1, 16, ", 0, 0, 0"},
    {"V_MFMA_F64_4X4X4F64", 2, 2, ", 0, 0, 0"},
    {"V_MFMA_F64_16X16X4F64", 2, 8, ", 0, 0, 0"},
    {"V_MFMA_F32_16X16X128_F8F6F4_f8_f8", 8, 4, ", 0, 0"},
    {"V_MFMA_F32_16X16X128_F8F6F4_f4_f4", 4, 4, ", 4, 4"},
    {"V_MFMA_F32_32X32X64_F8F6F4_f8_f8", 8, 16, ", 1, 0"},
    {"V_MFMA_F32_32X32X64_F8F6F4_f4_f4", 4, 16, ", 4, 4"},
};

// Registers by who writes them: v0-v15 dot products, v16-v31 VALU, v32-v95 and a0-a63 matrix
// instructions and what overwrites their results, v96-v99 results moved by op_sel or SDWA,
// v100-v103 DPP, v127 nobody. s24-s31 and VCC VALU, M0 SALU.
class Program {
public:
  explicit Program(std::mt19937 &random) : random_(random) {
    // A few kinds of instructions, so that they meet often.
    for (int n = 0; n < 5; ++n)
      kinds_.push_back(pick(0, 16));
    if (has(kCmpx)) // LLVM waits for EXEC before VMEM.
      std::erase_if(kinds_, [](int k) { return k == kVmem || k == kStore || k == kM0; });
    if (has(kDpp)) // LLVM waits after loads before DPP.
      std::erase_if(kinds_, [](int k) { return k == kVmem || k == kLds; });
    kinds_.push_back(kMatrix);
    kinds_.push_back(kPlain);
  }

  std::string line() {
    std::string text =
        instruction(kinds_[static_cast<std::size_t>(pick(0, static_cast<int>(kinds_.size()) - 1))]);
    return "    " + text + ", implicit $exec\n";
  }

private:
  enum Kind {
    kMatrix,
    kPlain,
    kTranscendental,
    kDpp,
    kLane,
    kCompare,
    kCmpx,
    kDivide,
    kPermlane,
    kDot,
    kShifted,
    kStore,
    kVmem,
    kLds,
    kM0,
    kMode,
    kDouble,
  };

  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool has(Kind kind) const { return std::ranges::find(kinds_, kind) != kinds_.end(); }

  // A VGPR to read: one of those written lately, or any.
  int source() {
    if (!recent_.empty() && pick(0, 2))
      return recent_[recent_.size() - 1 -
                     static_cast<std::size_t>(
                         pick(0, std::min(5, static_cast<int>(recent_.size()) - 1)))];
    return pick(0, 99);
  }
  int aligned(int registers, int limit) {
    int at = source() & ~1;
    return at + registers <= limit ? at : pick(0, (limit - registers) / 2) * 2;
  }
  int write(int first, int count = 1) {
    for (int n = 0; n < count; ++n)
      recent_.push_back(first + n);
    return first;
  }
  // Where VALU writes: often over a matrix result or its C.
  int target() { return write(pick(0, 3) ? pick(16, 31) : pick(32, 59)); }

  std::string matrix() {
    const Matrix &m = kMatrices[pick(0, std::size(kMatrices) - 1)];
    bool accumulation = pick(0, 3) == 0;
    const char *file = accumulation ? "agpr" : "vgpr";
    int base = accumulation ? 0 : 32;
    int d = base + pick(0, (64 - m.c) / 2) * 2, c = d;
    if (pick(0, 1)) // another C, which must not overlap D partly
      c = base + pick(0, (64 - m.c) / 2) * 2;
    if (c != d && c < d + m.c && d < c + m.c)
      c = d;
    int a = aligned(m.ab, 100), b = aligned(m.ab, 100);
    std::string third = pick(0, 7) ? tuple(file, c, m.c) : "0";
    if (!accumulation)
      write(d + pick(0, m.c - 1));
    return fmt::format("{} = {}_{} {}, {}, {}{}, implicit $mode", tuple(file, d, m.c), m.opcode,
                       accumulation ? "e64" : "vgprcd_e64", v(a, m.ab), v(b, m.ab), third, m.tail);
  }

  // D is C too; the last operand but three is the index.
  std::string sparse() {
    bool large = pick(0, 1);
    int size = large ? 16 : 4, d = 32 + pick(0, (64 - size) / 2) * 2;
    int a = aligned(4, 100), b = aligned(8, 100), index = source();
    write(d + pick(0, size - 1));
    return fmt::format("{0} = V_SMFMAC_F32_{1}_BF16_e64 {2}, {3}, {4}, 0, 0, {0}, implicit $mode",
                       v(d, size), large ? "32X32X32" : "16X16X64", v(a, 4), v(b, 8), v(index));
  }

  std::string instruction(int kind) {
    switch (kind) {
    case kMatrix:
      return pick(0, 7) ? matrix() : sparse();
    case kTranscendental:
      return fmt::format("{} = V_EXP_F32_e32 {}, implicit $mode", v(target()), v(source()));
    case kDpp: {
      int from = source();
      return fmt::format("{0} = V_MOV_B32_dpp {0}, {1}, 273, 15, 15, 0", v(write(100 + dpp_++ % 4)),
                         v(from));
    }
    case kLane:
      switch (pick(0, 3)) {
      case 0:
        return fmt::format("{} = V_READLANE_B32 {}, {}", s(pick(24, 31)), v(source()),
                           s(pick(24, 31)));
      case 1:
        return fmt::format("{} = V_READFIRSTLANE_B32 {}", s(pick(24, 31)), v(source()));
      case 2:
        return fmt::format("{} = V_ADD_U32_e32 {}, {}", v(target()), s(pick(24, 31)), v(source()));
      default:
        return fmt::format("{} = V_READLANE_B32 {}, 5", s(pick(24, 31)), v(source()));
      }
    case kCompare:
      switch (pick(0, 3)) {
      case 0:
        return fmt::format("{} = V_CMP_LT_I32_e64 {}, {}", s(pick(12, 15) * 2, 2), v(source()),
                           v(source()));
      case 1:
        return fmt::format("{} = V_CNDMASK_B32_e64 0, {}, 0, {}, {}", v(target()), v(source()),
                           v(source()), s(pick(12, 15) * 2, 2));
      case 2:
        return fmt::format("{} = V_CNDMASK_B32_e32 {}, {}, implicit $vcc", v(target()), v(source()),
                           v(source()));
      default:
        return fmt::format("V_CMP_LT_I32_e32 {}, {}, implicit-def $vcc", v(source()), v(source()));
      }
    case kCmpx:
      if (pick(0, 1))
        return fmt::format("{} = V_MOV_B32_e32 $exec_lo", v(target()));
      return fmt::format("V_CMPX_LT_I32_e32 {}, {}, implicit-def $exec, implicit-def $vcc",
                         v(source()), v(source()));
    case kDivide:
      if (pick(0, 1))
        return fmt::format("V_CMP_LT_I32_e32 {}, {}, implicit-def $vcc", v(source()), v(source()));
      return fmt::format("{} = V_DIV_FMAS_F32_e64 0, {}, 0, {}, 0, {}, 0, 0, implicit $mode, "
                         "implicit $vcc",
                         v(target()), v(source()), v(source()), v(source()));
    case kPermlane: {
      int a = std::min(source(), 95), b = pick(0, 95);
      if (a == b)
        b = 127;
      write(a), write(b);
      return fmt::format("{0}, {1} = V_PERMLANE32_SWAP_B32_e32 {0}, {1}", v(a), v(b));
    }
    case kDot: {
      const char *opcode = pick(0, 1) ? "V_DOT2C_F32_F16_e32" : "V_DOT4C_I32_I8_e32";
      int a = source(), b = source(), d = write(pick(0, 15));
      return fmt::format("{0} = {1} {2}, {3}, {0}{4}", v(d), opcode, v(a), v(b),
                         opcode[5] == '2' ? ", implicit $mode" : "");
    }
    case kShifted: {
      int a = source(), b = source(), d = write(96 + shifted_++ % 4);
      if (pick(0, 1))
        return fmt::format("{} = V_ADD_U32_sdwa 0, {}, 0, {}, 0, 5, 0, 6, 6", v(d), v(a), v(b));
      return fmt::format("{0} = V_CVT_SR_FP8_F32_e64 0, {1}, 0, {2}, 4, {0}, 0, implicit $mode",
                         v(d), v(a), v(b));
    }
    case kStore:
      switch (pick(0, 2)) {
      case 0:
        return fmt::format("BUFFER_STORE_DWORDX4_OFFEN_exact {}, {}, {}, 0, 0, 0, 0",
                           v(aligned(4, 96), 4), v(127), s(pick(5, 7) * 4, 4));
      case 1:
        return fmt::format("BUFFER_STORE_DWORDX3_OFFEN_exact {}, {}, {}, {}, 0, 0, 0",
                           v(aligned(3, 96), 3), v(127), s(20, 4), s(pick(24, 31)));
      default:
        return fmt::format("GLOBAL_STORE_DWORDX4_SADDR {}, {}, {}, 0, 0", v(127),
                           v(aligned(4, 96), 4), s(pick(10, 15) * 2, 2));
      }
    case kVmem:
      if (pick(0, 1))
        return fmt::format("{} = BUFFER_LOAD_DWORD_OFFEN {}, {}, {}, 0, 0, 0",
                           v(write(pick(60, 95))), v(127), s(20, 4), s(pick(24, 31)));
      return fmt::format("GLOBAL_STORE_DWORD_SADDR {}, {}, {}, 0, 0", v(127), v(source()),
                         s(22, 2));
    case kLds:
      if (pick(0, 1))
        return fmt::format("{} = DS_READ_B32_gfx9 {}, 0, 0", v(write(pick(60, 95))), v(127));
      return fmt::format("DS_WRITE_B64_gfx9 {}, {}, 0, 0", v(127), v(aligned(2, 100), 2));
    case kM0:
      switch (pick(0, 2)) {
      case 0:
        return "$m0 = S_MOV_B32 0";
      case 1:
        return "S_SENDMSG 2, implicit $m0";
      default:
        return fmt::format("BUFFER_LOAD_DWORD_LDS_OFFEN {}, {}, 0, 0, 0, 0, implicit $m0", v(127),
                           s(20, 4));
      }
    case kMode:
      if (pick(0, 1))
        return "S_SETREG_IMM32_B32 0, 2049, implicit-def $mode, implicit $mode";
      return fmt::format("{} = S_GETREG_B32 {}, implicit $mode", s(40), pick(0, 1) ? 2049 : 2050);
    case kDouble:
      return fmt::format("{0} = V_FMA_F64_e64 0, {1}, 0, {1}, 0, {2}, 0, 0, implicit $mode",
                         v(write(pick(8, 47) * 2, 2), 2), v(aligned(2, 100), 2),
                         v(aligned(2, 100), 2));
    default:
      switch (pick(0, 3)) {
      case 0: {
        int a = pick(0, 63);
        return fmt::format("{} = V_ACCVGPR_READ_B32_e64 $agpr{}", v(target()), a);
      }
      case 1:
        return fmt::format("$agpr{} = V_ACCVGPR_WRITE_B32_e64 {}", pick(0, 63), v(source()));
      default:
        return fmt::format("{} = V_ADD_U32_e32 {}, {}", v(target()), v(source()), v(source()));
      }
    }
  }

  std::mt19937 &random_;
  std::vector<int> kinds_;
  std::vector<int> recent_;
  int dpp_ = 0, shifted_ = 0;
};

} // namespace

std::vector<std::vector<std::string>> randomHazardPrograms(int count, int length, unsigned seed) {
  std::mt19937 random(seed);
  std::string declarations, functions;
  for (int n = 0; n < count; ++n) {
    declarations += fmt::format("  define amdgpu_kernel void @test{}() #0 {{ ret void }}\n", n);
    Program program(random);
    std::string body;
    for (int i = 0; i < length; ++i)
      body += program.line();
    functions += fmt::format(kFunction, n, body);
  }
  std::string mir = temporaryPath(".mir"), assembly = temporaryPath(".llc.s");
  writeFile(mir, fmt::format(kModule, declarations) + functions);
  outputOf(fmt::format("{} -mcpu=gfx950 -start-before=post-RA-hazard-rec {} -o {}", LLVM_LLC, mir,
                       assembly));

  std::vector<std::vector<std::string>> programs;
  std::ifstream in(assembly);
  bool inside = false;
  for (std::string text; std::getline(in, text);) {
    if (text.starts_with("test") && text.find(':') != std::string::npos) {
      programs.emplace_back();
      inside = true;
    } else if (text.find("s_endpgm") != std::string::npos) {
      inside = false;
    } else if (inside && text.starts_with("\t") && !text.starts_with("\t.")) {
      programs.back().push_back(text.substr(1));
    }
  }
  EXPECT_EQ(programs.size(), static_cast<std::size_t>(count));
  return programs;
}

} // namespace gemmsmith::emulator
