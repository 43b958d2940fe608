// MUBUF loads and stores with format conversion, against CDNA4 ISA 9.1.4 and 9.1.11.
#include "tests/runtime/emulator/memory_snippets.h"

#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;
using Row = std::span<const u32>;
using Memory = std::vector<std::byte>;

constexpr u32 kIdentity = 4 | 5 << 3 | 6 << 6 | 7 << 9;

struct Format {
  u32 number;
  int bits, channels;
};
const Format kFormats[] = {{1, 8, 1},  {2, 16, 1},  {3, 8, 2},   {4, 32, 1},  {5, 16, 2},
                           {10, 8, 4}, {11, 32, 2}, {12, 16, 4}, {13, 32, 3}, {14, 32, 4}};
enum : u32 { kUnorm, kSnorm, kUscaled, kSscaled, kUint, kSint, kFloat = 7 };

std::vector<u32> numbersOf(int bits) {
  if (bits == 32)
    return {kUint, kSint, kFloat};
  std::vector<u32> all = {kUnorm, kSnorm, kUscaled, kSscaled, kUint, kSint};
  if (bits == 16)
    all.push_back(kFloat);
  return all;
}

u32 asBits(double v, bool d16) {
  return d16 ? u32{std::bit_cast<std::uint16_t>(static_cast<_Float16>(v))}
             : std::bit_cast<u32>(static_cast<float>(v));
}

u32 loaded(u32 number, int bits, u32 raw, bool d16) {
  double positive = std::ldexp(1.0, bits) - 1, symmetric = std::ldexp(1.0, bits - 1) - 1;
  std::int64_t value = raw;
  if ((number == kSnorm || number == kSscaled || number == kSint) && raw >> (bits - 1))
    value -= std::int64_t{1} << bits;
  switch (number) {
  case kUnorm:
    return asBits(raw / positive, d16);
  case kSnorm:
    return asBits(std::max(static_cast<double>(value) / symmetric, -1.0), d16);
  case kUscaled:
  case kSscaled:
    return asBits(static_cast<double>(value), d16);
  case kUint:
  case kSint:
    return d16 ? static_cast<u32>(value) & 0xffff : static_cast<u32>(value);
  default:
    if (bits == (d16 ? 16 : 32))
      return raw;
    return bits == 16 ? asBits(std::bit_cast<_Float16>(static_cast<std::uint16_t>(raw)), false)
                      : asBits(std::bit_cast<float>(raw), true);
  }
}

u32 channelAt(const Memory &m, std::size_t at, int bits) {
  return bits == 8    ? getAt<std::uint8_t>(m, at)
         : bits == 16 ? getAt<std::uint16_t>(m, at)
                      : getAt<u32>(m, at);
}

std::string componentsName(int components) {
  return std::string("xyzw").substr(0, components);
}

// v4 = an offset; numbers in memory without NaN, small in 32 bits so that they fit 16.
std::vector<MemoryTable> formatTables() {
  MemoryTable t{.rows = std::vector<u32>(64 * 8), .image = Memory(1024)};
  std::mt19937 random(6);
  for (u32 w = 0; w < 256; ++w)
    putAt<u32>(t.image, w * 4,
               w % 2 ? static_cast<u32>(random()) & 0x7bff7bff
                     : static_cast<u32>(random() % 60000));
  for (u32 l = 0; l < 64; ++l)
    t.rows[l * 8] = l * 15 / 4 * 4;
  return {t};
}

LaneModel formatLoad(const Format &f, u32 number, int components, bool d16, bool high, u32 size,
                     u32 selects) {
  return [=](Memory &m, Row row, std::span<u32> out, int) {
    std::size_t bytes = static_cast<std::size_t>(f.bits / 8 * f.channels);
    bool in_range = row[0] + bytes <= size;
    u32 registers = static_cast<u32>(d16 ? (components + 1) / 2 : components);
    for (u32 r = 0; r < registers; ++r)
      out[r] = 0;
    for (int c = 0; c < components; ++c) {
      int select = selects >> 3 * c & 7, channel = select - 4;
      u32 v = 0;
      if (select == 1)
        v = number == kUint || number == kSint ? 1 : asBits(1.0, d16);
      else if (in_range && channel >= 0 && channel < f.channels)
        v = loaded(number, f.bits,
                   channelAt(m, row[0] + static_cast<std::size_t>(channel * f.bits / 8), f.bits),
                   d16);
      if (!d16)
        out[static_cast<std::size_t>(c)] = v;
      else
        out[static_cast<std::size_t>(c / 2)] |= c % 2 || high ? v << 16 : v;
    }
  };
}

