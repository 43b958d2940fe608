// DS instructions (CDNA4 ISA chapter 11, 12.13).
//
// LDS operations take effect when they are issued; what they return is in its register only after a
// covering wait. M0 as an upper bound is not modelled: GFX9 ignores it (LLVM: ldsRequiresM0Init).
#include "runtime/emulator/lds.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/workgroup.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

[[noreturn]] void badState(Wave &w, const Instruction &i, u32 address, int bytes, int lane,
                           bool reads) {
  const std::uint8_t *state = w.workgroup().ldsState();
  for (u32 b = address; b < address + static_cast<u32>(bytes); ++b) {
    if (state[b] >= kLdsPending) {
      int source = state[b] - kLdsPending;
      const PendingOperation *p =
          w.workgroup().waves()[static_cast<std::size_t>(source)].pendingLds(b);
      std::string which = p ? fmt::format(" at +{:#x} `{}`",
                                          (i64{p->instruction->address_dwords} -
                                           static_cast<i64>(w.workgroup().context().entry)) *
                                              4,
                                          text(*p->instruction))
                            : "";
      w.fault(
          i,
          fmt::format("{} LDS byte {}, the target of wave {}'s copy{} that no s_waitcnt vmcnt of "
                      "that wave covers yet",
                      reads ? "reads" : "writes", b, source, which),
          lane);
    }
    if (reads && state[b] == kLdsUnwritten)
      w.fault(i, fmt::format("reads LDS byte {} that nobody has written", b), lane);
  }
  w.fault(i, fmt::format("bad state of LDS byte {}", address), lane);
}

// True if the LDS may be accessed there.
bool checkBounds(Wave &w, const Instruction &i, u32 address, int bytes, int lane) {
  Workgroup &group = w.workgroup();
  if (u64{address} + static_cast<u64>(bytes) <= group.ldsBytes()) [[likely]]
    return true;
  if (group.context().checks.bounds)
    w.fault(i,
            fmt::format("accesses {} bytes at LDS byte {}, but the workgroup has {}", bytes,
                        address, group.ldsBytes()),
            lane);
  return false;
}

template <int bytes> bool allWritten(const std::uint8_t *state) {
  if constexpr (bytes % 8 == 0) {
    for (int b = 0; b < bytes; b += 8) {
      u64 s;
      std::memcpy(&s, state + b, 8);
      if (s != 0x0101010101010101)
        return false;
    }
    return true;
  } else if constexpr (bytes % 4 == 0) {
    for (int b = 0; b < bytes; b += 4) {
      u32 s;
      std::memcpy(&s, state + b, 4);
      if (s != 0x01010101)
        return false;
    }
    return true;
  } else {
    for (int b = 0; b < bytes; ++b)
      if (state[b] != kLdsWritten)
        return false;
    return true;
  }
}

template <int bytes>
void readFixed(Wave &w, const Instruction &i, u32 address, int lane, u32 *data) {
  if (!checkBounds(w, i, address, bytes, lane))
    return;
  Workgroup &group = w.workgroup();
  if (!allWritten<bytes>(group.ldsState() + address)) [[unlikely]]
    badState(w, i, address, bytes, lane, true);
  std::memcpy(data, group.lds() + address, bytes);
}

template <int bytes>
void writeFixed(Wave &w, const Instruction &i, u32 address, int lane, const u32 *data) {
  if (!checkBounds(w, i, address, bytes, lane))
    return;
  Workgroup &group = w.workgroup();
  std::uint8_t *state = group.ldsState() + address;
  for (int b = 0; b < bytes; ++b)
    if (state[b] >= kLdsPending) [[unlikely]]
      badState(w, i, address, bytes, lane, false);
  std::memcpy(group.lds() + address, data, bytes);
  std::memset(state, kLdsWritten, bytes);
}

// --- bookkeeping of lgkmcnt

