// Scalar ALU and control flow (CDNA4 ISA chapters 4, 5; 12.1-12.5).
//
// Undefined bits: moves, selections and bitwise operations carry them along exactly, every other
// operation makes its whole result undefined. They become a fault where they decide something: a
// branch, an address, EXEC, a vector operand.
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/wave.h"
#include "runtime/emulator/workgroup.h"

#include <bit>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

template <typename T> struct Value {
  T v = 0;
  T defined = 0;
  bool whole() const { return defined == static_cast<T>(~T{0}); }
};

template <typename T> Value<T> read(Wave &w, const Instruction &i, std::uint16_t code) {
  Value<T> r;
  if constexpr (sizeof(T) == 8)
    r.v = w.rawScalar64(i, code, r.defined);
  else
    r.v = w.rawScalar32(i, code, r.defined);
  return r;
}

template <typename T> void write(Wave &w, const Instruction &i, Value<T> r) {
  if constexpr (sizeof(T) == 8)
    w.setScalar64(i, i.dst, r.v, r.defined);
  else
    w.setScalar32(i, i.dst, r.v, r.defined);
}

bool needScc(Wave &w, const Instruction &i) {
  if (!w.scc_defined)
    w.fault(i, "SCC is read, but its value depends on undefined registers");
  return w.scc != 0;
}
void setScc(Wave &w, bool value, bool defined) {
  w.scc = value;
  w.scc_defined = defined;
}
// SCC = (result != 0): known as soon as one defined bit is set.
template <typename T> void sccNonZero(Wave &w, Value<T> r) {
  setScc(w, r.v != 0, r.whole() || (r.v & r.defined) != 0);
}

// Which bitwise operation; N complements the second operand or the result.
enum class Bit { kAnd, kOr, kXor, kAndN2, kOrN2, kNand, kNor, kXnor };

template <Bit op, typename T> Value<T> bitwise(Value<T> a, Value<T> b) {
  if constexpr (op == Bit::kAndN2 || op == Bit::kOrN2)
    b.v = static_cast<T>(~b.v);
  Value<T> r;
  if constexpr (op == Bit::kAnd || op == Bit::kAndN2 || op == Bit::kNand) {
    r.v = a.v & b.v;
    r.defined = (a.defined & b.defined) | (a.defined & ~a.v) | (b.defined & ~b.v);
  } else if constexpr (op == Bit::kOr || op == Bit::kOrN2 || op == Bit::kNor) {
    r.v = a.v | b.v;
    r.defined = (a.defined & b.defined) | (a.defined & a.v) | (b.defined & b.v);
  } else {
    r.v = a.v ^ b.v;
    r.defined = a.defined & b.defined;
  }
  if constexpr (op == Bit::kNand || op == Bit::kNor || op == Bit::kXnor)
    r.v = static_cast<T>(~r.v);
  return r;
}

template <Bit op, typename T> void logic(Wave &w, const Instruction &i) {
  auto r = bitwise<op>(read<T>(w, i, i.src[0]), read<T>(w, i, i.src[1]));
  write(w, i, r);
  sccNonZero(w, r);
}

// D = EXEC; EXEC = S0 op EXEC. `swap` gives EXEC op S0's complement forms: andn1 = ~S0 & EXEC.
template <Bit op, bool complement_source> void saveexec(Wave &w, const Instruction &i) {
  auto s = read<u64>(w, i, i.src[0]);
  if (complement_source)
    s.v = ~s.v;
  auto r = bitwise<op>(s, Value<u64>{w.exec, kAllLanes});
  u64 old = w.exec;
  w.setScalar64(i, kExecLo, r.v, r.defined);
  w.setScalar64(i, i.dst, old);
  setScc(w, w.exec != 0, true);
}
template <Bit op, bool complement_source> void wrexec(Wave &w, const Instruction &i) {
  auto s = read<u64>(w, i, i.src[0]);
  if (complement_source)
    s.v = ~s.v;
  auto r = bitwise<op>(s, Value<u64>{w.exec, kAllLanes});
  w.setScalar64(i, kExecLo, r.v, r.defined);
  w.setScalar64(i, i.dst, w.exec);
  setScc(w, w.exec != 0, true);
}

// F(a, b, scc) of two operands; what happens to SCC is the second parameter.
enum class Scc { kKeep, kNonZero, kFromF };
struct Out {
  u32 v;
  bool scc;
};

