// MUBUF loads and stores that convert between registers and the data format of the descriptor
// (CDNA4 ISA 9.1.4, 9.1.11, 12.13).
//
// Choices where the manual leaves room:
// - A component that the format does not have reads as zero, W too (9.1.4: "X000").
// - Floats round to nearest even, also into UNORM and SNORM, which clamp first and take NaN as 0.
// - D16 loads zero the unused half, as all 16-bit loads do on gfx950.
// Faults, because the manual leaves the result open: the packed formats (6 to 9), whose field order
// it does not give; integers that do not fit; stores of USCALED and SSCALED; stores through
// component selects other than the identity.
#include "runtime/emulator/buffer_descriptor.h"
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/lds.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/vector_address.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

enum class Number : u8 { kUnorm, kSnorm, kUscaled, kSscaled, kUint, kSint, kReserved, kFloat };

struct ElementFormat {
  int bits = 0, channels = 0; // of a channel; 0 for INVALID
  Number number = Number::kUint;

  int channelBytes() const { return bits / 8; }
  int bytes() const { return channels * channelBytes(); }
  bool integer() const { return number == Number::kUint || number == Number::kSint; }
};

ElementFormat elementFormat(Wave &w, const Instruction &i, const BufferDescriptor &d) {
  static constexpr struct {
    u8 bits, channels;
  } kFormats[16] = {{0, 0}, {8, 1}, {16, 1}, {8, 2},  {32, 1}, {16, 2}, {0, 1},  {0, 1},
                    {0, 1}, {0, 1}, {8, 4},  {32, 2}, {16, 4}, {32, 3}, {32, 4}, {0, 1}};
  ElementFormat f{kFormats[d.data_format].bits, kFormats[d.data_format].channels,
                  static_cast<Number>(d.number_format)};
  if (f.channels && !f.bits)
    w.fault(i, fmt::format("data format {} is not emulated", d.data_format));
  bool exists = f.bits == 8    ? f.number < Number::kReserved
                : f.bits == 16 ? f.number != Number::kReserved
                               : f.integer() || f.number == Number::kFloat;
  if (f.channels && !exists)
    w.fault(i, fmt::format("data format {} has no number format {} (CDNA4 ISA 9.1.11)",
                           d.data_format, d.number_format));
  return f;
}

i32 signExtended(u32 v, int bits) {
  return static_cast<i32>(v << (32 - bits)) >> (32 - bits);
}

double scaleOf(const ElementFormat &f) { // what 1.0 becomes
  int magnitude = f.number == Number::kUnorm ? f.bits : f.bits - 1;
  return static_cast<double>((u64{1} << magnitude) - 1);
}

u32 floatBits(double v, bool d16) {
  return d16 ? halfBits(static_cast<Half>(v)) : std::bit_cast<u32>(static_cast<float>(v));
}

// A channel of memory as the 32 or, for D16, 16 bits of a register.
u32 fromMemory(Wave &w, const Instruction &i, const ElementFormat &f, bool d16, u32 raw, int lane) {
  switch (f.number) {
  case Number::kUint:
  case Number::kSint: {
    u32 v = f.number == Number::kUint ? raw : static_cast<u32>(signExtended(raw, f.bits));
    if (!d16)
      return v;
    bool fits =
        f.number == Number::kUint ? v <= 0xffff : signExtended(v, 16) == static_cast<i32>(v);
    if (!fits)
      w.fault(i, fmt::format("{:#x} does not fit 16 bits: what is loaded is not defined", v), lane);
    return v & 0xffff;
  }
  case Number::kFloat:
    if (f.bits == 16)
      return d16 ? raw : std::bit_cast<u32>(static_cast<float>(half(raw)));
    return d16 ? halfBits(static_cast<Half>(std::bit_cast<float>(raw))) : raw;
  case Number::kUnorm:
    return floatBits(raw / scaleOf(f), d16);
  case Number::kSnorm:
    return floatBits(std::max(signExtended(raw, f.bits) / scaleOf(f), -1.0), d16);
  case Number::kUscaled:
    return floatBits(raw, d16);
  default:
    return floatBits(signExtended(raw, f.bits), d16);
  }
}

u32 toMemory(Wave &w, const Instruction &i, const ElementFormat &f, bool d16, u32 v, int lane) {
  u32 mask = f.bits == 32 ? ~0u : (1u << f.bits) - 1;
  if (f.integer()) {
    if (d16 && f.number == Number::kSint)
      v = static_cast<u32>(signExtended(v, 16));
    bool fits = f.number == Number::kUint ? (v & ~mask) == 0
                                          : signExtended(v, f.bits) == static_cast<i32>(v);
    if (!fits)
      w.fault(i,
              fmt::format("{:#x} does not fit {} bits: what is stored is not defined", v, f.bits),
              lane);
    return v & mask;
  }
  float value = d16 ? static_cast<float>(half(v)) : std::bit_cast<float>(v);
  if (f.number == Number::kFloat) {
    if (f.bits == (d16 ? 16 : 32))
      return v;
    return d16 ? std::bit_cast<u32>(value) : halfBits(static_cast<Half>(value));
  }
  if (f.number != Number::kUnorm && f.number != Number::kSnorm)
    w.fault(i, "stores to USCALED and SSCALED formats are not emulated");
  double low = f.number == Number::kUnorm ? 0 : -1;
  double clamped = value != value ? 0 : std::min(std::max<double>(value, low), 1.0);
  return static_cast<u32>(static_cast<i32>(std::nearbyint(clamped * scaleOf(f)))) & mask;
}

struct Formatted {
  LaneAddresses addresses;
  BufferDescriptor descriptor;
  ElementFormat format;
};

