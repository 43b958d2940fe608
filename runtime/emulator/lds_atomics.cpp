// Read-modify-write operations on LDS (CDNA4 ISA 12.12).
#include "runtime/emulator/lds_atomics.h"

#include "runtime/emulator/atomic_operations.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

template <typename T> void scatter(u32 *const *to, int lane, T value) {
  u32 raw[sizeof(T) / 4];
  std::memcpy(raw, &value, sizeof value);
  for (std::size_t r = 0; r < sizeof(T) / 4; ++r)
    to[r][lane] = raw[r];
}

template <typename Op, bool returns> void atomic(Wave &w, const Instruction &i) {
  using T = Op::Type;
  constexpr int kRegisters = sizeof(T) / 4;
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  AtomicData<Op> data(w, i, i.data, i.data2);
  FloatRules rules = ldsFloatRules(w);
  u32 *to[kRegisters] = {};
  if constexpr (returns)
    for (int r = 0; r < kRegisters; ++r)
      to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), w.exec, false);
  forLanes(w.exec, [&](int l) {
    T old = updateLds<T>(w, i, at[l] + static_cast<u32>(i.offset), l,
                         [&](T memory) { return data.apply(rules, memory, l); });
    if constexpr (returns)
      scatter(to, l, old);
  });
  if constexpr (returns)
    pendLdsRead(w, i, kRegisters);
  else
    pendLdsWrite(w, i);
}

// Two exchanges at offsets in elements, or in units of 64 of them. With equal offsets there is one
// access, of the first operand (CDNA4 ISA 11.3.1); both results are what it found.
template <typename T, int scale> void exchange2(Wave &w, const Instruction &i) {
  constexpr int kEach = sizeof(T) / 4;
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  AtomicData<AtomicSwap<T>> first(w, i, i.data, i.data), second(w, i, i.data2, i.data2);
  FloatRules rules;
  u32 *to[2 * kEach];
  for (int r = 0; r < 2 * kEach; ++r)
    to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), w.exec, false);
  forLanes(w.exec, [&](int l) {
    auto swap = [&](u32 offset, const AtomicData<AtomicSwap<T>> &data) {
      return updateLds<T>(w, i, at[l] + offset * u32{sizeof(T) * scale}, l,
                          [&](T memory) { return data.apply(rules, memory, l); });
    };
    T old = swap(i.offset0, first);
    scatter(to, l, old);
    scatter(to + kEach, l, i.offset0 == i.offset1 ? old : swap(i.offset1, second));
  });
  pendLdsRead(w, i, 2 * kEach);
}

// Two dwords, each replaced if the top bit of its operand is set, which is not stored. The address
// has 16 bits (CDNA4 ISA 12.12, DS_CONDXCHG32_RTN_B64).
void conditionalExchange(Wave &w, const Instruction &i) {
  u32 at[kLanes], data[2][kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  for (int r = 0; r < 2; ++r)
    std::memcpy(data[r], w.readVgpr(i, static_cast<u16>(i.data + r), w.exec), sizeof data[r]);
  u32 *to[2];
  for (int r = 0; r < 2; ++r)
    to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), w.exec, false);
  forLanes(w.exec, [&](int l) {
    u32 address = (at[l] + static_cast<u32>(i.offset)) & 0xfff8;
    for (int r = 0; r < 2; ++r) {
      u32 d = data[r][l];
      to[r][l] = updateLds<u32>(w, i, address + static_cast<u32>(r) * 4, l,
                                [&](u32 m) { return d >> 31 ? d & 0x7fffffff : m; });
    }
  });
  pendLdsRead(w, i, 2);
}

// Counts the active lanes into a dword: one operation for the wave, whose old value goes to every
// active lane. The manual gives the address as the offset alone, LLVM passes a base in M0 (its
// SelectDSAppendConsume): an M0 that nobody wrote counts as zero.
template <int sign> void appendOrConsume(Wave &w, const Instruction &i) {
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  if (w.exec) {
    u32 defined, m0 = w.rawScalar32(i, kM0, defined);
    u32 address = static_cast<u32>(i.offset) + (m0 & defined & 0xffff);
    auto count = static_cast<u32>(sign * std::popcount(w.exec));
    u32 old = updateLds<u32>(w, i, address, std::countr_zero(w.exec),
                             [&](u32 memory) { return memory + count; });
    forLanes(w.exec, [&](int l) { to[l] = old; });
  }
  pendLdsRead(w, i, 1);
}