template <auto F> void binaryFlag(Wave &w, const Instruction &i) {
  auto a = read<u32>(w, i, i.src[0]);
  auto b = read<u32>(w, i, i.src[1]);
  bool defined = a.whole() && b.whole();
  Out r = F(a.v, b.v);
  write(w, i, Value<u32>{r.v, defined ? ~0u : 0u});
  setScc(w, r.scc, defined);
}
template <auto F> void binaryCarry(Wave &w, const Instruction &i) {
  auto a = read<u32>(w, i, i.src[0]);
  auto b = read<u32>(w, i, i.src[1]);
  bool defined = a.whole() && b.whole() && w.scc_defined;
  Out r = F(a.v, b.v, w.scc);
  write(w, i, Value<u32>{r.v, defined ? ~0u : 0u});
  setScc(w, r.scc, defined);
}
template <auto F, Scc scc, typename T, typename A, typename B>
void binaryOf(Wave &w, const Instruction &i, T (*)(A, B)) {
  using UA = std::make_unsigned_t<A>;
  using UB = std::make_unsigned_t<B>;
  using UT = std::make_unsigned_t<T>;
  auto a = read<UA>(w, i, i.src[0]);
  auto b = read<UB>(w, i, i.src[1]);
  bool defined = a.whole() && b.whole();
  Value<UT> r{static_cast<UT>(F(static_cast<A>(a.v), static_cast<B>(b.v))),
              defined ? static_cast<UT>(~UT{0}) : UT{0}};
  write(w, i, r);
  if constexpr (scc == Scc::kNonZero)
    sccNonZero(w, r);
}
template <auto F, Scc scc = Scc::kKeep> void binary(Wave &w, const Instruction &i) {
  binaryOf<F, scc>(w, i, +F);
}
template <auto F, Scc scc, typename T, typename A>
void unaryOf(Wave &w, const Instruction &i, T (*)(A)) {
  using UA = std::make_unsigned_t<A>;
  using UT = std::make_unsigned_t<T>;
  auto a = read<UA>(w, i, i.src[0]);
  Value<UT> r{static_cast<UT>(F(static_cast<A>(a.v))), a.whole() ? static_cast<UT>(~UT{0}) : UT{0}};
  write(w, i, r);
  if constexpr (scc == Scc::kNonZero)
    sccNonZero(w, r);
}
template <auto F, Scc scc = Scc::kKeep> void unary(Wave &w, const Instruction &i) {
  unaryOf<F, scc>(w, i, +F);
}

template <typename T> void mov(Wave &w, const Instruction &i) {
  write(w, i, read<T>(w, i, i.src[0]));
}
template <typename T> void cmov(Wave &w, const Instruction &i) {
  if (needScc(w, i))
    write(w, i, read<T>(w, i, i.src[0]));
}
template <typename T> void notOp(Wave &w, const Instruction &i) {
  auto r = read<T>(w, i, i.src[0]);
  r.v = static_cast<T>(~r.v);
  write(w, i, r);
  sccNonZero(w, r);
}
template <typename T> void cselect(Wave &w, const Instruction &i) {
  write(w, i, read<T>(w, i, needScc(w, i) ? i.src[0] : i.src[1]));
}
template <typename T, bool value> void bitset(Wave &w, const Instruction &i) {
  auto s = w.scalar32(i, i.src[0]);
  auto d = read<T>(w, i, i.dst);
  T bit = T{1} << (s & (sizeof(T) * 8 - 1));
  d.v = value ? d.v | bit : d.v & ~bit;
  d.defined |= bit;
  write(w, i, d);
}

void movk(Wave &w, const Instruction &i) {
  w.setScalar32(i, i.dst, static_cast<u32>(i.offset));
}
void cmovk(Wave &w, const Instruction &i) {
  if (needScc(w, i))
    w.setScalar32(i, i.dst, static_cast<u32>(i.offset));
}
void addk(Wave &w, const Instruction &i) {
  auto d = read<u32>(w, i, i.dst);
  u32 k = static_cast<u32>(i.offset), r = d.v + k;
  setScc(w, (~(d.v ^ k) & (d.v ^ r)) >> 31, d.whole());
  write(w, i, Value<u32>{r, d.whole() ? ~0u : 0u});
}
void mulk(Wave &w, const Instruction &i) {
  auto d = read<u32>(w, i, i.dst);
  write(w, i, Value<u32>{d.v * static_cast<u32>(i.offset), d.whole() ? ~0u : 0u});
}