// Formatted accesses are in range or out of it as a whole (9.1.5.1 note 3).
Formatted prepare(Wave &w, const Instruction &i) {
  Formatted p;
  if (i.lds)
    w.fault(i, "format conversion on the way to LDS is not emulated");
  p.descriptor = bufferDescriptor(w, i);
  p.format = elementFormat(w, i, p.descriptor);
  p.addresses = bufferAddresses(w, i, p.format.bytes());
  for (u64 &range : p.addresses.in_range)
    range = p.format.channels && range >= static_cast<u64>(p.format.bytes()) ? ~u64{0} : 0;
  return p;
}

// Components go to registers of their own or, with D16, in pairs, the first one low; `high` is the
// D16_HI form of one component.
template <int components, bool d16, bool high = false>
void formatLoad(Wave &w, const Instruction &i) {
  constexpr int kRegisters = d16 ? (components + 1) / 2 : components;
  Formatted p = prepare(w, i);
  const ElementFormat &f = p.format;
  u32 *to[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), w.exec, true);
  u32 one = f.integer() ? 1 : floatBits(1.0, d16);
  forLanes(w.exec, [&](int l) {
    u32 element[4] = {};
    bool in_range = p.addresses.in_range[l] != 0;
    if (in_range)
      loadLane(w, i, p.addresses, l, f.bytes(), element);
    u32 result[kRegisters] = {};
    for (int c = 0; c < components; ++c) {
      int select = p.descriptor.select[static_cast<std::size_t>(c)], channel = select - 4;
      u32 v = 0;
      if (select == 1) {
        v = one;
      } else if (channel >= 0 && channel < f.channels && in_range) {
        u32 raw = 0;
        std::memcpy(&raw, reinterpret_cast<std::byte *>(element) + channel * f.channelBytes(),
                    static_cast<std::size_t>(f.channelBytes()));
        v = fromMemory(w, i, f, d16, raw, l);
      }
      result[d16 ? c / 2 : c] |= high || (d16 && c % 2) ? v << 16 : v;
    }
    for (int r = 0; r < kRegisters; ++r)
      to[r][l] = result[r];
  });
  PendingOperation o;
  o.instruction = &i;
  o.kind = PendingOperation::Kind::kVgprLoad;
  o.first_register = static_cast<u16>(i.dst - kVgpr);
  o.registers = kRegisters;
  o.lanes = w.exec;
  w.issueVmem(o);
}

template <int components, bool d16, bool high = false>
void formatStore(Wave &w, const Instruction &i) {
  constexpr int kRegisters = d16 ? (components + 1) / 2 : components;
  Formatted p = prepare(w, i);
  const ElementFormat &f = p.format;
  const u32 *from[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    from[r] = w.readVgpr(i, static_cast<u16>(i.data + r), w.exec);
  int stored = std::min(components, f.channels);
  for (int c = 0; c < stored; ++c)
    if (w.exec && p.descriptor.select[static_cast<std::size_t>(c)] != 4 + c)
      w.fault(i, "stores through component selects other than the identity are not emulated");
  forLanes(w.exec, [&](int l) {
    if (!p.addresses.in_range[l])
      return;
    u32 element[4] = {};
    for (int c = 0; c < stored; ++c) {
      u32 v = from[d16 ? c / 2 : c][l];
      if constexpr (d16)
        v = high || c % 2 ? v >> 16 : v & 0xffff;
      v = toMemory(w, i, f, d16, v, l);
      std::memcpy(reinterpret_cast<std::byte *>(element) + c * f.channelBytes(), &v,
                  static_cast<std::size_t>(f.channelBytes()));
    }
    // Three channels of 8 or 16 bits are no access of their own.
    int bytes = stored * f.channelBytes();
    if (bytes == 3 || bytes == 6) {
      int last = bytes / 3;
      storeLane(w, i, p.addresses, l, 2 * last, element);
      LaneAddresses rest = p.addresses;
      rest.address[l] += static_cast<u64>(2 * last);
      u32 third = bytes == 3 ? element[0] >> 16 : element[1];
      storeLane(w, i, rest, l, last, &third);
    } else {
      storeLane(w, i, p.addresses, l, bytes, element);
    }
  });
  PendingOperation o;
  o.instruction = &i;
  o.lanes = w.exec;
  w.issueVmem(o);
}

const Semantics kTable[] = {
    {"buffer_load_format_x", formatLoad<1, false>},
    {"buffer_load_format_xy", formatLoad<2, false>},
    {"buffer_load_format_xyz", formatLoad<3, false>},
    {"buffer_load_format_xyzw", formatLoad<4, false>},
    {"buffer_load_format_d16_x", formatLoad<1, true>},
    {"buffer_load_format_d16_xy", formatLoad<2, true>},
    {"buffer_load_format_d16_xyz", formatLoad<3, true>},
    {"buffer_load_format_d16_xyzw", formatLoad<4, true>},
    {"buffer_load_format_d16_hi_x", formatLoad<1, true, true>},
    {"buffer_store_format_x", formatStore<1, false>},
    {"buffer_store_format_xy", formatStore<2, false>},
    {"buffer_store_format_xyz", formatStore<3, false>},
    {"buffer_store_format_xyzw", formatStore<4, false>},
    {"buffer_store_format_d16_x", formatStore<1, true>},
    {"buffer_store_format_d16_xy", formatStore<2, true>},
    {"buffer_store_format_d16_xyz", formatStore<3, true>},
    {"buffer_store_format_d16_xyzw", formatStore<4, true>},
    {"buffer_store_format_d16_hi_x", formatStore<1, true, true>},
};

} // namespace

std::span<const Semantics> bufferFormatSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
