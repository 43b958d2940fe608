// Atomics of vector memory: MUBUF, GLOBAL and FLAT (CDNA4 ISA 12.13, 12.15). SC0 returns the value
// before the operation; a lane out of a buffer's range returns zero.
#include "runtime/emulator/atomic_operations.h"
#include "runtime/emulator/device_atomics.h"
#include "runtime/emulator/lds_atomics.h"
#include "runtime/emulator/private_memory.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/vector_address.h"

namespace gemmsmith::emulator {
namespace {

template <typename T, typename Update>
T update(Wave &w, const Instruction &i, const LaneAddresses &a, int lane, Update &&f) {
  u64 at = a.address[lane];
  if (a.space == AddressSpace::kFlat) {
    if (at >> 32 == kSharedAperture >> 32)
      return updateLds<T>(w, i, static_cast<u32>(at), lane, f);
    if (at >> 32 == kPrivateAperture >> 32)
      return updatePrivate<T>(w, i, static_cast<u32>(at), lane, f);
  }
  std::byte *target = atomicTarget(w, i, a, lane, sizeof(T));
  return target ? updateDevice<T>(target, f) : T{};
}

template <typename Op> void atomic(Wave &w, const Instruction &i) {
  using T = Op::Type;
  constexpr int kRegisters = sizeof(T) / 4;
  bool buffer = i.format == Format::kMubuf, flat = i.format == Format::kFlat;
  LaneAddresses a = buffer ? bufferAddresses(w, i, sizeof(T)) : flatAddresses(w, i);
  AtomicData<Op> data(w, i, i.data, static_cast<u16>(i.data + kRegisters));
  u32 *to[kRegisters] = {};
  if (i.sc0)
    for (int r = 0; r < kRegisters; ++r)
      to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), w.exec, true);
  FloatRules lds = ldsFloatRules(w);
  forLanes(w.exec, [&](int l) {
    const FloatRules &rules =
        flat && a.address[l] >> 32 == kSharedAperture >> 32 ? lds : kDeviceFloatRules;
    T old = update<T>(w, i, a, l, [&](T memory) { return data.apply(rules, memory, l); });
    if (i.sc0) {
      u32 raw[kRegisters];
      std::memcpy(raw, &old, sizeof old);
      for (int r = 0; r < kRegisters; ++r)
        to[r][l] = raw[r];
    }
  });
  PendingOperation p;
  p.instruction = &i;
  p.lanes = w.exec;
  p.both_counters = flat;
  if (i.sc0) {
    p.kind = PendingOperation::Kind::kVgprLoad;
    p.first_register = static_cast<u16>(i.dst - kVgpr);
    p.registers = kRegisters;
  }
  w.issueVmem(p);
}

// clang-format off
#define ATOMICS(P)                                                                                 \
  {P "swap", atomic<AtomicSwap<u32>>, 0, 4},                                                       \
  {P "cmpswap", atomic<AtomicCompareSwap<u32>>, 0, 4},                                             \
  {P "add", atomic<AtomicAdd<u32>>, 0, 4},                                                         \
  {P "sub", atomic<AtomicSub<u32>>, 0, 4},                                                         \
  {P "smin", atomic<AtomicMin<i32>>, 0, 4},                                                        \
  {P "umin", atomic<AtomicMin<u32>>, 0, 4},                                                        \
  {P "smax", atomic<AtomicMax<i32>>, 0, 4},                                                        \
  {P "umax", atomic<AtomicMax<u32>>, 0, 4},                                                        \
  {P "and", atomic<AtomicAnd<u32>>, 0, 4},                                                         \
  {P "or", atomic<AtomicOr<u32>>, 0, 4},                                                           \
  {P "xor", atomic<AtomicXor<u32>>, 0, 4},                                                         \
  {P "inc", atomic<AtomicInc<u32>>, 0, 4},                                                         \
  {P "dec", atomic<AtomicDec<u32>>, 0, 4},                                                         \
  {P "add_f32", atomic<AtomicAddF32>, 0, 4},                                                       \
  {P "pk_add_f16", atomic<AtomicAddPackedF16>, 0, 4},                                              \
  {P "pk_add_bf16", atomic<AtomicAddPackedBf16>, 0, 4},                                            \
  {P "add_f64", atomic<AtomicAddF64>, 0, 8},                                                       \
  {P "min_f64", atomic<AtomicMinFloat<u64>>, 0, 8},                                                \
  {P "max_f64", atomic<AtomicMaxFloat<u64>>, 0, 8},                                                \
  {P "swap_x2", atomic<AtomicSwap<u64>>, 0, 8},                                                    \
  {P "cmpswap_x2", atomic<AtomicCompareSwap<u64>>, 0, 8},                                          \
  {P "add_x2", atomic<AtomicAdd<u64>>, 0, 8},                                                      \
  {P "sub_x2", atomic<AtomicSub<u64>>, 0, 8},                                                      \
  {P "smin_x2", atomic<AtomicMin<i64>>, 0, 8},                                                     \
  {P "umin_x2", atomic<AtomicMin<u64>>, 0, 8},                                                     \
  {P "smax_x2", atomic<AtomicMax<i64>>, 0, 8},                                                     \
  {P "umax_x2", atomic<AtomicMax<u64>>, 0, 8},                                                     \
  {P "and_x2", atomic<AtomicAnd<u64>>, 0, 8},                                                      \
  {P "or_x2", atomic<AtomicOr<u64>>, 0, 8},                                                        \
  {P "xor_x2", atomic<AtomicXor<u64>>, 0, 8},                                                      \
  {P "inc_x2", atomic<AtomicInc<u64>>, 0, 8},                                                      \
  {P "dec_x2", atomic<AtomicDec<u64>>, 0, 8},

const Semantics kTable[] = {
    ATOMICS("buffer_atomic_")
    ATOMICS("global_atomic_")
    ATOMICS("flat_atomic_")
};
// clang-format on

} // namespace

std::span<const Semantics> atomicSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