template <auto F, typename A> void compareOf(Wave &w, const Instruction &i, bool (*)(A, A)) {
  using U = std::make_unsigned_t<A>;
  auto a = read<U>(w, i, i.src[0]);
  auto b = read<U>(w, i, i.src[1]);
  setScc(w, F(static_cast<A>(a.v), static_cast<A>(b.v)), a.whole() && b.whole());
}
template <auto F> void compare(Wave &w, const Instruction &i) {
  compareOf<F>(w, i, +F);
}
template <auto F, typename A> void comparekOf(Wave &w, const Instruction &i, bool (*)(A, A)) {
  auto a = read<u32>(w, i, i.dst);
  // The constant is sign-extended for signed, zero-extended for unsigned comparisons.
  A k = std::is_signed_v<A> ? static_cast<A>(i.offset) : static_cast<A>(i.offset & 0xffff);
  setScc(w, F(static_cast<A>(a.v), k), a.whole());
}
template <auto F> void comparek(Wave &w, const Instruction &i) {
  comparekOf<F>(w, i, +F);
}
template <typename T, bool value> void bitcmp(Wave &w, const Instruction &i) {
  auto a = read<T>(w, i, i.src[0]);
  u32 n = w.scalar32(i, i.src[1]) & (sizeof(T) * 8 - 1);
  setScc(w, (a.v >> n & 1) == value, a.defined >> n & 1);
}

// --- control flow

