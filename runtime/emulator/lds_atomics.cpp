// Read-modify-write operations on LDS (CDNA4 ISA 12.13).
#include "runtime/emulator/lds.h"
#include "runtime/emulator/semantics.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// --- atomics: F(memory, data0, data1)

template <typename T> T gather(const u32 *low, const u32 *high, int l) {
  if constexpr (sizeof(T) == 8)
    return std::bit_cast<T>(low[l] | u64{high[l]} << 32);
  else
    return std::bit_cast<T>(low[l]);
}

template <auto F, bool returns, bool two, typename T, typename... D>
void atomicOf(Wave &w, const Instruction &i, T (*)(T, D...)) {
  constexpr int kRegisters = sizeof(T) / 4;
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  u32 d0[2][kLanes] = {}, d1[2][kLanes] = {};
  for (int r = 0; r < kRegisters; ++r) {
    std::memcpy(d0[r], w.readVgpr(i, static_cast<std::uint16_t>(i.data + r), w.exec), sizeof d0[r]);
    if constexpr (two)
      std::memcpy(d1[r], w.readVgpr(i, static_cast<std::uint16_t>(i.data2 + r), w.exec),
                  sizeof d1[r]);
  }
  u32 *to[2] = {};
  if constexpr (returns)
    for (int r = 0; r < kRegisters; ++r)
      to[r] = w.loadVgpr(i, static_cast<std::uint16_t>(i.dst + r), w.exec, false);
  forLanes(w.exec, [&](int l) {
    u32 address = at[l] + static_cast<u32>(i.offset);
    if (address % sizeof(T))
      w.fault(
          i, fmt::format("the atomic's LDS address {} is not a multiple of {}", address, sizeof(T)),
          l);
    u32 raw[2] = {};
    readLds<sizeof(T)>(w, i, address, l, raw);
    T old;
    std::memcpy(&old, raw, sizeof old);
    T result;
    if constexpr (two)
      result = F(old, gather<T>(d0[0], d0[1], l), gather<T>(d1[0], d1[1], l));
    else
      result = F(old, gather<T>(d0[0], d0[1], l));
    u32 out[2] = {};
    std::memcpy(out, &result, sizeof result);
    writeLds<sizeof(T)>(w, i, address, l, out);
    if constexpr (returns)
      for (int r = 0; r < kRegisters; ++r)
        to[r][l] = raw[r];
  });
  if constexpr (returns)
    pendLdsRead(w, i, kRegisters);
  else
    pendLdsWrite(w, i);
}
template <auto F, bool returns> void atomic(Wave &w, const Instruction &i) {
  atomicOf<F, returns, false>(w, i, +F);
}
template <auto F, bool returns> void atomic2(Wave &w, const Instruction &i) {
  atomicOf<F, returns, true>(w, i, +F);
}

constexpr auto kAdd32 = [](u32 m, u32 d) { return m + d; };
constexpr auto kSub32 = [](u32 m, u32 d) { return m - d; };
constexpr auto kRsub32 = [](u32 m, u32 d) { return d - m; };
constexpr auto kInc32 = [](u32 m, u32 d) { return m >= d ? 0 : m + 1; };
constexpr auto kDec32 = [](u32 m, u32 d) { return m == 0 || m > d ? d : m - 1; };
constexpr auto kMinI32 = [](i32 m, i32 d) { return d < m ? d : m; };
constexpr auto kMaxI32 = [](i32 m, i32 d) { return d > m ? d : m; };
constexpr auto kMinU32 = [](u32 m, u32 d) { return d < m ? d : m; };
constexpr auto kMaxU32 = [](u32 m, u32 d) { return d > m ? d : m; };
constexpr auto kAnd32 = [](u32 m, u32 d) { return m & d; };
constexpr auto kOr32 = [](u32 m, u32 d) { return m | d; };
constexpr auto kXor32 = [](u32 m, u32 d) { return m ^ d; };
constexpr auto kSwap32 = [](u32, u32 d) { return d; };
constexpr auto kAddF32 = [](float m, float d) { return m + d; };
constexpr auto kMinF32 = [](float m, float d) { return d < m ? d : m; };
constexpr auto kMaxF32 = [](float m, float d) { return d > m ? d : m; };
constexpr auto kCmp32 = [](u32 m, u32 compare, u32 d) { return m == compare ? d : m; };
constexpr auto kAdd64 = [](u64 m, u64 d) { return m + d; };
constexpr auto kSub64 = [](u64 m, u64 d) { return m - d; };
constexpr auto kMinI64 = [](i64 m, i64 d) { return d < m ? d : m; };
constexpr auto kMaxI64 = [](i64 m, i64 d) { return d > m ? d : m; };
constexpr auto kMinU64 = [](u64 m, u64 d) { return d < m ? d : m; };
constexpr auto kMaxU64 = [](u64 m, u64 d) { return d > m ? d : m; };
constexpr auto kAnd64 = [](u64 m, u64 d) { return m & d; };
constexpr auto kOr64 = [](u64 m, u64 d) { return m | d; };
constexpr auto kXor64 = [](u64 m, u64 d) { return m ^ d; };
constexpr auto kSwap64 = [](u64, u64 d) { return d; };
constexpr auto kAddF64 = [](double m, double d) { return m + d; };
constexpr auto kCmp64 = [](u64 m, u64 compare, u64 d) { return m == compare ? d : m; };

