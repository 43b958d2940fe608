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
  constexpr int kDebugTrap =
      3; // goes on where no debugger is attached (LLVM's guide, "Trap Handler")
  if ((i.offset & 0xff) != kDebugTrap)
    w.fault(i, "the kernel trapped");
}
void setkill(Wave &w, const Instruction &i) {
  if (i.offset & 1)
    w.status = WaveStatus::kEnded;
}
void sethalt(Wave &w, const Instruction &i) {
  if (i.offset & 1)
    w.fault(i, "the kernel halts a wave, and there is no host to resume it");
}
// Interrupts go to a host that need not be told; the other messages belong to trap handlers.
void sendmsg(Wave &w, const Instruction &i) {
  constexpr int kInterrupt = 1;
  if ((i.offset & 0xf) != kInterrupt)
    w.fault(i, "messages other than MSG_INTERRUPT are not emulated");
}
void setvskip(Wave &w, const Instruction &i) {
  if (w.scalar32(i, i.src[0]) >> (w.scalar32(i, i.src[1]) & 31) & 1)
    w.fault(i, "VSKIP mode is not emulated");
}

// --- hardware registers: SIMM16 = id [5:0], offset [10:6], size - 1 [15:11] (CDNA4 ISA 5.8)

constexpr int kHwMode = 1, kHwStatus = 2, kHwId = 4, kHwLdsAlloc = 6, kHwMemBases = 15,
              kHwXccId = 20;

// Workgroups are dealt to the 8 XCDs in turn, and to the 32 CUs of each: 4 shader engines of 8.
struct Place {
  u32 xcd, shader_engine, cu, turn;
};
Place placeOf(Wave &w) {
  auto [x, y, z] = w.workgroup().position();
  const Dim3 &grid = w.workgroup().context().grid;
  u64 id = x + u64{grid.x} * (y + u64{grid.y} * z);
  u32 n = static_cast<u32>(id / 8 % 32);
  return {static_cast<u32>(id % 8), n % 4, n / 4, static_cast<u32>(id / 256 % 16)};
}

ScalarValue<u32> status(Wave &w, const Instruction &i) {
  auto vcc = readScalar<u64>(w, i, kVccLo);
  bool vccz_known = vcc.whole() || (vcc.v & vcc.defined);
  // SCC 0, EXECZ 9, VCCZ 10, IN_TG 11, VALID 16, SCRATCH_EN 28 (CDNA4 ISA 3.4, whose SCC is bit 1,
  // where SPI_PRIO already is).
  u32 v = w.scc | u32{w.exec == 0} << 9 | u32{vcc.v == 0} << 10 |
          u32{w.workgroup().waves().size() > 1} << 11 | 1u << 16 | u32{w.scratch_bytes > 0} << 28;
  return {v, ~(u32{!w.scc_defined} | u32{!vccz_known} << 10)};
}

ScalarValue<u32> hardwareRegister(Wave &w, const Instruction &i) {
  auto whole = [](u32 v) { return ScalarValue<u32>{v, ~0u}; };
  switch (i.offset & 0x3f) {
  case kHwMode:
    return whole(w.mode | u32{w.indexing} << 27);
  case kHwStatus:
    return status(w, i);
  case kHwId: { // WAVE_ID 3:0, SIMD_ID 5:4, CU_ID 11:8, SE_ID 15:13, TG_ID 19:16
    Place place = placeOf(w);
    auto wave = static_cast<u32>(w.index());
    return whole(wave / 4 | wave % 4 << 4 | place.cu << 8 | place.shader_engine << 13 |
                 place.turn << 16);
  }
  case kHwLdsAlloc: { // LDS_SIZE 21:12, in 256 bytes; the granule is 1280 bytes (CDNA4 ISA 3.6.5)
    u32 granules = (w.workgroup().ldsBytes() + 1279) / 1280;
    return whole(granules * (1280 / 256) << 12);
  }
  case kHwMemBases: // {shared, private}, the upper 16 bits of either aperture
    return whole(static_cast<u32>(kSharedAperture >> 48) << 16 |
                 static_cast<u32>(kPrivateAperture >> 48));
  case kHwXccId:
    return whole(placeOf(w).xcd);
  default:
    w.fault(i, "this hardware register is not emulated");
  }
}
u32 fieldMask(const Instruction &i) {
  auto size = static_cast<int>(i.offset >> 11 & 0x1f) + 1;
  return size == 32 ? ~0u : (1u << size) - 1;
}
void getreg(Wave &w, const Instruction &i) {
  ScalarValue<u32> r = hardwareRegister(w, i);
  int shift = static_cast<int>(i.offset >> 6 & 0x1f);
  u32 mask = fieldMask(i);
  w.setScalar32(i, i.dst, r.v >> shift & mask,
                (r.defined >> shift & mask) | ~mask | ~(~0u >> shift));
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
    // The flags of conditional debugging are never set.
    {"s_cbranch_cdbgsys", nothing},
    {"s_cbranch_cdbguser", nothing},
    {"s_cbranch_cdbgsys_or_user", nothing},
    {"s_cbranch_cdbgsys_and_user", nothing},
    {"s_endpgm", endpgm},
    {"s_endpgm_saved", endpgm},
    {"s_barrier", barrier},
    {"s_waitcnt", waitcnt},
    {"s_trap", trap},
    {"s_setkill", setkill},
    {"s_sethalt", sethalt},
    {"s_sendmsg", sendmsg},
    {"s_setvskip", setvskip},
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
