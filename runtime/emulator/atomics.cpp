// Atomics on device memory: MUBUF, GLOBAL and FLAT (CDNA4 ISA 12.15-12.17).
//
// Atomic across host threads, and sequentially consistent there: what a workgroup stored before its
// atomic is seen by a workgroup whose later atomic read it. SC0 returns the value before the
// operation.
#include "runtime/emulator/integers.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/vector_address.h"
#include "runtime/emulator/workgroup.h"

#include <atomic>

namespace gemmsmith::emulator {
namespace {

template <typename T> T gather(const u32 *low, const u32 *high, int l) {
  if constexpr (sizeof(T) == 8)
    return (std::bit_cast<T>(low[l] | u64{high[l]} << 32));
  else
    return (std::bit_cast<T>(low[l]));
}

// F(memory, data) or, for compare-and-swap, F(memory, data, compare): data comes first in the
// registers, the comparand after it.
template <auto F, typename T, typename... D>
void atomicOf(Wave &w, const Instruction &i, T (*)(T, D...)) {
  constexpr int kRegisters = sizeof(T) / 4;
  constexpr bool kTwo = sizeof...(D) == 2;
  using Bits = std::conditional_t<sizeof(T) == 8, u64, u32>;
  bool buffer = i.format == Format::kMubuf, flat = i.format == Format::kFlat;
  LaneAddresses a = buffer ? bufferAddresses(w, i) : flatAddresses(w, i);
  u32 data[4][kLanes] = {};
  for (int r = 0; r < kRegisters * (kTwo ? 2 : 1); ++r)
    std::memcpy(data[r], w.readVgpr(i, static_cast<std::uint16_t>(i.data + r), w.exec),
                sizeof data[r]);
  u32 *to[2] = {};
  if (i.sc0)
    for (int r = 0; r < kRegisters; ++r)
      to[r] = w.loadVgpr(i, static_cast<std::uint16_t>(i.dst + r), w.exec, true);
  for (u64 lanes = w.exec; lanes; lanes &= lanes - 1) {
    int l = std::countr_zero(lanes);
    Bits old = 0;
    if (std::byte *target = atomicTarget(w, i, a, l, sizeof(T))) {
      std::atomic_ref<Bits> memory(*reinterpret_cast<Bits *>(target));
      old = memory.load();
      for (;;) {
        T result;
        if constexpr (kTwo)
          result = F(std::bit_cast<T>(old), gather<T>(data[0], data[1], l),
                     gather<T>(data[kRegisters], data[kRegisters + 1], l));
        else
          result = F(std::bit_cast<T>(old), gather<T>(data[0], data[1], l));
        if (memory.compare_exchange_weak(old, std::bit_cast<Bits>(result))) {
          // One that changes nothing, a lock that is not free, say, is no progress.
          if (old != std::bit_cast<Bits>(result))
            w.workgroup().stored();
          break;
        }
      }
    }
    if (i.sc0) {
      to[0][l] = static_cast<u32>(old);
      if constexpr (kRegisters == 2)
        to[1][l] = static_cast<u32>(u64{old} >> 32);
    }
  }
  PendingOperation p;
  p.instruction = &i;
  p.lanes = w.exec;
  p.both_counters = flat;
  if (i.sc0) {
    p.kind = PendingOperation::Kind::kVgprLoad;
    p.first_register = static_cast<std::uint16_t>(i.dst - kVgpr);
    p.registers = kRegisters;
  }
  w.issueVmem(p);
}
template <auto F> void atomic(Wave &w, const Instruction &i) {
  atomicOf<F>(w, i, +F);
}

float fromBf16(u32 v) {
  return (std::bit_cast<float>(v << 16));
}
u32 toBf16(float f) { // round to nearest even
  auto v = std::bit_cast<u32>(f);
  if (f != f)
    return ((v >> 16) | 0x40);
  return ((v + 0x7fff + (v >> 16 & 1)) >> 16);
}
u32 packedAddBf16(u32 m, u32 d) {
  return (toBf16(fromBf16(m & 0xffff) + fromBf16(d & 0xffff)) |
          toBf16(fromBf16(m >> 16) + fromBf16(d >> 16)) << 16);
}
u32 packedAddF16(u32 m, u32 d) {
  auto half = [](u32 v) { return (std::bit_cast<_Float16>(static_cast<std::uint16_t>(v))); };
  auto add = [&](u32 x, u32 y) {
    return (u32{std::bit_cast<std::uint16_t>(static_cast<_Float16>(half(x) + half(y)))});
  };
  return (add(m, d) | add(m >> 16, d >> 16) << 16);
}
// FP32 atomics flush denormals to zero (CDNA4 ISA 10.3.1).
float flush(float f) {
  auto v = std::bit_cast<u32>(f);
  return ((v & 0x7f800000) == 0 ? std::bit_cast<float>(v & 0x80000000) : f);
}

// clang-format off
#define ATOMICS(P)                                                                                 \
  {P "swap", atomic<[](u32, u32 d) { return d; }>},                                                \
  {P "cmpswap", atomic<[](u32 m, u32 d, u32 c) { return m == c ? d : m; }>},                       \
  {P "add", atomic<[](u32 m, u32 d) { return m + d; }>},                                           \
  {P "sub", atomic<[](u32 m, u32 d) { return m - d; }>},                                           \
  {P "smin", atomic<[](i32 m, i32 d) { return d < m ? d : m; }>},                                  \
  {P "umin", atomic<[](u32 m, u32 d) { return d < m ? d : m; }>},                                  \
  {P "smax", atomic<[](i32 m, i32 d) { return (d > m ? d : m); }>},                                  \
  {P "umax", atomic<[](u32 m, u32 d) { return (d > m ? d : m); }>},                                  \
  {P "and", atomic<[](u32 m, u32 d) { return m & d; }>},                                           \
  {P "or", atomic<[](u32 m, u32 d) { return m | d; }>},                                            \
  {P "xor", atomic<[](u32 m, u32 d) { return m ^ d; }>},                                           \
  {P "inc", atomic<[](u32 m, u32 d) { return (m >= d ? 0 : m + 1); }>},                              \
  {P "dec", atomic<[](u32 m, u32 d) { return (m == 0 || m > d ? d : m - 1); }>},                     \
  {P "add_f32", atomic<[](float m, float d) { return flush(flush(m) + flush(d)); }>},              \
  {P "pk_add_f16", atomic<[](u32 m, u32 d) { return packedAddF16(m, d); }>},                       \
  {P "pk_add_bf16", atomic<[](u32 m, u32 d) { return packedAddBf16(m, d); }>},                     \
  {P "add_f64", atomic<[](double m, double d) { return m + d; }>},                                 \
  {P "min_f64", atomic<[](double m, double d) { return d < m || m != m ? d : m; }>},               \
  {P "max_f64", atomic<[](double m, double d) { return (d > m || m != m ? d : m); }>},               \
  {P "swap_x2", atomic<[](u64, u64 d) { return d; }>},                                             \
  {P "cmpswap_x2", atomic<[](u64 m, u64 d, u64 c) { return m == c ? d : m; }>},                    \
  {P "add_x2", atomic<[](u64 m, u64 d) { return m + d; }>},                                        \
  {P "sub_x2", atomic<[](u64 m, u64 d) { return m - d; }>},                                        \
  {P "smin_x2", atomic<[](i64 m, i64 d) { return d < m ? d : m; }>},                               \
  {P "umin_x2", atomic<[](u64 m, u64 d) { return d < m ? d : m; }>},                               \
  {P "smax_x2", atomic<[](i64 m, i64 d) { return (d > m ? d : m); }>},                               \
  {P "umax_x2", atomic<[](u64 m, u64 d) { return (d > m ? d : m); }>},                               \
  {P "and_x2", atomic<[](u64 m, u64 d) { return m & d; }>},                                        \
  {P "or_x2", atomic<[](u64 m, u64 d) { return m | d; }>},                                         \
  {P "xor_x2", atomic<[](u64 m, u64 d) { return m ^ d; }>},                                        \
  {P "inc_x2", atomic<[](u64 m, u64 d) { return (m >= d ? u64{0} : m + 1); }>},                      \
  {P "dec_x2", atomic<[](u64 m, u64 d) { return (m == 0 || m > d ? d : m - 1); }>},

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