const Semantics kTable[] = {
    {"ds_add_u32", atomic<kAdd32, false>},        {"ds_add_rtn_u32", atomic<kAdd32, true>},
    {"ds_sub_u32", atomic<kSub32, false>},        {"ds_sub_rtn_u32", atomic<kSub32, true>},
    {"ds_rsub_u32", atomic<kRsub32, false>},      {"ds_rsub_rtn_u32", atomic<kRsub32, true>},
    {"ds_inc_u32", atomic<kInc32, false>},        {"ds_inc_rtn_u32", atomic<kInc32, true>},
    {"ds_dec_u32", atomic<kDec32, false>},        {"ds_dec_rtn_u32", atomic<kDec32, true>},
    {"ds_min_i32", atomic<kMinI32, false>},       {"ds_min_rtn_i32", atomic<kMinI32, true>},
    {"ds_max_i32", atomic<kMaxI32, false>},       {"ds_max_rtn_i32", atomic<kMaxI32, true>},
    {"ds_min_u32", atomic<kMinU32, false>},       {"ds_min_rtn_u32", atomic<kMinU32, true>},
    {"ds_max_u32", atomic<kMaxU32, false>},       {"ds_max_rtn_u32", atomic<kMaxU32, true>},
    {"ds_and_b32", atomic<kAnd32, false>},        {"ds_and_rtn_b32", atomic<kAnd32, true>},
    {"ds_or_b32", atomic<kOr32, false>},          {"ds_or_rtn_b32", atomic<kOr32, true>},
    {"ds_xor_b32", atomic<kXor32, false>},        {"ds_xor_rtn_b32", atomic<kXor32, true>},
    {"ds_wrxchg_rtn_b32", atomic<kSwap32, true>}, {"ds_cmpst_b32", atomic2<kCmp32, false>},
    {"ds_cmpst_rtn_b32", atomic2<kCmp32, true>},  {"ds_add_f32", atomic<kAddF32, false>},
    {"ds_add_rtn_f32", atomic<kAddF32, true>},    {"ds_min_f32", atomic<kMinF32, false>},
    {"ds_min_rtn_f32", atomic<kMinF32, true>},    {"ds_max_f32", atomic<kMaxF32, false>},
    {"ds_max_rtn_f32", atomic<kMaxF32, true>},    {"ds_add_u64", atomic<kAdd64, false>},
    {"ds_add_rtn_u64", atomic<kAdd64, true>},     {"ds_sub_u64", atomic<kSub64, false>},
    {"ds_sub_rtn_u64", atomic<kSub64, true>},     {"ds_min_i64", atomic<kMinI64, false>},
    {"ds_min_rtn_i64", atomic<kMinI64, true>},    {"ds_max_i64", atomic<kMaxI64, false>},
    {"ds_max_rtn_i64", atomic<kMaxI64, true>},    {"ds_min_u64", atomic<kMinU64, false>},
    {"ds_min_rtn_u64", atomic<kMinU64, true>},    {"ds_max_u64", atomic<kMaxU64, false>},
    {"ds_max_rtn_u64", atomic<kMaxU64, true>},    {"ds_and_b64", atomic<kAnd64, false>},
    {"ds_and_rtn_b64", atomic<kAnd64, true>},     {"ds_or_b64", atomic<kOr64, false>},
    {"ds_or_rtn_b64", atomic<kOr64, true>},       {"ds_xor_b64", atomic<kXor64, false>},
    {"ds_xor_rtn_b64", atomic<kXor64, true>},     {"ds_wrxchg_rtn_b64", atomic<kSwap64, true>},
    {"ds_cmpst_b64", atomic2<kCmp64, false>},     {"ds_cmpst_rtn_b64", atomic2<kCmp64, true>},
    {"ds_add_f64", atomic<kAddF64, false>},       {"ds_add_rtn_f64", atomic<kAddF64, true>},
};

} // namespace

std::span<const Semantics> ldsAtomicSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
