// Scalar moves, selections and bitwise operations, EXEC among their targets: what carries undefined
// bits along exactly (CDNA4 ISA 12.1-12.4).
#include "runtime/emulator/scalar_value.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

// Which bitwise operation; N complements the second operand or the result.
enum class Bit { kAnd, kOr, kXor, kAndN2, kOrN2, kNand, kNor, kXnor };

template <Bit op, typename T> ScalarValue<T> bitwise(ScalarValue<T> a, ScalarValue<T> b) {
  if constexpr (op == Bit::kAndN2 || op == Bit::kOrN2)
    b.v = static_cast<T>(~b.v);
  ScalarValue<T> r;
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
  auto r = bitwise<op>(readScalar<T>(w, i, i.src[0]), readScalar<T>(w, i, i.src[1]));
  writeScalar(w, i, r);
  sccNonZero(w, r);
}

// D = EXEC; EXEC = S0 op EXEC, of S0's complement in the andn1 and orn1 forms.
template <Bit op, bool complement_source> void saveexec(Wave &w, const Instruction &i) {
  auto s = readScalar<u64>(w, i, i.src[0]);
  if (complement_source)
    s.v = ~s.v;
  auto r = bitwise<op>(s, ScalarValue<u64>{w.exec, kAllLanes});
  u64 old = w.exec;
  w.setScalar64(i, kExecLo, r.v, r.defined);
  w.setScalar64(i, i.dst, old);
  setScc(w, w.exec != 0, true);
}
template <Bit op, bool complement_source> void wrexec(Wave &w, const Instruction &i) {
  auto s = readScalar<u64>(w, i, i.src[0]);
  if (complement_source)
    s.v = ~s.v;
  auto r = bitwise<op>(s, ScalarValue<u64>{w.exec, kAllLanes});
  w.setScalar64(i, kExecLo, r.v, r.defined);
  w.setScalar64(i, i.dst, w.exec);
  setScc(w, w.exec != 0, true);
}

template <typename T> void mov(Wave &w, const Instruction &i) {
  writeScalar(w, i, readScalar<T>(w, i, i.src[0]));
}
// SCC ? a : b. If SCC is undefined, what both have in common is not.
template <typename T> ScalarValue<T> select(Wave &w, ScalarValue<T> a, ScalarValue<T> b) {
  if (w.scc_defined)
    return w.scc ? a : b;
  return {a.v, a.defined & b.defined & static_cast<T>(~(a.v ^ b.v))};
}
template <typename T> void cmov(Wave &w, const Instruction &i) {
  if (w.scc_defined && !w.scc)
    return;
  auto s = readScalar<T>(w, i, i.src[0]);
  writeScalar(w, i, w.scc_defined ? s : select(w, s, readScalar<T>(w, i, i.dst)));
}
template <typename T> void notOp(Wave &w, const Instruction &i) {
  auto r = readScalar<T>(w, i, i.src[0]);
  r.v = static_cast<T>(~r.v);
  writeScalar(w, i, r);
  sccNonZero(w, r);
}
template <typename T> void cselect(Wave &w, const Instruction &i) {
  auto a = readScalar<T>(w, i, i.src[0]), b = readScalar<T>(w, i, i.src[1]);
  writeScalar(w, i, select(w, a, b));
}
template <typename T, bool value> void bitset(Wave &w, const Instruction &i) {
  auto s = w.scalar32(i, i.src[0]);
  auto d = readScalar<T>(w, i, i.dst);
  T bit = T{1} << (s & (sizeof(T) * 8 - 1));
  d.v = value ? d.v | bit : d.v & ~bit;
  d.defined |= bit;
  writeScalar(w, i, d);
}

void movk(Wave &w, const Instruction &i) {
  w.setScalar32(i, i.dst, static_cast<u32>(i.offset));
}
void cmovk(Wave &w, const Instruction &i) {
  auto d = readScalar<u32>(w, i, i.dst);
  writeScalar(w, i, select(w, ScalarValue<u32>{static_cast<u32>(i.offset), ~0u}, d));
}

// The register that lies M0 behind `code`; an index into other registers than s0 to s101 is illegal
// (CDNA4 ISA 3.6.1), and 64-bit moves need an even one.
template <typename T> u16 relative(Wave &w, const Instruction &i, u16 code) {
  constexpr u64 kSgprEnd = 102, kCount = sizeof(T) / 4;
  u64 index = u64{code} + w.scalar32(i, kM0);
  if (index + kCount > kSgprEnd)
    w.fault(i, "the indexed register lies past s101");
  if (index % kCount)
    w.fault(i, "the indexed register of a 64-bit move is odd");
  return static_cast<u16>(index);
}
template <typename T> void movrels(Wave &w, const Instruction &i) {
  writeScalar(w, i, readScalar<T>(w, i, relative<T>(w, i, i.src[0])));
}
template <typename T> void movreld(Wave &w, const Instruction &i) {
  Instruction moved = i;
  moved.dst = relative<T>(w, i, i.dst);
  writeScalar(w, moved, readScalar<T>(w, i, i.src[0]));
}

template <typename T, bool value> void bitcmp(Wave &w, const Instruction &i) {
  auto a = readScalar<T>(w, i, i.src[0]);
  u32 n = w.scalar32(i, i.src[1]) & (sizeof(T) * 8 - 1);
  setScc(w, (a.v >> n & 1) == value, a.defined >> n & 1);
}

const Semantics kTable[] = {
    {"s_mov_b32", mov<u32>},
    {"s_mov_b64", mov<u64>},
    {"s_cmov_b32", cmov<u32>},
    {"s_cmov_b64", cmov<u64>},
    {"s_movrels_b32", movrels<u32>},
    {"s_movrels_b64", movrels<u64>},
    {"s_movreld_b32", movreld<u32>},
    {"s_movreld_b64", movreld<u64>},
    {"s_not_b32", notOp<u32>},
    {"s_not_b64", notOp<u64>},
    {"s_bitset0_b32", bitset<u32, false>},
    {"s_bitset0_b64", bitset<u64, false>},
    {"s_bitset1_b32", bitset<u32, true>},
    {"s_bitset1_b64", bitset<u64, true>},
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
    {"s_movk_i32", movk},
    {"s_cmovk_i32", cmovk},
    {"s_bitcmp0_b32", bitcmp<u32, false>},
    {"s_bitcmp1_b32", bitcmp<u32, true>},
    {"s_bitcmp0_b64", bitcmp<u64, false>},
    {"s_bitcmp1_b64", bitcmp<u64, true>},
};

} // namespace

std::span<const Semantics> scalarBitSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