TEST(BufferFormats, LoadsConvertEveryFormat) {
  std::vector<MemoryCase> cases;
  for (const Format &f : kFormats)
    for (u32 number : numbersOf(f.bits))
      for (int components = 1; components <= 4; ++components)
        for (bool d16 : {false, true}) {
          // 32-bit numbers in 16 bits: only what fits; integers of the tables do not always.
          if (d16 && f.bits == 32 && number != kFloat)
            continue;
          u32 selects = components == 3 ? u32{1 | 4 << 3 | 0 << 6 | 7 << 9} : kIdentity;
          int registers = d16 ? (components + 1) / 2 : components;
          std::string to = registers == 1 ? "v32" : fmt::format("v[32:{}]", 31 + registers);
          cases.push_back({bufferOver(0, 900, selects | number << 12 | f.number << 15) +
                               fmt::format("buffer_load_format_{}{} {}, v4, s[64:67], 0 offen",
                                           d16 ? "d16_" : "", componentsName(components), to),
                           formatLoad(f, number, components, d16, false, 900, selects)});
        }
  for (u32 number : {kUnorm, kSint, kFloat})
    cases.push_back({bufferOver(0, 900, kIdentity | number << 12 | 12 << 15) +
                         "buffer_load_format_d16_hi_x v32, v4, s[64:67], 0 offen",
                     formatLoad({12, 16, 4}, number, 1, true, true, 900, kIdentity)});
  const u64 masks[] = {0xfffffffffffffff0};
  expectCases(cases, {}, formatTables(), masks);
}

// Stores v[6:9] as `components` components; `want` gives what a component becomes.
LaneModel formatStore(const Format &f, int components, bool d16, bool high, u32 size,
                      std::function<u32(u32)> want) {
  return [=](Memory &m, Row row, std::span<u32>, int) {
    if (row[0] + static_cast<u32>(f.bits / 8 * f.channels) > size)
      return;
    for (int c = 0; c < std::min(components, f.channels); ++c) {
      u32 v = d16 ? row[2 + static_cast<std::size_t>(c / 2)] : row[2 + static_cast<std::size_t>(c)];
      if (d16)
        v = c % 2 || high ? v >> 16 : v & 0xffff;
      u32 result = want(v);
      std::memcpy(m.data() + row[0] + c * f.bits / 8, &result,
                  static_cast<std::size_t>(f.bits / 8));
    }
  };
}

TEST(BufferFormats, StoresConvertToEveryFormat) {
  // Data as floats or, in D16, halves: in and out of range, ties, NaN; for integers small numbers.
  MemoryTable floats{.rows = std::vector<u32>(64 * 8), .image = edgeBytes(1280, 11)};
  MemoryTable halves = floats, small = floats, wide = floats;
  std::mt19937 random(13);
  for (u32 l = 0; l < 64; ++l)
    for (u32 d = 0; d < 4; ++d) {
      double v = static_cast<double>(static_cast<int>(random() % 2400) - 1200) / 1000;
      if (random() % 8 == 0)
        v = (static_cast<double>(random() % 255) + 0.5) / 255; // near a tie
      bool nan = random() % 16 == 0;
      std::size_t at = l * 8 + 2 + d;
      floats.rows[at] = nan ? 0x7fc00000 : asBits(v, false);
      halves.rows[at] = asBits(v, true) | (nan ? 0x7e000000 : asBits(-v, true) << 16);
      small.rows[at] = static_cast<u32>(random() % 128) | (random() % 128) << 16;
      wide.rows[at] = static_cast<u32>(random() % 128);
    }
  for (MemoryTable *t : {&floats, &halves, &small, &wide})
    for (u32 l = 0; l < 64; ++l)
      t->rows[l * 8] = l * 20;
  auto round = [](double v, double low, double scale, u32 mask) {
    if (std::isnan(v))
      return 0u;
    v = std::min(std::max(v, low), 1.0) * scale;
    double down = std::floor(v), rest = v - down;
    auto n = static_cast<std::int64_t>(down);
    if (rest > 0.5 || (rest == 0.5 && n % 2 != 0))
      ++n;
    return static_cast<u32>(n) & mask;
  };
  std::vector<MemoryCase> float_cases, half_cases, integer_cases, packed_cases;
  for (const Format &f : kFormats)
    for (u32 number : numbersOf(f.bits))
      for (int components = 1; components <= 4; ++components)
        for (bool d16 : {false, true}) {
          if (number == kUscaled || number == kSscaled)
            continue;
          bool integer = number == kUint || number == kSint;
          u32 mask = f.bits == 32 ? ~0u : (1u << f.bits) - 1;
          std::function<u32(u32)> want = [=](u32 v) {
            if (integer)
              return v;
            double value =
                d16 ? static_cast<double>(std::bit_cast<_Float16>(static_cast<std::uint16_t>(v)))
                    : static_cast<double>(std::bit_cast<float>(v));
            if (number == kFloat)
              return f.bits == (d16 ? 16 : 32) ? v : asBits(value, f.bits == 16);
            return round(value, number == kUnorm ? 0 : -1,
                         number == kUnorm ? std::ldexp(1.0, f.bits) - 1
                                          : std::ldexp(1.0, f.bits - 1) - 1,
                         mask);
          };
          int registers = d16 ? (components + 1) / 2 : components;
          std::string from = registers == 1 ? "v6" : fmt::format("v[6:{}]", 5 + registers);
          MemoryCase c = {bufferOver(0, 1000, kIdentity | number << 12 | f.number << 15) +
                              fmt::format("buffer_store_format_{}{} {}, v4, s[64:67], 0 offen",
                                          d16 ? "d16_" : "", componentsName(components), from),
                          formatStore(f, components, d16, false, 1000, want)};
          (integer ? (d16 ? packed_cases : integer_cases)
           : d16   ? half_cases
                   : float_cases)
              .push_back(c);
        }
  half_cases.push_back({bufferOver(0, 1000, kIdentity | kFloat << 12 | 4 << 15) +
                            "buffer_store_format_d16_hi_x v6, v4, s[64:67], 0 offen",
                        formatStore({4, 32, 1}, 1, true, true, 1000, [](u32 v) {
                          return asBits(std::bit_cast<_Float16>(static_cast<std::uint16_t>(v)),
                                        false);
                        })});
  const u64 masks[] = {0xffffffff7ffffffe};
  expectCases(float_cases, {}, {&floats, 1}, masks);
  expectCases(half_cases, {}, {&halves, 1}, masks);
  expectCases(integer_cases, {}, {&wide, 1}, masks);
  expectCases(packed_cases, {}, {&small, 1}, masks);
}

