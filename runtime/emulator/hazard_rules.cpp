#include "runtime/emulator/hazard_rules.h"

#include <string_view>

namespace gemmsmith::emulator {
namespace {

using namespace hazard_role;
using R = HazardRegisters;

constexpr const char *k45 = "CDNA4 ISA 4.5";
constexpr const char *k76 = "CDNA4 ISA 7.6";

// Table 38 of the manual; LLVM has the same numbers except as noted.
// clang-format off: a table
//                                          XDL           SGEMM         DGEMM
// passes                                    2  4   8  16  2  4   8  16  4x4 16x16
// Overlapping, but not the same registers; by what the second instruction is.
constexpr MatrixWaits kOverlappedCOfXdl  = {{4, 6, 10, 18, 0, 0,  0,  0, 0,  0}};
constexpr MatrixWaits kOverlappedCOfGemm = {{3, 6, 10, 18, 2, 4,  8, 16, 4, 17}};
// The same registers: the accumulator is forwarded. The manual wants this between instructions of
// the same number of passes only; LLVM 22 relies on it between any two.
constexpr MatrixWaits kSameC             = {{2, 0,  0,  0, 2, 0,  0,  0, 0,  0}};
constexpr MatrixWaits kSameCOfDgemm      = {{0, 0,  0,  0, 0, 0,  0,  0, 4,  0}};
constexpr MatrixWaits kRead              = {{5, 8, 12, 20, 4, 6, 10, 18, 6, 19}};
constexpr MatrixWaits kMemoryRead        = {{5, 8, 12, 20, 4, 6, 10, 18, 9, 18}};
// The manual has 19 for the last, LLVM 22 keeps 11. Writes by loads are LLVM's.
constexpr MatrixWaits kWrite             = {{5, 8, 12, 20, 4, 6, 10, 18, 6, 11}};
constexpr MatrixWaits kWriteAfterRead    = {{1, 3,  7, 15, 0, 0,  0,  0, 0,  0}};
// clang-format on

bool sameOpcode(const HazardInfo &a, const HazardInfo &b) {
  return std::string_view(a.mnemonic) == b.mnemonic;
}
bool otherOpcode(const HazardInfo &a, const HazardInfo &b) {
  return !sameOpcode(a, b);
}
bool sameRegister(const HazardInfo &a, const HazardInfo &b) {
  return a.hardware_register == b.hardware_register;
}
// Whether C is exactly what the first instruction wrote.
bool sameC(const HazardInfo &a, const HazardInfo &b) {
  RegisterRange d = registers(a, R::kWrites)[0];
  return d.first == b.special.first && d.count == b.special.count;
}
bool overlappedC(const HazardInfo &a, const HazardInfo &b) {
  return !sameC(a, b);
}

// clang-format off: a table
constexpr HazardRule kRules[] = {
    // --- CDNA4 ISA 4.5
    {kSetreg, R::kNone, kGetreg, R::kNone, 2, nullptr, sameRegister,
     "s_setreg and s_getreg of the same register", k45},
    {kSetreg, R::kNone, kSetreg, R::kNone, 2, nullptr, sameRegister,
     "two s_setreg of the same register", k45},
    {kValu, R::kWrites, kReadsZeroFlag, R::kZeroFlag, 5, nullptr, nullptr,
     "VCC or EXEC written by VALU, VCCZ or EXECZ read as an operand", k45},
    {kValu, R::kWrites, kSelectsLane, R::kLaneSelect, 4, nullptr, nullptr,
     "an SGPR written by VALU that selects a lane", k45},
    {kValu, R::kWrites, kDivFmas, R::kVcc, 4, nullptr, nullptr,
     "VCC written by VALU, read by v_div_fmas", k45},
    // The manual's text lost the number for VALU; LLVM has 2. Its 1 for other writes LLVM does not
    // keep. A BUFFER store with an SGPR for an offset is exempt.
    {kWideStore, R::kStoreData, kAnyValu, R::kWrites, 2, nullptr, nullptr,
     "store data of more than 64 bits, overwritten by VALU", k45},
    // LLVM also waits for EXEC, which the manual does not ask for.
    {kValu, R::kWrites, kVmem, R::kScalarReads, 5, nullptr, nullptr,
     "an SGPR written by VALU, read by VMEM", k45},
    {kSalu, R::kWrites, kNeedsM0, R::kM0, 1, nullptr, nullptr,
     "M0 written by SALU, read by a message or an LDS instruction", k45},
    // LLVM also waits for the register that DPP writes only in part, and after loads.
    {kValu, R::kWrites, kDpp, R::kVectorReads, 2, nullptr, nullptr,
     "a VGPR written by VALU, read by DPP", k45},
    {kValu, R::kWrites, kDpp, R::kExec, 5, nullptr, nullptr,
     "EXEC written by VALU, then DPP", k45},
    // The manual asks for nothing when the SGPR is a carry-in; LLVM waits there too.
    {kValu, R::kWrites, kValu, R::kConstants, 2, nullptr, nullptr,
     "an SGPR written by VALU, read by VALU", k45},
    {kValu, R::kWrites, kNamesLane, R::kExec, 4, nullptr, nullptr,
     "EXEC written by VALU, then v_readlane, v_readfirstlane or v_writelane", k45},
    {kValu, R::kWrites, kReadsLane, R::kVectorReads, 1, nullptr, nullptr,
     "a VGPR written by VALU, read by v_readlane or v_readfirstlane", k45},
    // With 7.3, which says it of conversions to 8 and 4 bits. LLVM also waits before the register
    // is written as a whole.
    {kShifted, R::kWrites, kAnyValu, R::kReads, 1, nullptr, nullptr,
     "a result put elsewhere by op_sel or SDWA, read by VALU", k45},
    {kTranscendental, R::kWrites, kNotTranscendental, R::kReads, 1, nullptr, nullptr,
     "a transcendental result, read by other VALU", k45},
    {kValu, R::kWrites, kPermlane, R::kExec, 4, nullptr, nullptr,
     "EXEC written by VALU, then v_permlane", k45},
    {kValu, R::kWrites, kPermlane, R::kVectorReads, 2, nullptr, nullptr,
     "a VGPR written by VALU, read by v_permlane", k45},

    // --- CDNA4 ISA 7.6
    {kNotDot, R::kWrites, kMatrix, R::kVectorReads, 2, nullptr, nullptr,
     "a VGPR written by VALU, read by a matrix instruction", k76},
    {kValu, R::kWrites, kMatrix, R::kExec, 4, nullptr, nullptr,
     "EXEC written by VALU, then a matrix instruction", k76},
    // The manual wants 3 between a dot product and a matrix instruction too, LLVM 22 has none.
    {kDot, R::kWrites, kValu, R::kReads, 3, nullptr, otherOpcode,
     "a dot product, read by another VALU opcode", k76},
    {kDot, R::kWrites, kValu, R::kWrites, 3, nullptr, otherOpcode,
     "a dot product, overwritten by another VALU opcode", k76},
    {kDot, R::kWrites, kMemory, R::kReads, 3, nullptr, nullptr,
     "a dot product, read by a memory instruction", k76},
    {kDot, R::kWrites, kMemory, R::kWrites, 3, nullptr, nullptr,
     "a dot product, overwritten by a load", k76},
    {kDot, R::kWrites, kDot, R::kAb, 3, nullptr, sameOpcode,
     "a dot product, read as A or B", k76},
    {kMatrix, R::kWrites, kMatrix | kXdl, R::kMatrixC, 0, &kOverlappedCOfXdl, overlappedC,
     "a matrix result, read as an overlapping C", k76},
    {kMatrix, R::kWrites, kMatrix | kNotXdl, R::kMatrixC, 0, &kOverlappedCOfGemm, overlappedC,
     "a matrix result, read as an overlapping C", k76},
    {kMatrix, R::kWrites, kMatrix, R::kMatrixC, 0, &kSameC, sameC,
     "a matrix result, read as C", k76},
    {kMatrix | kDouble, R::kWrites, kMatrix | kDouble, R::kMatrixC, 0, &kSameCOfDgemm,
     [](const HazardInfo &a, const HazardInfo &b) { return a.speed == b.speed && sameC(a, b); },
     "a matrix result, read as C", k76},
    {kMatrix, R::kWrites, kMatrix, R::kAb, 0, &kRead, nullptr,
     "a matrix result, read as A or B", k76},
    {kMatrix, R::kWrites, kValu, R::kReads, 0, &kRead, nullptr,
     "a matrix result, read by VALU", k76},
    {kMatrix, R::kWrites, kMemory, R::kReads, 0, &kMemoryRead, nullptr,
     "a matrix result, read by a memory instruction", k76},
    {kMatrix, R::kWrites, kValu, R::kWrites, 0, &kWrite, nullptr,
     "a matrix result, overwritten by VALU", k76},
    {kMatrix, R::kWrites, kMemory, R::kWrites, 0, &kWrite, nullptr,
     "a matrix result, overwritten by a load", k76},
    {kMatrix | kXdl, R::kMatrixC, kValu, R::kWrites, 0, &kWriteAfterRead, nullptr,
     "C of a matrix instruction, overwritten by VALU", k76},
    {kMatrix | kXdl, R::kMatrixC, kMemory, R::kWrites, 0, &kWriteAfterRead, nullptr,
     "C of a matrix instruction, overwritten by a load", k76},
    // Not in the manual.
    {kMatrix | kDouble, R::kNone, kFma64, R::kNone, 2, nullptr, nullptr,
     "a 64-bit matrix instruction, then a 64-bit multiply-add", "LLVM 22"},
};
// clang-format on
static_assert(std::size(kRules) <= 64);

constexpr RegisterRange kExecRange{kExecLo, 2}, kVccRange{kVccLo, 2}, kM0Range{kM0, 1};

std::span<const RegisterRange> one(const RegisterRange &range) {
  return {&range, range.count ? std::size_t{1} : std::size_t{0}};
}

} // namespace

std::span<const HazardRule> hazardRules() {
  return kRules;
}

RegisterRange domain(HazardRegisters set) {
  switch (set) {
  case R::kScalarReads:
    return {0, kExecLo};
  case R::kConstants:
  case R::kLaneSelect:
  case R::kZeroFlag:
    return {0, kExecLo + 2};
  case R::kExec:
    return kExecRange;
  case R::kVcc:
    return kVccRange;
  case R::kM0:
    return kM0Range;
  case R::kVectorReads:
  case R::kAb:
  case R::kMatrixC:
  case R::kStoreData:
    return {kVgpr, 512};
  case R::kNone:
  case R::kReads:
  case R::kWrites:
    break;
  }
  return {0, kAgpr + 256};
}

std::span<const RegisterRange> registers(const HazardInfo &info, HazardRegisters set) {
  switch (set) {
  case R::kNone:
    return {};
  case R::kReads:
  case R::kVectorReads:
  case R::kScalarReads:
    return info.use.reads();
  case R::kWrites:
    return info.use.writes();
  case R::kConstants:
    return {info.constants.data(), info.constant_count};
  case R::kAb:
    return {info.ab.data(), info.ab_count};
  case R::kExec:
    return one(kExecRange);
  case R::kVcc:
    return one(kVccRange);
  case R::kM0:
    return one(kM0Range);
  case R::kLaneSelect:
  case R::kZeroFlag:
  case R::kMatrixC:
  case R::kStoreData:
    break;
  }
  return one(info.special);
}

} // namespace gemmsmith::emulator
