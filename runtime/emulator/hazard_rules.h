// The wait states that software must keep between two instructions because the hardware does not
// (CDNA4 ISA 4.5, "Manually Inserted Wait States", and 7.6, "Required Independent Instructions"),
// as one table.
//
// The manual is one source, GCNHazardRecognizer of LLVM 22 for gfx950 the other. Where they differ,
// the table has the larger number if LLVM's code keeps it, else LLVM's, and says so. What the
// hardware interlocks is not here: dependences between VALU instructions, of SALU and SMEM on what
// a VALU instruction wrote, of s_cbranch_vccz on VCC; nor is what only s_waitcnt orders, what is
// not emulated (VSKIP, s_rfe), and what concerns clauses under XNACK.
#pragma once

#include "runtime/emulator/instruction.h"
#include "runtime/emulator/operands.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gemmsmith::emulator {

// What the rules know an instruction by.
namespace hazard_role {
inline constexpr std::uint32_t kAnyValu = 1 << 0; // matrix instructions included
inline constexpr std::uint32_t kValu = 1 << 1;    // all but these
inline constexpr std::uint32_t kDot = 1 << 2;
inline constexpr std::uint32_t kNotDot = 1 << 3; // of VALU
inline constexpr std::uint32_t kTranscendental = 1 << 4;
inline constexpr std::uint32_t kNotTranscendental = 1 << 5; // of any VALU
// Puts its result elsewhere than into bits 0 and up of a register.
inline constexpr std::uint32_t kShifted = 1 << 6;
inline constexpr std::uint32_t kMatrix = 1 << 7;
inline constexpr std::uint32_t kXdl = 1 << 8;     // matrix inputs of 16 bits or less
inline constexpr std::uint32_t kNotXdl = 1 << 9;  // of matrix: of 32 or 64 bits
inline constexpr std::uint32_t kDouble = 1 << 10; // of matrix: of 64 bits
inline constexpr std::uint32_t kVmem = 1 << 11;
inline constexpr std::uint32_t kMemory = 1 << 12;    // VMEM or LDS
inline constexpr std::uint32_t kWideStore = 1 << 13; // more than 64 bits of data per lane
inline constexpr std::uint32_t kDpp = 1 << 14;
inline constexpr std::uint32_t kReadsLane = 1 << 15;   // v_readlane, v_readfirstlane
inline constexpr std::uint32_t kNamesLane = 1 << 16;   // these and v_writelane
inline constexpr std::uint32_t kSelectsLane = 1 << 17; // v_readlane, v_writelane
inline constexpr std::uint32_t kPermlane = 1 << 18;
inline constexpr std::uint32_t kDivFmas = 1 << 19;
inline constexpr std::uint32_t kReadsZeroFlag = 1 << 20; // EXECZ or VCCZ as an operand
inline constexpr std::uint32_t kFma64 = 1 << 21;
inline constexpr std::uint32_t kSalu = 1 << 22;
inline constexpr std::uint32_t kNeedsM0 = 1 << 23; // reads M0 without an interlock
inline constexpr std::uint32_t kSetreg = 1 << 24;
inline constexpr std::uint32_t kGetreg = 1 << 25;
} // namespace hazard_role

// Registers of an instruction that a rule can be about.
enum class HazardRegisters : std::uint8_t {
  kNone, // the rule holds whatever the registers
  kReads,
  kVectorReads,
  kScalarReads, // without EXEC
  kWrites,
  kConstants, // SGPRs that a VALU instruction reads as values or as a select mask, not as carry-in
  kLaneSelect,
  kZeroFlag, // what EXECZ or VCCZ stands for
  kExec,
  kVcc,
  kM0,
  kAb, // A and B of a matrix instruction or dot product, scales, and the index of sparse ones
  kMatrixC,
  kStoreData,
};

// Wait states after a matrix instruction, by MatrixSpeed.
using MatrixWaits = std::array<std::uint8_t, 10>;
enum MatrixSpeed : std::uint8_t {
  kXdl2, // passes of 4 clocks
  kXdl4,
  kXdl8,
  kXdl16,
  kSgemm2, // 32-bit inputs
  kSgemm4,
  kSgemm8,
  kSgemm16,
  kDgemm4x4,
  kDgemm16x16,
};

struct HazardInfo;

struct HazardRule {
  std::uint32_t first = 0; // roles that the first instruction must have, all of them
  HazardRegisters produced = HazardRegisters::kNone;
  std::uint32_t second = 0;
  HazardRegisters consumed = HazardRegisters::kNone;
  std::uint8_t waits = 0;
  const MatrixWaits *matrix_waits = nullptr;                            // in place of `waits`
  bool (*pair)(const HazardInfo &, const HazardInfo &second) = nullptr; // a further condition
  const char *what = nullptr; // "a VALU write of an SGPR, read by VMEM"
  const char *source = nullptr;
};

// What the rules need to know about an instruction, computed once. In front what every instruction
// of a wave is asked for.
struct HazardInfo {
  std::uint64_t second_of = 0; // bit n: it can be the second instruction of rule n
  // Which registers it has in these rules; a bit stands for several.
  std::uint64_t second_registers = 0;
  std::uint64_t first_of = 0; // the same as the first instruction
  std::uint64_t first_registers = 0;
  std::uint32_t roles = 0;
  std::uint8_t wait_states = 1;
  bool writes = false;

  MatrixSpeed speed = kXdl2;
  std::uint8_t hardware_register = 0; // of s_setreg and s_getreg
  std::uint8_t constant_count = 0, ab_count = 0;
  const char *mnemonic = nullptr;
  std::array<RegisterRange, 3> constants{};
  std::array<RegisterRange, 5> ab{};
  RegisterRange special{}; // kMatrixC, kStoreData, kLaneSelect or kZeroFlag
  RegisterUse use;

  std::uint8_t waitsAfter(const HazardRule &rule) const {
    return rule.matrix_waits ? (*rule.matrix_waits)[speed] : rule.waits;
  }
};

// At most 64.
std::span<const HazardRule> hazardRules();

// How far back a hazard can lie: after a matrix instruction, and after any other. A 16-pass XDL
// result needs 20 wait states, and LLVM inserts what is missing to 20, but it looks for the writer
// in the last 19 only.
inline constexpr int kLongReach = 19, kShortReach = 5;

// The registers that count in `set` at all.
RegisterRange domain(HazardRegisters set);
// The registers of `set`; empty if the instruction has none.
std::span<const RegisterRange> registers(const HazardInfo &info, HazardRegisters set);

HazardInfo hazardInfo(const Instruction &instruction);
std::vector<HazardInfo> hazardInfo(std::span<const Instruction> code);

} // namespace gemmsmith::emulator
