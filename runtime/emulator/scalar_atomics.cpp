// Atomics of scalar memory (CDNA4 ISA 8.2.2, 12.6). GLC returns the value before the operation; out
// of a buffer's range nothing happens and zero returns.
#include "runtime/emulator/atomic_operations.h"
#include "runtime/emulator/device_atomics.h"
#include "runtime/emulator/scalar_address.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

template <typename T> T value(Wave &w, const Instruction &i, u16 code) {
  if constexpr (sizeof(T) == 8)
    return std::bit_cast<T>(w.scalar64(i, code));
  else
    return std::bit_cast<T>(w.scalar32(i, code));
}

template <typename Op, ScalarAddress where(Wave &, const Instruction &)>
void atomic(Wave &w, const Instruction &i) {
  using T = Op::Type;
  constexpr int kRegisters = sizeof(T) / 4;
  std::array<T, Op::kOperands> d;
  for (int n = 0; n < Op::kOperands; ++n)
    d[static_cast<std::size_t>(n)] = value<T>(w, i, static_cast<u16>(i.dst + n * kRegisters));
  LaneAddresses a = asLaneZero(where(w, i));
  T old{};
  if (std::byte *target = atomicTarget(w, i, a, 0, sizeof(T)))
    old = updateDevice<T>(w.workgroup(), target, [&](T memory) {
      if constexpr (Op::kOperands == 2)
        return Op::apply(kDeviceFloatRules, memory, d[0], d[1]);
      else
        return Op::apply(kDeviceFloatRules, memory, d[0]);
    });
  if (i.sc0) {
    if constexpr (kRegisters == 2)
      w.setScalar64(i, i.dst, std::bit_cast<u64>(old));
    else
      w.setScalar32(i, i.dst, std::bit_cast<u32>(old));
  }
  pendScalar(w, i, i.sc0 ? kRegisters : 0);
}

// clang-format off
#define ATOMICS(P, WHERE)                                                                          \
  {P "swap", atomic<AtomicSwap<u32>, WHERE>},                                                      \
  {P "cmpswap", atomic<AtomicCompareSwap<u32>, WHERE>},                                            \
  {P "add", atomic<AtomicAdd<u32>, WHERE>},                                                        \
  {P "sub", atomic<AtomicSub<u32>, WHERE>},                                                        \
  {P "smin", atomic<AtomicMin<i32>, WHERE>},                                                       \
  {P "umin", atomic<AtomicMin<u32>, WHERE>},                                                       \
  {P "smax", atomic<AtomicMax<i32>, WHERE>},                                                       \
  {P "umax", atomic<AtomicMax<u32>, WHERE>},                                                       \
  {P "and", atomic<AtomicAnd<u32>, WHERE>},                                                        \
  {P "or", atomic<AtomicOr<u32>, WHERE>},                                                          \
  {P "xor", atomic<AtomicXor<u32>, WHERE>},                                                        \
  {P "inc", atomic<AtomicInc<u32>, WHERE>},                                                        \
  {P "dec", atomic<AtomicDec<u32>, WHERE>},                                                        \
  {P "swap_x2", atomic<AtomicSwap<u64>, WHERE>},                                                   \
  {P "cmpswap_x2", atomic<AtomicCompareSwap<u64>, WHERE>},                                         \
  {P "add_x2", atomic<AtomicAdd<u64>, WHERE>},                                                     \
  {P "sub_x2", atomic<AtomicSub<u64>, WHERE>},                                                     \
  {P "smin_x2", atomic<AtomicMin<i64>, WHERE>},                                                    \
  {P "umin_x2", atomic<AtomicMin<u64>, WHERE>},                                                    \
  {P "smax_x2", atomic<AtomicMax<i64>, WHERE>},                                                    \
  {P "umax_x2", atomic<AtomicMax<u64>, WHERE>},                                                    \
  {P "and_x2", atomic<AtomicAnd<u64>, WHERE>},                                                     \
  {P "or_x2", atomic<AtomicOr<u64>, WHERE>},                                                       \
  {P "xor_x2", atomic<AtomicXor<u64>, WHERE>},                                                     \
  {P "inc_x2", atomic<AtomicInc<u64>, WHERE>},                                                     \
  {P "dec_x2", atomic<AtomicDec<u64>, WHERE>},

const Semantics kTable[] = {
    ATOMICS("s_atomic_", scalarAddress)
    ATOMICS("s_buffer_atomic_", scalarBufferAddress)
};
// clang-format on

} // namespace

std::span<const Semantics> scalarAtomicSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