void jump(Wave &w, const Instruction &i) {
  w.pc = static_cast<std::size_t>(static_cast<i64>(w.pc) + i.offset);
}
template <bool value> void branchScc(Wave &w, const Instruction &i) {
  if (needScc(w, i) == value)
    jump(w, i);
}
template <bool zero> void branchVcc(Wave &w, const Instruction &i) {
  // VCCZ looks at all 64 bits; of these only set, defined ones can decide early.
  auto vcc = read<u64>(w, i, kVccLo);
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
    return w.mode;
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
void setMode(Wave &w, const Instruction &i, u32 value) {
  if ((i.offset & 0x3f) != kHwMode)
    w.fault(i, "only MODE may be written");
  auto shift = static_cast<int>(i.offset >> 6 & 0x1f);
  u32 mask = fieldMask(i) << shift;
  w.mode = (w.mode & ~mask) | (value << shift & mask);
  if (w.mode & 0xf)
    w.fault(i, "rounding modes other than to nearest even are not emulated");
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

u32 lowBits(u32 n) {
  return n >= 32 ? ~0u : (1u << n) - 1;
}
u64 lowBits64(u32 n) {
  return n >= 64 ? ~u64{0} : (u64{1} << n) - 1;
}
u64 bfe64(u64 a, u32 b, bool sign) {
  u32 offset = b & 63, width = b >> 16 & 127;
  if (width == 0)
    return 0;
  u64 v = a >> offset & lowBits64(width);
  if (sign && width < 64 && (v >> (width - 1) & 1))
    v |= ~lowBits64(width);
  return v;
}

constexpr Scc kNz = Scc::kNonZero;

const Semantics kTable[] = {
    {"s_mov_b32", mov<u32>},
    {"s_mov_b64", mov<u64>},
    {"s_cmov_b32", cmov<u32>},
    {"s_cmov_b64", cmov<u64>},
    {"s_not_b32", notOp<u32>},
    {"s_not_b64", notOp<u64>},
    {"s_brev_b32", unary<[](u32 a) {
       u32 r = 0;
       for (int n = 0; n < 32; ++n)
         r |= (a >> n & 1) << (31 - n);
       return r;
     }>},
    {"s_brev_b64", unary<[](u64 a) {
       u64 r = 0;
       for (int n = 0; n < 64; ++n)
         r |= (a >> n & 1) << (63 - n);
       return r;
     }>},
    {"s_bcnt0_i32_b32", unary<[](u32 a) { return (static_cast<u32>(std::popcount(~a))); }, kNz>},
    {"s_bcnt0_i32_b64", unary<[](u64 a) { return (static_cast<u32>(std::popcount(~a))); }, kNz>},
    {"s_bcnt1_i32_b32", unary<[](u32 a) { return (static_cast<u32>(std::popcount(a))); }, kNz>},
    {"s_bcnt1_i32_b64", unary<[](u64 a) { return (static_cast<u32>(std::popcount(a))); }, kNz>},
    {"s_ff0_i32_b32", unary<[](u32 a) { return ~a ? std::countr_one(a) : -1; }>},
    {"s_ff0_i32_b64", unary<[](u64 a) { return ~a ? std::countr_one(a) : -1; }>},
    {"s_ff1_i32_b32", unary<[](u32 a) { return a ? std::countr_zero(a) : -1; }>},
    {"s_ff1_i32_b64", unary<[](u64 a) { return a ? std::countr_zero(a) : -1; }>},
    {"s_flbit_i32_b32", unary<[](u32 a) { return a ? std::countl_zero(a) : -1; }>},
    {"s_flbit_i32_b64", unary<[](u64 a) { return a ? std::countl_zero(a) : -1; }>},
    {"s_flbit_i32", unary<[](u32 a) {
       u32 b = (a >> 31) ? ~a : a;
       return b ? std::countl_zero(b) : -1;
     }>},
    {"s_flbit_i32_i64", unary<[](u64 a) {
       u64 b = (a >> 63) ? ~a : a;
       return b ? std::countl_zero(b) : -1;
     }>},
    {"s_sext_i32_i8", unary<[](u32 a) { return (i32{static_cast<std::int8_t>(a)}); }>},
    {"s_sext_i32_i16", unary<[](u32 a) { return (i32{static_cast<std::int16_t>(a)}); }>},
    {"s_bitset0_b32", bitset<u32, false>},
    {"s_bitset0_b64", bitset<u64, false>},
    {"s_bitset1_b32", bitset<u32, true>},
    {"s_bitset1_b64", bitset<u64, true>},
    {"s_getpc_b64", getpc},
    {"s_setpc_b64", setpc},
    {"s_swappc_b64", swappc},
    {"s_call_b64", call},
    {"s_and_saveexec_b64", saveexec<Bit::kAnd, false>},
    {"s_or_saveexec_b64", saveexec<Bit::kOr, false>},
    {"s_xor_saveexec_b64", saveexec<Bit::kXor, false>},
    {"s_andn2_saveexec_b64", saveexec<Bit::kAndN2, false>},
    {"s_orn2_saveexec_b64", saveexec<Bit::kOrN2, false>},
    {"s_nand_saveexec_b64", saveexec<Bit::kNand, false>},
    {"s_nor_saveexec_b64", saveexec<Bit::kNor, false>},
    {"s_xnor_saveexec_b64", saveexec<Bit::kXnor, false>},
    {"s_andn1_saveexec_b64", saveexec<Bit::kAnd, true>},
    {"s_orn1_saveexec_b64", saveexec<Bit::kOr, true>},
    {"s_andn1_wrexec_b64", wrexec<Bit::kAnd, true>},
    {"s_andn2_wrexec_b64", wrexec<Bit::kAndN2, false>},
    {"s_abs_i32", unary<[](u32 a) { return (static_cast<i32>(a) < 0 ? 0u - a : a); }, kNz>},
    {"s_bitreplicate_b64_b32", unary<[](u32 a) {
       u64 r = 0;
       for (int n = 0; n < 32; ++n)
         r |= ((static_cast<u64>(a) >> n & 1) * 3) << 2 * n;
       return r;
     }>},
    // SOP2
    {"s_add_u32", binaryFlag<[](u32 a, u32 b) { return Out{a + b, a + b < a}; }>},
    {"s_sub_u32", binaryFlag<[](u32 a, u32 b) { return Out{(a - b), (b > a)}; }>},
    {"s_add_i32", binaryFlag<[](u32 a, u32 b) {
       return Out{(a + b), (((~(a ^ b) & (a ^ (a + b))) >> 31) != 0)};
     }>},
    {"s_sub_i32", binaryFlag<[](u32 a, u32 b) {
       return Out{(a - b), ((((a ^ b) & (a ^ (a - b))) >> 31) != 0)};
     }>},
    {"s_addc_u32", binaryCarry<[](u32 a, u32 b, u32 c) {
       return Out{(a + b + c), (u64{a} + b + c > 0xffffffff)};
     }>},
    {"s_subb_u32",
     binaryCarry<[](u32 a, u32 b, u32 c) { return Out{(a - b - c), (u64{b} + c > a)}; }>},
    {"s_min_i32", binaryFlag<[](u32 a, u32 b) {
       bool f = static_cast<i32>(a) < static_cast<i32>(b);
       return Out{f ? a : b, f};
     }>},
    {"s_min_u32", binaryFlag<[](u32 a, u32 b) { return Out{a < b ? a : b, a < b}; }>},
    {"s_max_i32", binaryFlag<[](u32 a, u32 b) {
       bool f = static_cast<i32>(a) >= static_cast<i32>(b);
       return Out{f ? a : b, f};
     }>},
    {"s_max_u32", binaryFlag<[](u32 a, u32 b) { return Out{(a >= b ? a : b), (a >= b)}; }>},
    {"s_cselect_b32", cselect<u32>},
    {"s_cselect_b64", cselect<u64>},
    {"s_and_b32", logic<Bit::kAnd, u32>},
    {"s_and_b64", logic<Bit::kAnd, u64>},
    {"s_or_b32", logic<Bit::kOr, u32>},
    {"s_or_b64", logic<Bit::kOr, u64>},
    {"s_xor_b32", logic<Bit::kXor, u32>},
    {"s_xor_b64", logic<Bit::kXor, u64>},
    {"s_andn2_b32", logic<Bit::kAndN2, u32>},
    {"s_andn2_b64", logic<Bit::kAndN2, u64>},
    {"s_orn2_b32", logic<Bit::kOrN2, u32>},
    {"s_orn2_b64", logic<Bit::kOrN2, u64>},
    {"s_nand_b32", logic<Bit::kNand, u32>},
    {"s_nand_b64", logic<Bit::kNand, u64>},
    {"s_nor_b32", logic<Bit::kNor, u32>},
    {"s_nor_b64", logic<Bit::kNor, u64>},
    {"s_xnor_b32", logic<Bit::kXnor, u32>},
    {"s_xnor_b64", logic<Bit::kXnor, u64>},
    {"s_lshl_b32", binary<[](u32 a, u32 b) { return a << (b & 31); }, kNz>},
    {"s_lshl_b64", binary<[](u64 a, u32 b) { return a << (b & 63); }, kNz>},
    {"s_lshr_b32", binary<[](u32 a, u32 b) { return (a >> (b & 31)); }, kNz>},
    {"s_lshr_b64", binary<[](u64 a, u32 b) { return (a >> (b & 63)); }, kNz>},
    {"s_ashr_i32", binary<[](i32 a, u32 b) { return (a >> (b & 31)); }, kNz>},
    {"s_ashr_i64", binary<[](i64 a, u32 b) { return (a >> (b & 63)); }, kNz>},
    {"s_bfm_b32", binary<[](u32 a, u32 b) { return lowBits(a & 31) << (b & 31); }>},
    {"s_bfm_b64", binary<[](u32 a, u32 b) { return lowBits64(a & 63) << (b & 63); }>},
    {"s_mul_i32", binary<[](u32 a, u32 b) { return a * b; }>},
    {"s_mul_hi_u32", binary<[](u32 a, u32 b) { return (static_cast<u32>(u64{a} * b >> 32)); }>},
    {"s_mul_hi_i32", binary<[](i32 a, i32 b) { return (static_cast<i32>(i64{a} * b >> 32)); }>},
    {"s_bfe_u32",
     binary<[](u32 a, u32 b) { return ((a >> (b & 31)) & lowBits(b >> 16 & 127)); }, kNz>},
    {"s_bfe_i32", binary<[](u32 a, u32 b) {
       u32 width = (b >> 16 & 127), v = ((a >> (b & 31)) & lowBits(width));
       if (width && width < 32 && (v >> (width - 1) & 1))
         v |= ~lowBits(width);
       return v;
     },
                         kNz>},
    {"s_bfe_u64", binary<[](u64 a, u32 b) { return bfe64(a, b, false); }, kNz>},
    {"s_bfe_i64", binary<[](u64 a, u32 b) { return bfe64(a, b, true); }, kNz>},
    {"s_absdiff_i32", binary<[](u32 a, u32 b) {
       u32 d = a - b;
       return (static_cast<i32>(d) < 0 ? 0u - d : d);
     },
                             kNz>},
    {"s_lshl1_add_u32", binaryFlag<[](u32 a, u32 b) {
       u64 r = (u64{a} << 1) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_lshl2_add_u32", binaryFlag<[](u32 a, u32 b) {
       u64 r = (u64{a} << 2) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_lshl3_add_u32", binaryFlag<[](u32 a, u32 b) {
       u64 r = (u64{a} << 3) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_lshl4_add_u32", binaryFlag<[](u32 a, u32 b) {
       u64 r = (u64{a} << 4) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_pack_ll_b32_b16", binary<[](u32 a, u32 b) { return (a & 0xffff) | b << 16; }>},
    {"s_pack_lh_b32_b16", binary<[](u32 a, u32 b) { return (a & 0xffff) | (b & 0xffff0000); }>},
    {"s_pack_hh_b32_b16", binary<[](u32 a, u32 b) { return (a >> 16 | (b & 0xffff0000)); }>},
    // SOPK
    {"s_movk_i32", movk},
    {"s_cmovk_i32", cmovk},
    {"s_addk_i32", addk},
    {"s_mulk_i32", mulk},
    {"s_cmpk_eq_i32", comparek<[](i32 a, i32 b) { return a == b; }>},
    {"s_cmpk_lg_i32", comparek<[](i32 a, i32 b) { return a != b; }>},
    {"s_cmpk_gt_i32", comparek<[](i32 a, i32 b) { return (a > b); }>},
    {"s_cmpk_ge_i32", comparek<[](i32 a, i32 b) { return (a >= b); }>},
    {"s_cmpk_lt_i32", comparek<[](i32 a, i32 b) { return a < b; }>},
    {"s_cmpk_le_i32", comparek<[](i32 a, i32 b) { return a <= b; }>},
    {"s_cmpk_eq_u32", comparek<[](u32 a, u32 b) { return a == b; }>},
    {"s_cmpk_lg_u32", comparek<[](u32 a, u32 b) { return a != b; }>},
    {"s_cmpk_gt_u32", comparek<[](u32 a, u32 b) { return (a > b); }>},
    {"s_cmpk_ge_u32", comparek<[](u32 a, u32 b) { return (a >= b); }>},
    {"s_cmpk_lt_u32", comparek<[](u32 a, u32 b) { return a < b; }>},
    {"s_cmpk_le_u32", comparek<[](u32 a, u32 b) { return a <= b; }>},
    {"s_getreg_b32", getreg},
    {"s_setreg_b32", setreg},
    {"s_setreg_imm32_b32", setregImmediate},
    // SOPC
    {"s_cmp_eq_i32", compare<[](i32 a, i32 b) { return a == b; }>},
    {"s_cmp_lg_i32", compare<[](i32 a, i32 b) { return a != b; }>},
    {"s_cmp_gt_i32", compare<[](i32 a, i32 b) { return (a > b); }>},
    {"s_cmp_ge_i32", compare<[](i32 a, i32 b) { return (a >= b); }>},
    {"s_cmp_lt_i32", compare<[](i32 a, i32 b) { return a < b; }>},
    {"s_cmp_le_i32", compare<[](i32 a, i32 b) { return a <= b; }>},
    {"s_cmp_eq_u32", compare<[](u32 a, u32 b) { return a == b; }>},
    {"s_cmp_lg_u32", compare<[](u32 a, u32 b) { return a != b; }>},
    {"s_cmp_gt_u32", compare<[](u32 a, u32 b) { return (a > b); }>},
    {"s_cmp_ge_u32", compare<[](u32 a, u32 b) { return (a >= b); }>},
    {"s_cmp_lt_u32", compare<[](u32 a, u32 b) { return a < b; }>},
    {"s_cmp_le_u32", compare<[](u32 a, u32 b) { return a <= b; }>},
    {"s_cmp_eq_u64", compare<[](u64 a, u64 b) { return a == b; }>},
    {"s_cmp_lg_u64", compare<[](u64 a, u64 b) { return a != b; }>},
    {"s_bitcmp0_b32", bitcmp<u32, false>},
    {"s_bitcmp1_b32", bitcmp<u32, true>},
    {"s_bitcmp0_b64", bitcmp<u64, false>},
    {"s_bitcmp1_b64", bitcmp<u64, true>},
    {"s_set_gpr_idx_on", indexOn},
    {"s_set_gpr_idx_off", indexOff},
    {"s_set_gpr_idx_mode", indexMode},
    {"s_set_gpr_idx_idx", indexIndex},
    // SOPP
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

std::span<const Semantics> scalarSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