void pendRead(Wave &w, const Instruction &i, int registers) {
  PendingOperation p;
  p.instruction = &i;
  p.kind = PendingOperation::Kind::kVgprLoad;
  p.first_register = static_cast<std::uint16_t>(i.dst - kVgpr);
  p.registers = static_cast<std::uint16_t>(registers);
  p.lanes = w.exec;
  w.issueLgkm(p);
}
void pendWrite(Wave &w, const Instruction &i) {
  PendingOperation p;
  p.instruction = &i;
  p.lanes = w.exec;
  w.issueLgkm(p);
}

template <typename Body> void forLanes(u64 lanes, Body &&body) {
  for (; lanes; lanes &= lanes - 1)
    body(std::countr_zero(lanes));
}

// --- loads and stores

enum class Extend { kNone, kSign, kLow, kLowSign, kHigh, kHighSign };

template <int bytes, Extend how = Extend::kNone> void read(Wave &w, const Instruction &i) {
  constexpr int kRegisters = (bytes + 3) / 4;
  const u32 *address = w.readVgpr(i, i.address, w.exec);
  u32 at[kLanes];
  std::memcpy(at, address, sizeof at);
  u32 *to[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    to[r] = w.loadVgpr(i, static_cast<std::uint16_t>(i.dst + r), w.exec, false);
  auto offset = static_cast<u32>(i.offset);
  forLanes(w.exec, [&](int l) {
    u32 data[kRegisters] = {};
    readFixed<bytes>(w, i, at[l] + offset, l, data);
    if constexpr (bytes < 4) {
      u32 sign = bytes == 1 ? static_cast<u32>(static_cast<std::int8_t>(data[0]))
                            : static_cast<u32>(static_cast<std::int16_t>(data[0]));
      if constexpr (how == Extend::kSign)
        data[0] = sign;
      else if constexpr (how == Extend::kLowSign)
        data[0] = sign & 0xffff;
      else if constexpr (how == Extend::kHigh)
        data[0] <<= 16;
      else if constexpr (how == Extend::kHighSign)
        data[0] = sign << 16;
    }
    for (int r = 0; r < kRegisters; ++r)
      to[r][l] = data[r];
  });
  pendRead(w, i, kRegisters);
}

template <int bytes, bool high = false> void write(Wave &w, const Instruction &i) {
  constexpr int kRegisters = (bytes + 3) / 4;
  const u32 *address = w.readVgpr(i, i.address, w.exec);
  const u32 *from[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    from[r] = w.readVgpr(i, static_cast<std::uint16_t>(i.data + r), w.exec);
  auto offset = static_cast<u32>(i.offset);
  forLanes(w.exec, [&](int l) {
    u32 data[kRegisters];
    for (int r = 0; r < kRegisters; ++r)
      data[r] = from[r][l];
    if constexpr (high)
      data[0] >>= 16;
    writeFixed<bytes>(w, i, address[l] + offset, l, data);
  });
  pendWrite(w, i);
}

// Two elements at offsets in units of `bytes`, or of 64 elements (CDNA4 ISA 11.3.1).
template <int bytes, int scale> void read2(Wave &w, const Instruction &i) {
  constexpr int kEach = bytes / 4;
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  u32 *to[2 * kEach];
  for (int r = 0; r < 2 * kEach; ++r)
    to[r] = w.loadVgpr(i, static_cast<std::uint16_t>(i.dst + r), w.exec, false);
  forLanes(w.exec, [&](int l) {
    u32 data[2 * kEach] = {};
    readFixed<bytes>(w, i, at[l] + i.offset0 * u32{bytes * scale}, l, data);
    readFixed<bytes>(w, i, at[l] + i.offset1 * u32{bytes * scale}, l, data + kEach);
    for (int r = 0; r < 2 * kEach; ++r)
      to[r][l] = data[r];
  });
  pendRead(w, i, 2 * kEach);
}
template <int bytes, int scale> void write2(Wave &w, const Instruction &i) {
  constexpr int kEach = bytes / 4;
  const u32 *address = w.readVgpr(i, i.address, w.exec);
  const u32 *first[kEach], *second[kEach];
  for (int r = 0; r < kEach; ++r) {
    first[r] = w.readVgpr(i, static_cast<std::uint16_t>(i.data + r), w.exec);
    second[r] = w.readVgpr(i, static_cast<std::uint16_t>(i.data2 + r), w.exec);
  }
  forLanes(w.exec, [&](int l) {
    u32 data[kEach];
    for (int r = 0; r < kEach; ++r)
      data[r] = first[r][l];
    writeFixed<bytes>(w, i, address[l] + i.offset0 * u32{bytes * scale}, l, data);
    for (int r = 0; r < kEach; ++r)
      data[r] = second[r][l];
    writeFixed<bytes>(w, i, address[l] + i.offset1 * u32{bytes * scale}, l, data);
  });
  pendWrite(w, i);
}

// --- the transposing read (CDNA4 ISA 11.4): in each group of 16 lanes, lane 4k + m/4 reads
// elements 4·(m/4) … +3 of row k; lane m receives element m of rows 0 to 3.
void readTransposed16(Wave &w, const Instruction &i) {
  if (w.exec != kAllLanes)
    w.fault(i, "EXEC must be all ones (CDNA4 ISA 11.4)");
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, kAllLanes), sizeof at);
  u32 *low = w.loadVgpr(i, i.dst, kAllLanes, false);
  u32 *high = w.loadVgpr(i, static_cast<std::uint16_t>(i.dst + 1), kAllLanes, false);
  std::uint16_t rows[kLanes][4];
  for (int l = 0; l < kLanes; ++l) {
    u32 address = at[l] + static_cast<u32>(i.offset);
    if (address % 8)
      w.fault(i, "the LDS address is not a multiple of 8 (CDNA4 ISA 11.4)", l);
    u32 data[2] = {};
    readFixed<8>(w, i, address, l, data);
    std::memcpy(rows[l], data, 8);
  }
  for (int l = 0; l < kLanes; ++l) {
    int group = l & ~15, m = l & 15;
    std::uint16_t out[4];
    for (int k = 0; k < 4; ++k)
      out[k] = rows[group + 4 * k + m / 4][m % 4];
    low[l] = out[0] | u32{out[1]} << 16;
    high[l] = out[2] | u32{out[3]} << 16;
  }
  pendRead(w, i, 2);
}