// clang-format off
#define BOTH(NAME, TYPE, ...)                                                                      \
  {"ds_" NAME "_" TYPE, atomic<__VA_ARGS__, false>},                                               \
  {"ds_" NAME "_rtn_" TYPE, atomic<__VA_ARGS__, true>},

const Semantics kTable[] = {
    BOTH("add", "u32", AtomicAdd<u32>)
    BOTH("sub", "u32", AtomicSub<u32>)
    BOTH("rsub", "u32", AtomicRsub<u32>)
    BOTH("inc", "u32", AtomicInc<u32>)
    BOTH("dec", "u32", AtomicDec<u32>)
    BOTH("min", "i32", AtomicMin<i32>)
    BOTH("max", "i32", AtomicMax<i32>)
    BOTH("min", "u32", AtomicMin<u32>)
    BOTH("max", "u32", AtomicMax<u32>)
    BOTH("and", "b32", AtomicAnd<u32>)
    BOTH("or", "b32", AtomicOr<u32>)
    BOTH("xor", "b32", AtomicXor<u32>)
    BOTH("mskor", "b32", AtomicMskor<u32>)
    BOTH("cmpst", "b32", AtomicCompareStore<u32>)
    BOTH("cmpst", "f32", AtomicCompareStoreFloat<u32>)
    BOTH("min", "f32", AtomicMinFloat<u32>)
    BOTH("max", "f32", AtomicMaxFloat<u32>)
    BOTH("add", "f32", AtomicAddF32)
    BOTH("pk_add", "f16", AtomicAddPackedF16)
    BOTH("pk_add", "bf16", AtomicAddPackedBf16)
    BOTH("add", "u64", AtomicAdd<u64>)
    BOTH("sub", "u64", AtomicSub<u64>)
    BOTH("rsub", "u64", AtomicRsub<u64>)
    BOTH("inc", "u64", AtomicInc<u64>)
    BOTH("dec", "u64", AtomicDec<u64>)
    BOTH("min", "i64", AtomicMin<i64>)
    BOTH("max", "i64", AtomicMax<i64>)
    BOTH("min", "u64", AtomicMin<u64>)
    BOTH("max", "u64", AtomicMax<u64>)
    BOTH("and", "b64", AtomicAnd<u64>)
    BOTH("or", "b64", AtomicOr<u64>)
    BOTH("xor", "b64", AtomicXor<u64>)
    BOTH("mskor", "b64", AtomicMskor<u64>)
    BOTH("cmpst", "b64", AtomicCompareStore<u64>)
    BOTH("cmpst", "f64", AtomicCompareStoreFloat<u64>)
    BOTH("min", "f64", AtomicMinFloat<u64>)
    BOTH("max", "f64", AtomicMaxFloat<u64>)
    BOTH("add", "f64", AtomicAddF64)
    {"ds_wrxchg_rtn_b32", atomic<AtomicSwap<u32>, true>},
    {"ds_wrxchg_rtn_b64", atomic<AtomicSwap<u64>, true>},
    {"ds_wrap_rtn_b32", atomic<AtomicWrap<u32>, true>},
    {"ds_wrxchg2_rtn_b32", exchange2<u32, 1>},
    {"ds_wrxchg2st64_rtn_b32", exchange2<u32, 64>},
    {"ds_wrxchg2_rtn_b64", exchange2<u64, 1>},
    {"ds_wrxchg2st64_rtn_b64", exchange2<u64, 64>},
    {"ds_condxchg32_rtn_b64", conditionalExchange},
    {"ds_append", appendOrConsume<1>},
    {"ds_consume", appendOrConsume<-1>},
};
// clang-format on

} // namespace

std::span<const Semantics> ldsAtomicSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
