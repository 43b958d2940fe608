// DS loads and stores (CDNA4 ISA chapter 11, 12.12).
//
// Addresses need no alignment, as the HSA run time configures it (unaligned access mode); 16-bit
// loads zero the unused half, because the registers of gfx950 have ECC (9.1.6).
#include "runtime/emulator/lds.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

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
    readLds<bytes>(w, i, at[l] + offset, l, data);
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
  pendLdsRead(w, i, kRegisters);
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
    writeLds<bytes>(w, i, address[l] + offset, l, data);
  });
  pendLdsWrite(w, i);
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
    readLds<bytes>(w, i, at[l] + i.offset0 * u32{bytes * scale}, l, data);
    readLds<bytes>(w, i, at[l] + i.offset1 * u32{bytes * scale}, l, data + kEach);
    for (int r = 0; r < 2 * kEach; ++r)
      to[r][l] = data[r];
  });
  pendLdsRead(w, i, 2 * kEach);
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
    writeLds<bytes>(w, i, address[l] + i.offset0 * u32{bytes * scale}, l, data);
    if (i.offset0 == i.offset1) // one access, of the first operand
      return;
    for (int r = 0; r < kEach; ++r)
      data[r] = second[r][l];
    writeLds<bytes>(w, i, address[l] + i.offset1 * u32{bytes * scale}, l, data);
  });
  pendLdsWrite(w, i);
}

// The address is M0[15:0] + offset + 4 * lane; there is no address register.
u32 addTid(Wave &w, const Instruction &i) {
  return static_cast<u32>(i.offset) + (w.scalar32(i, kM0) & 0xffff);
}
void readAddTid(Wave &w, const Instruction &i) {
  u32 base = addTid(w, i);
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) {
    u32 data = 0;
    readLds<4>(w, i, base + static_cast<u32>(l) * 4, l, &data);
    to[l] = data;
  });
  pendLdsRead(w, i, 1);
}
void writeAddTid(Wave &w, const Instruction &i) {
  u32 base = addTid(w, i);
  const u32 *from = w.readVgpr(i, i.data, w.exec);
  forLanes(w.exec, [&](int l) { writeLds<4>(w, i, base + static_cast<u32>(l) * 4, l, from + l); });
  pendLdsWrite(w, i);
}

const Semantics kTable[] = {
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
    {"ds_read_addtid_b32", readAddTid},
    {"ds_write_b8", write<1>},
    {"ds_write_b16", write<2>},
    {"ds_write_b8_d16_hi", write<1, true>},
    {"ds_write_b16_d16_hi", write<2, true>},
    {"ds_write_b32", write<4>},
    {"ds_write_b64", write<8>},
    {"ds_write_b96", write<12>},
    {"ds_write_b128", write<16>},
    {"ds_write_addtid_b32", writeAddTid},
    {"ds_write2_b32", write2<4, 1>},
    {"ds_write2st64_b32", write2<4, 64>},
    {"ds_write2_b64", write2<8, 1>},
    {"ds_write2st64_b64", write2<8, 64>},
};

} // namespace

std::span<const Semantics> ldsAccessSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