TEST(BufferFormats, LeftOutOnesStopWithTheirName) {
  const std::string codes[] = {
      bufferOver(0, 900, kIdentity | 7 << 12 | 6 << 15) +
          "buffer_load_format_x v32, v4, s[64:67], 0 offen",
      bufferOver(0, 900, kIdentity | 7 << 12 | 1 << 15) +
          "buffer_load_format_x v32, v4, s[64:67], 0 offen",
      bufferOver(0, 900, kIdentity | 2 << 12 | 1 << 15) +
          "buffer_store_format_x v6, v4, s[64:67], 0 offen",
      bufferOver(0, 900, 5 | 4 << 12 | 1 << 15) + "buffer_store_format_x v6, v4, s[64:67], 0 offen",
      bufferOver(0, 900, kIdentity | 4 << 12 | 1 << 15) +
          "v_mov_b32_e32 v6, 0x100\n buffer_store_format_x v6, v4, s[64:67], 0 offen",
      bufferOver(0, 900, kIdentity | 4 << 12 | 4 << 15) +
          "buffer_load_format_d16_x v32, v4, s[64:67], 0 offen",
      ".long 0xe0011000, 0x80100004", // buffer_load_format_x … offen lds
      bufferOver(0, 900, kIdentity) + "buffer_load_format_xy v[32:33], v4, s[64:67], 0 offen\n"
                                      "buffer_store_format_x v6, v4, s[64:67], 0 offen",
  };
  MemorySnippets snippets(codes, {});
  MemoryTable t{.rows = std::vector<u32>(64 * 8), .image = edgeBytes(64, 5)};
  putAt<u32>(t.image, 0, 0x12345678);
  EXPECT_THAT(snippets.run(0, t).error, HasSubstr("data format 6 is not emulated"));
  EXPECT_THAT(snippets.run(1, t).error, HasSubstr("data format 1 has no number format 7"));
  EXPECT_THAT(snippets.run(2, t).error, HasSubstr("USCALED and SSCALED"));
  EXPECT_THAT(snippets.run(3, t).error, HasSubstr("component selects"));
  EXPECT_THAT(snippets.run(4, t).error, HasSubstr("0x100 does not fit 8 bits"));
  EXPECT_THAT(snippets.run(5, t).error, HasSubstr("0x12345678 does not fit 16 bits"));
  EXPECT_THAT(snippets.run(6, t).error, HasSubstr("on the way to LDS"));
  MemoryResult unbound = snippets.run(7, t);
  EXPECT_EQ(unbound.error, "");
  EXPECT_EQ(unbound.image, t.image);
  EXPECT_EQ(unbound.outputs[0], 0u);
  EXPECT_EQ(unbound.outputs[1], 0u);
}

} // namespace
} // namespace gemmsmith::emulator
