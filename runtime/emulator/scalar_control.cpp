// Control flow and the state of a wave: branches, waits, barriers, hardware registers, VGPR
// indexing (CDNA4 ISA chapters 4, 5; 6.6; 12.5).
#include "runtime/emulator/scalar_value.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/workgroup.h"

namespace gemmsmith::emulator {
namespace {

void jump(Wave &w, const Instruction &i) {
  w.pc = static_cast<std::size_t>(static_cast<i64>(w.pc) + i.offset);
}
template <bool value> void branchScc(Wave &w, const Instruction &i) {
  if (needScc(w, i) == value)
    jump(w, i);
}
template <bool zero> void branchVcc(Wave &w, const Instruction &i) {
  // VCCZ looks at all 64 bits; of these only set, defined ones can decide early.
  auto vcc = readScalar<u64>(w, i, kVccLo);
  if (!(vcc.v & vcc.defined) && !vcc.whole())
    w.fault(i, "VCC is tested, but it was never defined");
  if ((vcc.v == 0) == zero)
    jump(w, i);
}
template <bool zero> void branchExec(Wave &w, const Instruction &i) {
  if ((w.exec == 0) == zero)
    jump(w, i);
}
u64 address(Wave &w, std::size_t pc) {
  return w.workgroup().context().code_address + pc * 4;
}
void setPc(Wave &w, const Instruction &i, u64 target) {
  u64 base = w.workgroup().context().code_address;
  if (target < base || target % 4 || (target - base) / 4 >= w.workgroup().context().code.size())
    w.fault(i, "jumps outside the code object");
  w.pc = (target - base) / 4;
}
void getpc(Wave &w, const Instruction &i) {
  w.setScalar64(i, i.dst, address(w, w.pc));
}
void setpc(Wave &w, const Instruction &i) {
  setPc(w, i, w.scalar64(i, i.src[0]));
}
void swappc(Wave &w, const Instruction &i) {
  u64 target = w.scalar64(i, i.src[0]);
  w.setScalar64(i, i.dst, address(w, w.pc));
  setPc(w, i, target);
}
void call(Wave &w, const Instruction &i) {
  w.setScalar64(i, i.dst, address(w, w.pc));
  jump(w, i);
}
void endpgm(Wave &w, const Instruction &) {
  w.status = WaveStatus::kEnded;
}
void barrier(Wave &w, const Instruction &i) {
  w.status = WaveStatus::kAtBarrier;
  w.barrier = &i;
}
// SIMM16 of s_waitcnt: vmcnt = {[15:14], [3:0]}, expcnt = [6:4], lgkmcnt = [11:8] (CDNA4 ISA 12.5).
void waitcnt(Wave &w, const Instruction &i) {
  int k = static_cast<int>(i.offset & 0xffff);
  w.wait((k >> 14 & 3) << 4 | (k & 0xf), k >> 8 & 0xf);
}
void nothing(Wave &, const Instruction &) {}
void trap(Wave &w, const Instruction &i) {
  w.fault(i, "the kernel trapped");
}

// --- hardware registers: SIMM16 = id [5:0], offset [10:6], size - 1 [15:11] (CDNA4 ISA 5.8)

constexpr int kHwMode = 1, kHwStatus = 2, kHwXccId = 20;

u32 hardwareRegister(Wave &w, const Instruction &i) {
  switch (i.offset & 0x3f) {
  case kHwMode:
    return w.mode | u32{w.indexing} << 27;
  case kHwStatus:
    return w.scc << 1 | u32{w.exec == 0} << 9;
  case kHwXccId: // workgroups are dealt to the 8 XCDs in turn
    return w.workgroup().position()[0] % 8;
  default:
    w.fault(i, "this hardware register is not emulated");
  }
}
u32 fieldMask(const Instruction &i) {
  auto size = static_cast<int>(i.offset >> 11 & 0x1f) + 1;
  return size == 32 ? ~0u : (1u << size) - 1;
}
void getreg(Wave &w, const Instruction &i) {
  w.setScalar32(i, i.dst, hardwareRegister(w, i) >> (i.offset >> 6 & 0x1f) & fieldMask(i));
}
// GPR_IDX_EN lives in Wave::indexing. Exceptions trap only where there is a trap handler, which is
// nowhere; so EXCP_EN and DEBUG change nothing.
constexpr u32 kModeGprIdxEn = 1u << 27, kModeVskip = 1u << 28;

void setMode(Wave &w, const Instruction &i, u32 value) {
  if ((i.offset & 0x3f) != kHwMode)
    w.fault(i, "only MODE may be written");
  auto shift = static_cast<int>(i.offset >> 6 & 0x1f);
  u32 mask = fieldMask(i) << shift;
  u32 mode = ((w.mode | (w.indexing ? kModeGprIdxEn : 0)) & ~mask) | (value << shift & mask);
  if (mode & kModeVskip)
    w.fault(i, "VSKIP mode is not emulated");
  w.indexing = mode & kModeGprIdxEn;
  w.mode = mode & ~kModeGprIdxEn;
}
void setreg(Wave &w, const Instruction &i) {
  setMode(w, i, w.scalar32(i, i.dst));
}
void setregImmediate(Wave &w, const Instruction &i) {
  setMode(w, i, i.literal);
}

// --- VGPR indexing mode (CDNA4 ISA 6.6)

void indexOn(Wave &w, const Instruction &i) {
  // The second operand field is a plain number: which operands are indexed.
  u32 m0 = w.sgpr_defined[kM0] == ~0u ? w.scalar32(i, kM0) : 0;
  u32 index = w.scalar32(i, i.src[0]) & 0xff;
  w.setScalar32(i, kM0, (m0 & 0xffff0f00) | (i.src[1] & 15u) << 12 | index);
  w.indexing = true;
}
void indexOff(Wave &w, const Instruction &) {
  w.indexing = false;
}
void indexMode(Wave &w, const Instruction &i) {
  w.setScalar32(i, kM0, (w.scalar32(i, kM0) & 0xffff0fff) | static_cast<u32>(i.offset & 15) << 12);
}
void indexIndex(Wave &w, const Instruction &i) {
  w.setScalar32(i, kM0, (w.scalar32(i, kM0) & 0xffffff00) | (w.scalar32(i, i.src[0]) & 0xff));
}

const Semantics kTable[] = {
    {"s_getpc_b64", getpc},
    {"s_setpc_b64", setpc},
    {"s_swappc_b64", swappc},
    {"s_call_b64", call},
    {"s_getreg_b32", getreg},
    {"s_setreg_b32", setreg},
    {"s_setreg_imm32_b32", setregImmediate},
    {"s_set_gpr_idx_on", indexOn},
    {"s_set_gpr_idx_off", indexOff},
    {"s_set_gpr_idx_mode", indexMode},
    {"s_set_gpr_idx_idx", indexIndex},
    {"s_branch", jump},
    {"s_cbranch_scc0", branchScc<false>},
    {"s_cbranch_scc1", branchScc<true>},
    {"s_cbranch_vccz", branchVcc<true>},
    {"s_cbranch_vccnz", branchVcc<false>},
    {"s_cbranch_execz", branchExec<true>},
    {"s_cbranch_execnz", branchExec<false>},
    {"s_endpgm", endpgm},
    {"s_barrier", barrier},
    {"s_waitcnt", waitcnt},
    {"s_trap", trap},
    {"s_nop", nothing},
    {"s_sleep", nothing},
    {"s_setprio", nothing},
    {"s_wakeup", nothing},
    {"s_icache_inv", nothing},
    {"s_incperflevel", nothing},
    {"s_decperflevel", nothing},
    {"s_ttracedata", nothing},
};

} // namespace

std::span<const Semantics> scalarControlSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