// --- lane permutations through the LDS crossbar; no memory is touched

void bpermute(Wave &w, const Instruction &i) {
  u32 at[kLanes], data[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  u64 read = 0;
  forLanes(w.exec,
           [&](int l) { read |= u64{1} << ((at[l] + static_cast<u32>(i.offset)) / 4 % kLanes); });
  // A disabled source lane reads as zero (CDNA4 ISA 12.13, DS_BPERMUTE_B32).
  std::memcpy(data, w.readVgpr(i, i.data, read & w.exec), sizeof data);
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) {
    u32 source = (at[l] + static_cast<u32>(i.offset)) / 4 % kLanes;
    to[l] = w.exec >> source & 1 ? data[source] : 0;
  });
  pendRead(w, i, 1);
}
void permute(Wave &w, const Instruction &i) {
  u32 at[kLanes], result[kLanes] = {};
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  const u32 *data = w.readVgpr(i, i.data, w.exec);
  forLanes(w.exec,
           [&](int l) { result[(at[l] + static_cast<u32>(i.offset)) / 4 % kLanes] = data[l]; });
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) { to[l] = result[l]; });
  pendRead(w, i, 1);
}
void swizzle(Wave &w, const Instruction &i) {
  auto pattern = static_cast<u32>(i.offset);
  auto source = [&](int l) -> int {
    if (pattern >> 15) // quad mode: 2 bits per lane of four
      return (l & ~3) | static_cast<int>(pattern >> (l & 3) * 2 & 3);
    int in = l & 31;
    int s = ((in & static_cast<int>(pattern & 31)) | static_cast<int>(pattern >> 5 & 31)) ^
            static_cast<int>(pattern >> 10 & 31);
    return (l & ~31) | s;
  };
  if (pattern >= 0xc000)
    w.fault(i, "the rotate and FFT modes of ds_swizzle are not emulated");
  u32 data[kLanes];
  u64 read = 0;
  forLanes(w.exec, [&](int l) { read |= u64{1} << source(l); });
  std::memcpy(data, w.readVgpr(i, i.address, read & w.exec), sizeof data);
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) {
    int s = source(l);
    to[l] = w.exec >> s & 1 ? data[s] : 0;
  });
  pendRead(w, i, 1);
}

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
    readFixed<sizeof(T)>(w, i, address, l, raw);
    T old;
    std::memcpy(&old, raw, sizeof old);
    T result;
    if constexpr (two)
      result = F(old, gather<T>(d0[0], d0[1], l), gather<T>(d1[0], d1[1], l));
    else
      result = F(old, gather<T>(d0[0], d0[1], l));
    u32 out[2] = {};
    std::memcpy(out, &result, sizeof result);
    writeFixed<sizeof(T)>(w, i, address, l, out);
    if constexpr (returns)
      for (int r = 0; r < kRegisters; ++r)
        to[r][l] = raw[r];
  });
  if constexpr (returns)
    pendRead(w, i, kRegisters);
  else
    pendWrite(w, i);
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

void nop(Wave &, const Instruction &) {}

const Semantics kTable[] = {
    {"ds_nop", nop},
    {"ds_read_b32", read<4>},
    {"ds_read_b64", read<8>},
    {"ds_read_b96", read<12>},
    {"ds_read_b128", read<16>},
    {"ds_read_u8", read<1>},
    {"ds_read_i8", read<1, Extend::kSign>},
    {"ds_read_u16", read<2>},
    {"ds_read_i16", read<2, Extend::kSign>},
    {"ds_read_u8_d16", read<1, Extend::kLow>},
    {"ds_read_u8_d16_hi", read<1, Extend::kHigh>},
    {"ds_read_i8_d16", read<1, Extend::kLowSign>},
    {"ds_read_i8_d16_hi", read<1, Extend::kHighSign>},
    {"ds_read_u16_d16", read<2, Extend::kLow>},
    {"ds_read_u16_d16_hi", read<2, Extend::kHigh>},
    {"ds_read2_b32", read2<4, 1>},
    {"ds_read2st64_b32", read2<4, 64>},
    {"ds_read2_b64", read2<8, 1>},
    {"ds_read2st64_b64", read2<8, 64>},
    {"ds_read_b64_tr_b16", readTransposed16},
    {"ds_write_b8", write<1>},
    {"ds_write_b16", write<2>},
    {"ds_write_b8_d16_hi", write<1, true>},
    {"ds_write_b16_d16_hi", write<2, true>},
    {"ds_write_b32", write<4>},
    {"ds_write_b64", write<8>},
    {"ds_write_b96", write<12>},
    {"ds_write_b128", write<16>},
    {"ds_write2_b32", write2<4, 1>},
    {"ds_write2st64_b32", write2<4, 64>},
    {"ds_write2_b64", write2<8, 1>},
    {"ds_write2st64_b64", write2<8, 64>},
    {"ds_bpermute_b32", bpermute},
    {"ds_permute_b32", permute},
    {"ds_swizzle_b32", swizzle},
    {"ds_add_u32", atomic<kAdd32, false>},
    {"ds_add_rtn_u32", atomic<kAdd32, true>},
    {"ds_sub_u32", atomic<kSub32, false>},
    {"ds_sub_rtn_u32", atomic<kSub32, true>},
    {"ds_rsub_u32", atomic<kRsub32, false>},
    {"ds_rsub_rtn_u32", atomic<kRsub32, true>},
    {"ds_inc_u32", atomic<kInc32, false>},
    {"ds_inc_rtn_u32", atomic<kInc32, true>},
    {"ds_dec_u32", atomic<kDec32, false>},
    {"ds_dec_rtn_u32", atomic<kDec32, true>},
    {"ds_min_i32", atomic<kMinI32, false>},
    {"ds_min_rtn_i32", atomic<kMinI32, true>},
    {"ds_max_i32", atomic<kMaxI32, false>},
    {"ds_max_rtn_i32", atomic<kMaxI32, true>},
    {"ds_min_u32", atomic<kMinU32, false>},
    {"ds_min_rtn_u32", atomic<kMinU32, true>},
    {"ds_max_u32", atomic<kMaxU32, false>},
    {"ds_max_rtn_u32", atomic<kMaxU32, true>},
    {"ds_and_b32", atomic<kAnd32, false>},
    {"ds_and_rtn_b32", atomic<kAnd32, true>},
    {"ds_or_b32", atomic<kOr32, false>},
    {"ds_or_rtn_b32", atomic<kOr32, true>},
    {"ds_xor_b32", atomic<kXor32, false>},
    {"ds_xor_rtn_b32", atomic<kXor32, true>},
    {"ds_wrxchg_rtn_b32", atomic<kSwap32, true>},
    {"ds_cmpst_b32", atomic2<kCmp32, false>},
    {"ds_cmpst_rtn_b32", atomic2<kCmp32, true>},
    {"ds_add_f32", atomic<kAddF32, false>},
    {"ds_add_rtn_f32", atomic<kAddF32, true>},
    {"ds_min_f32", atomic<kMinF32, false>},
    {"ds_min_rtn_f32", atomic<kMinF32, true>},
    {"ds_max_f32", atomic<kMaxF32, false>},
    {"ds_max_rtn_f32", atomic<kMaxF32, true>},
    {"ds_add_u64", atomic<kAdd64, false>},
    {"ds_add_rtn_u64", atomic<kAdd64, true>},
    {"ds_sub_u64", atomic<kSub64, false>},
    {"ds_sub_rtn_u64", atomic<kSub64, true>},
    {"ds_min_i64", atomic<kMinI64, false>},
    {"ds_min_rtn_i64", atomic<kMinI64, true>},
    {"ds_max_i64", atomic<kMaxI64, false>},
    {"ds_max_rtn_i64", atomic<kMaxI64, true>},
    {"ds_min_u64", atomic<kMinU64, false>},
    {"ds_min_rtn_u64", atomic<kMinU64, true>},
    {"ds_max_u64", atomic<kMaxU64, false>},
    {"ds_max_rtn_u64", atomic<kMaxU64, true>},
    {"ds_and_b64", atomic<kAnd64, false>},
    {"ds_and_rtn_b64", atomic<kAnd64, true>},
    {"ds_or_b64", atomic<kOr64, false>},
    {"ds_or_rtn_b64", atomic<kOr64, true>},
    {"ds_xor_b64", atomic<kXor64, false>},
    {"ds_xor_rtn_b64", atomic<kXor64, true>},
    {"ds_wrxchg_rtn_b64", atomic<kSwap64, true>},
    {"ds_cmpst_b64", atomic2<kCmp64, false>},
    {"ds_cmpst_rtn_b64", atomic2<kCmp64, true>},
    {"ds_add_f64", atomic<kAddF64, false>},
    {"ds_add_rtn_f64", atomic<kAddF64, true>},
};

} // namespace

void readLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, u32 *data) {
  switch (bytes) {
  case 1:
    return (readFixed<1>(w, i, address, lane, data));
  case 2:
    return (readFixed<2>(w, i, address, lane, data));
  case 4:
    return (readFixed<4>(w, i, address, lane, data));
  case 8:
    return (readFixed<8>(w, i, address, lane, data));
  case 12:
    return (readFixed<12>(w, i, address, lane, data));
  default:
    return (readFixed<16>(w, i, address, lane, data));
  }
}

void writeLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, const u32 *data) {
  switch (bytes) {
  case 1:
    return (writeFixed<1>(w, i, address, lane, data));
  case 2:
    return (writeFixed<2>(w, i, address, lane, data));
  case 4:
    return (writeFixed<4>(w, i, address, lane, data));
  case 8:
    return (writeFixed<8>(w, i, address, lane, data));
  case 12:
    return (writeFixed<12>(w, i, address, lane, data));
  default:
    return (writeFixed<16>(w, i, address, lane, data));
  }
}

std::span<const Semantics> ldsSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
