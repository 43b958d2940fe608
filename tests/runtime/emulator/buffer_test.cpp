// MUBUF: addressing, range checks, sizes, formats and copies to LDS, against CDNA4 ISA 9.1.
#include "tests/runtime/emulator/memory_snippets.h"

#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <optional>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;
using Row = std::span<const u32>;
using Memory = std::vector<std::byte>;

// Where byte `k` of a lane's access lies in the image; nothing if it is out of the buffer's range.
using Where = std::function<std::optional<std::size_t>(Row, u32 lane, u32 k)>;

Where raw(u32 records, u32 inst_offset, bool offen = true, u32 soffset = 0) {
  return [=](Row row, u32, u32 k) -> std::optional<std::size_t> {
    u64 offset = u64{offen ? row[0] : 0} + inst_offset + k;
    if (offset >= records)
      return std::nullopt;
    return offset + soffset;
  };
}

LaneModel dwords(u32 count, const Where &where) {
  return [=](Memory &m, Row row, std::span<u32> out, int lane) {
    for (u32 d = 0; d < count; ++d) {
      auto at = where(row, static_cast<u32>(lane), 4 * d);
      out[d] = at ? getAt<u32>(m, *at) : 0;
    }
  };
}
LaneModel storeDwords(u32 count, const Where &where) {
  return [=](Memory &m, Row row, std::span<u32>, int lane) {
    for (u32 d = 0; d < count; ++d)
      if (auto at = where(row, static_cast<u32>(lane), 4 * d))
        putAt<u32>(m, *at, row[2 + d]);
  };
}
template <typename T> LaneModel narrow(const Where &where, u32 mask = ~0u, int shift = 0) {
  return [=](Memory &m, Row row, std::span<u32> out, int lane) {
    auto at = where(row, static_cast<u32>(lane), 0);
    out[0] = at ? (static_cast<u32>(getAt<T>(m, *at)) & mask) << shift : 0;
  };
}
template <typename T> LaneModel storeNarrow(const Where &where, int shift = 0) {
  return [=](Memory &m, Row row, std::span<u32>, int lane) {
    if (auto at = where(row, static_cast<u32>(lane), 0))
      putAt<T>(m, *at, static_cast<T>(row[2] >> shift));
  };
}

// v4 = 20 * lane + 0…3, v5 = 0…15, v[6:9] data.
std::vector<MemoryTable> tables() {
  std::vector<MemoryTable> result;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    MemoryTable t{.rows = edgeWords(64 * 8, seed + 60), .image = edgeBytes(1536, seed + 160)};
    for (u32 l = 0; l < 64; ++l) {
      t.rows[l * 8] = l * 20 + t.rows[l * 8] % 4;
      t.rows[l * 8 + 1] %= 16;
    }
    result.push_back(std::move(t));
  }
  return result;
}

// A raw buffer of 1001 bytes: an access may end inside, at the end, or start beyond it.
TEST(Buffers, EverySizeInRawBuffers) {
  Where at = raw(1001, 5);
  const std::string set = "s_movk_i32 s66, 0x3e9\n ", end = ", v4, s[64:67], 0 offen offset:5";
  const MemoryCase cases[] = {
      {set + "buffer_load_ubyte v32" + end, narrow<std::uint8_t>(at)},
      {set + "buffer_load_sbyte v32" + end, narrow<std::int8_t>(at)},
      {set + "buffer_load_ushort v32" + end, narrow<std::uint16_t>(at)},
      {set + "buffer_load_sshort v32" + end, narrow<std::int16_t>(at)},
      {set + "buffer_load_dword v32" + end, dwords(1, at)},
      {set + "buffer_load_dwordx2 v[32:33]" + end, dwords(2, at)},
      {set + "buffer_load_dwordx3 v[32:34]" + end, dwords(3, at)},
      {set + "buffer_load_dwordx4 v[32:35]" + end, dwords(4, at)},
      {set + "buffer_load_dwordx4 v[32:35]" + end + " sc0 sc1 nt", dwords(4, at)},
      {set + "buffer_load_ubyte_d16 v32" + end, narrow<std::uint8_t>(at)},
      {set + "buffer_load_ubyte_d16_hi v32" + end, narrow<std::uint8_t>(at, 0xffff, 16)},
      {set + "buffer_load_sbyte_d16 v32" + end, narrow<std::int8_t>(at, 0xffff)},
      {set + "buffer_load_sbyte_d16_hi v32" + end, narrow<std::int8_t>(at, 0xffff, 16)},
      {set + "buffer_load_short_d16 v32" + end, narrow<std::uint16_t>(at)},
      {set + "buffer_load_short_d16_hi v32" + end, narrow<std::uint16_t>(at, 0xffff, 16)},
      {set + "buffer_store_byte v6" + end, storeNarrow<std::uint8_t>(at)},
      {set + "buffer_store_byte_d16_hi v6" + end, storeNarrow<std::uint8_t>(at, 16)},
      {set + "buffer_store_short v6" + end, storeNarrow<std::uint16_t>(at)},
      {set + "buffer_store_short_d16_hi v6" + end, storeNarrow<std::uint16_t>(at, 16)},
      {set + "buffer_store_dword v6" + end + " nt", storeDwords(1, at)},
      {set + "buffer_store_dwordx2 v[6:7]" + end, storeDwords(2, at)},
      {set + "buffer_store_dwordx3 v[6:8]" + end, storeDwords(3, at)},
      {set + "buffer_store_dwordx4 v[6:9]" + end + " sc0 sc1", storeDwords(4, at)},
      {set + "buffer_load_dwordx2 a[2:3]" + end +
           "\n s_waitcnt vmcnt(0)\n v_accvgpr_read_b32 v32, a2\n v_accvgpr_read_b32 v33, a3",
       dwords(2, at)},
      {set + "v_accvgpr_write_b32 a6, v6\n s_nop 1\n buffer_store_dword a6" + end,
       storeDwords(1, at)},
  };
  expectCases(cases, {}, tables());
}

TEST(Buffers, ScalarOffsetsAreNotRangeChecked) {
  const MemoryCase cases[] = {
      {"s_movk_i32 s66, 0x100\n s_movk_i32 s20, 0x104\n"
       "buffer_load_dwordx2 v[32:33], v4, s[64:67], s20 offen offset:8",
       dwords(2, raw(0x100, 8, true, 0x104))},
      {"s_movk_i32 s66, 0x100\n s_movk_i32 m0, 0x44\n"
       "buffer_load_dwordx2 v[32:33], v4, s[64:67], m0 offen",
       dwords(2, raw(0x100, 0, true, 0x44))},
      {"s_movk_i32 s66, 0x100\n buffer_store_dword v6, v4, s[64:67], 64 offen",
       storeDwords(1, raw(0x100, 0, true, 64))},
      {"buffer_load_dwordx4 v[32:35], off, s[64:67], 16 offset:1500",
       dwords(4, raw(1536, 1500, false, 16))},
      {"s_movk_i32 s66, 0x208\n buffer_load_dwordx4 v[32:35], off, s[64:67], 0 offset:512",
       dwords(4, raw(0x208, 512, false))},
      {"s_movk_i32 s66, 0x0\n buffer_load_ubyte v32, off, s[64:67], 0",
       narrow<std::uint8_t>(raw(0, 0, false))},
      // the offset does not wrap into range
      {"v_mov_b32_e32 v4, -16\n buffer_load_dword v32, v4, s[64:67], 0 offen offset:16",
       [](Memory &, Row, std::span<u32> out, int) { out[0] = 0; }},
  };
  expectCases(cases, {}, tables());
}

// --- structured buffers: v4 is the index, v5 the offset in the record

std::vector<MemoryTable> structured(u32 indices) {
  std::vector<MemoryTable> result = tables();
  for (MemoryTable &t : result)
    for (u32 l = 0; l < 64; ++l) {
      t.rows[l * 8] = (l * 7 + 3) % indices;
      t.rows[l * 8 + 1] = t.rows[l * 8 + 1] % 4 * 4;
    }
  result[0].rows[0] = 0xffffffff;
  return result;
}

// s65 with a stride and other bits of the second dword, s66 records, s67 the last dword.
std::string descriptor(u32 second, u32 records, u32 last = 0x27000) {
  return fmt::format("s_or_b32 s65, s65, {:#x}\n s_mov_b32 s66, {:#x}\n s_mov_b32 s67, {:#x}\n",
                     second, records, last);
}

Where records(u32 stride, u32 count, u32 inst_offset, bool offen) {
  return [=](Row row, u32, u32 k) -> std::optional<std::size_t> {
    if (row[0] >= count)
      return std::nullopt;
    return row[0] * stride + (offen ? row[1] : 0) + inst_offset + k;
  };
}

TEST(Buffers, StructuredOnesCheckTheIndex) {
  const MemoryCase cases[] = {
      {descriptor(20 << 16, 40) + "buffer_load_dwordx4 v[32:35], v4, s[64:67], 0 idxen offset:4",
       dwords(4, records(20, 40, 4, false))},
      {descriptor(20 << 16, 40) + "buffer_load_dword v32, v[4:5], s[64:67], 0 idxen offen offset:8",
       dwords(1, records(20, 40, 8, true))},
      {descriptor(20 << 16, 40) + "buffer_load_sbyte v32, v[4:5], s[64:67], 0 idxen offen",
       narrow<std::int8_t>(records(20, 40, 0, true))},
      {descriptor(20 << 16, 40) + "buffer_store_dwordx3 v[6:8], v4, s[64:67], 0 idxen offset:4",
       storeDwords(3, records(20, 40, 4, false))},
      // without IDXEN the stride means nothing and the range is in bytes
      {descriptor(20 << 16, 40) + "buffer_load_dwordx2 v[32:33], v4, s[64:67], 0 offen",
       dwords(2, raw(40, 0))},
      // cache swizzle does not change addresses
      {descriptor(1u << 30 | 20 << 16, 40) + "buffer_load_dword v32, v4, s[64:67], 0 idxen",
       dwords(1, records(20, 40, 0, false))},
      // without a stride the range is in bytes
      {descriptor(0, 40) +
           "buffer_load_dwordx2 v[32:33], v[4:5], s[64:67], 0 idxen offen offset:36",
       dwords(2,
              [](Row row, u32, u32 k) -> std::optional<std::size_t> {
                if (row[1] + 36 + k >= 40)
                  return std::nullopt;
                return row[1] + 36 + k;
              })},
      {descriptor(4 << 16, 50) + "buffer_atomic_add v6, v4, s[64:67], 0 idxen",
       [](Memory &m, Row row, std::span<u32>, int) {
         if (row[0] < 50)
           putAt<u32>(m, row[0] * 4, getAt<u32>(m, row[0] * 4) + row[2]);
       }},
  };
  expectCases(cases, {}, structured(60));
}

// The manual's formula (9.1.5.2) with elements of 4 bytes.
std::size_t swizzled(u32 index, u32 offset, u32 stride, u32 index_stride) {
  u32 index_msb = index / index_stride, index_lsb = index % index_stride;
  u32 offset_msb = offset / 4, offset_lsb = offset % 4;
  return (index_msb * stride + offset_msb * 4) * index_stride + index_lsb * 4 + offset_lsb;
}

TEST(Buffers, SwizzledAndWithTheThreadAsIndex) {
  constexpr u32 kSwizzle = 1u << 31, kAddTid = 1u << 23;
  auto swizzle = [](u32 stride, u32 index_stride, u32 count, u32 inst_offset) {
    return [=](Row row, u32, u32 k) -> std::optional<std::size_t> {
      if (row[0] >= count)
        return std::nullopt;
      return swizzled(row[0], row[1] + inst_offset + k, stride, index_stride);
    };
  };
  auto thread = [](u32 stride, u32 index_stride, u32 inst_offset) {
    return [=](Row row, u32 lane, u32) -> std::optional<std::size_t> {
      u32 offset = row[1] + inst_offset;
      return index_stride ? swizzled(lane, offset, stride, index_stride) : lane * stride + offset;
    };
  };
  std::vector<MemoryCase> cases;
  for (u32 code = 0; code < 4; ++code)
    cases.push_back({descriptor(kSwizzle | 20 << 16, 50, 0x27000 | code << 21) +
                         "buffer_load_dword v32, v[4:5], s[64:67], 0 idxen offen offset:4",
                     dwords(1, swizzle(20, 8u << code, 50, 4))});
  cases.push_back({descriptor(kSwizzle | 20 << 16, 50) +
                       "buffer_store_dword v6, v[4:5], s[64:67], 0 idxen offen",
                   storeDwords(1, swizzle(20, 8, 50, 0))});
  cases.push_back({descriptor(kSwizzle | 20 << 16, 50) +
                       "buffer_load_ushort v32, v[4:5], s[64:67], 0 idxen offen offset:2",
                   narrow<std::uint16_t>(swizzle(20, 8, 50, 2))});
  // private buffers, as GPUs have them for scratch: no range; the stride's upper bits take the
  // place of the data format
  cases.push_back(
      {descriptor(20 << 16, 0, kAddTid) + "buffer_load_dword v32, v5, s[64:67], 0 offen offset:4",
       dwords(1, thread(20, 0, 4))});
  cases.push_back({descriptor(kSwizzle | 20 << 16, 0, kAddTid | 3u << 21) +
                       "buffer_store_dword v6, v5, s[64:67], 0 offen",
                   storeDwords(1, thread(20, 64, 0))});
  cases.push_back({descriptor(kSwizzle | 20 << 16, 0, kAddTid | 1u << 21) +
                       "buffer_load_ubyte v32, v5, s[64:67], 0 offen offset:3",
                   narrow<std::uint8_t>(thread(20, 16, 3))});
  // one lane, with a stride of 2^14 + 4
  cases.push_back({"s_mov_b64 exec, 1\n" + descriptor(4 << 16, 0, kAddTid | 1 << 15) +
                       "buffer_load_dword v32, v5, s[64:67], 0 offen",
                   [](Memory &m, Row row, std::span<u32> out, int lane) {
                     if (lane == 0)
                       out[0] = getAt<u32>(m, row[1]);
                   }});
  std::vector<MemoryTable> all = structured(60);
  for (MemoryTable &t : all)
    t.image = edgeBytes(2048, 3);
  const u64 masks[] = {~u64{0}, 0x8000f00ff0a50001};
  expectCases(cases, {}, all, masks);

  // Lane 1 is one stride of 2^14 + 4 bytes on.
  const std::string far[] = {"s_mov_b64 exec, 2\n" + descriptor(4 << 16, 0, kAddTid | 1 << 15) +
                             "buffer_load_dword v32, off, s[64:67], 0"};
  MemorySnippets snippets(far, {.output_dwords = 1});
  MemoryTable t = all[0];
  t.image = edgeBytes((1 << 14) + 8, 4);
  MemoryResult got = snippets.run(0, t);
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.outputs[1], getAt<u32>(t.image, (1 << 14) + 4));
}

TEST(Buffers, UnboundOnesReadZeroAndOthersAreRefused) {
  const std::string codes[] = {
      descriptor(0, 1000, 0) + "buffer_load_dwordx2 v[32:33], v4, s[64:67], 0 offen\n"
                               "buffer_store_dword v6, v4, s[64:67], 0 offen",
      descriptor(0, 1000, 0xc0027000) + "buffer_load_dword v32, v4, s[64:67], 0 offen",
      descriptor(1u << 31 | 20 << 16, 50) + "buffer_load_dwordx2 v[32:33], v4, s[64:67], 0 idxen",
      descriptor(1u << 31 | 20 << 16, 50) +
          "v_mov_b32_e32 v5, 2\n"
          "buffer_load_dword v32, v[4:5], s[64:67], 0 idxen offen",
      descriptor(1u << 31 | 18 << 16, 50) + "buffer_load_dword v32, v4, s[64:67], 0 idxen",
      ".long 0xe0551000, 0x80100004", // buffer_load_dwordx2 … offen lds
      ".long 0xe0711000, 0x80100604", // buffer_store_dword … offen lds
      "buffer_load_dword v32, v4, s[64:67], 0 offen\n v_mov_b32_e32 v33, v32",
      "buffer_load_dword v32, v4, s[64:67], 0 offen\n buffer_wbl2 sc1\n buffer_inv sc1\n"
      "s_waitcnt vmcnt(1)\n v_mov_b32_e32 v33, v32",
  };
  MemorySnippets snippets(codes, {});
  std::vector<MemoryTable> t = tables();
  MemoryResult got = snippets.run(0, t[0]);
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.image, t[0].image);
  for (std::size_t o = 0; o < 256; ++o)
    ASSERT_EQ(got.outputs[o], o % 4 < 2 ? 0 : kNoResult);
  EXPECT_THAT(snippets.run(1, t[0]).error, HasSubstr("type is not that of a buffer"));
  std::vector<MemoryTable> s = structured(40);
  s[0].rows[0] = 0;
  EXPECT_THAT(snippets.run(2, s[0]).error, HasSubstr("more than one element"));
  EXPECT_THAT(snippets.run(3, s[0]).error, HasSubstr("more than one element"));
  EXPECT_THAT(snippets.run(4, s[0]).error, HasSubstr("multiple of 4"));
  EXPECT_THAT(snippets.run(5, t[0]).error, HasSubstr("no form that goes to LDS"));
  EXPECT_THAT(snippets.run(6, t[0]).error, HasSubstr("no form that goes to LDS"));
  EXPECT_THAT(snippets.run(7, t[0]).error, HasSubstr("v32 awaits"));
  EXPECT_EQ(snippets.run(8, t[0]).error, "");
}

// --- copies to LDS: the lower half of the image is read, the upper half of LDS written

LaneModel copy(u32 bytes, u32 stride, u32 records, std::function<u32(const Memory &, u32)> narrow) {
  return [=](Memory &m, Row row, std::span<u32>, int lane) {
    u32 to = 1024 + 16 + static_cast<u32>(lane) * stride, from = row[0] + 16;
    if (narrow) {
      putAt<u32>(m, to, from < records ? narrow(m, from) : 0);
      return;
    }
    for (u32 b = 0; b < bytes; b += 4)
      putAt<u32>(m, to + b, from + b < records ? getAt<u32>(m, from + b) : 0);
  };
}

TEST(Buffers, CopiesToLdsOfEverySize) {
  // M0[17:2] * 4 + the instruction's offset + lane * 4 or 16; the offset counts on both sides.
  auto code = [](const char *size) {
    return fmt::format("s_mov_b32 m0, 0xffc00403\n s_movk_i32 s66, 0x204\n s_nop 0\n"
                       "buffer_load_{} v4, s[64:67], 0 offen offset:16 lds",
                       size);
  };
  using M = const Memory &;
  const MemoryCase cases[] = {
      {code("ubyte"), copy(4, 4, 516, [](M m, u32 a) { return u32{getAt<std::uint8_t>(m, a)}; })},
      {code("sbyte"),
       copy(4, 4, 516, [](M m, u32 a) { return static_cast<u32>(getAt<std::int8_t>(m, a)); })},
      {code("ushort"), copy(4, 4, 516, [](M m, u32 a) { return u32{getAt<std::uint16_t>(m, a)}; })},
      {code("sshort"),
       copy(4, 4, 516, [](M m, u32 a) { return static_cast<u32>(getAt<std::int16_t>(m, a)); })},
      {code("dword"), copy(4, 4, 516, {})},
      {code("dwordx3"), copy(12, 16, 516, {})},
      {code("dwordx4"), copy(16, 16, 516, {})},
  };
  MemoryTable t{.rows = edgeWords(64 * 8, 8), .image = edgeBytes(2048, 9)};
  for (u32 l = 0; l < 64; ++l)
    t.rows[l * 8] = (l * 37 + 11) % 64 * 10;
  const u64 masks[] = {0x7fffffffffffffff, 0x4000f00ff0a50001, 0};
  expectCases(cases, {.lds_bytes = 2064, .lds_image = true}, {&t, 1}, masks);
}

// --- formats

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

TEST(Buffers, FormatLoadsConvertEveryFormat) {
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
          cases.push_back({descriptor(0, 900, selects | number << 12 | f.number << 15) +
                               fmt::format("buffer_load_format_{}{} {}, v4, s[64:67], 0 offen",
                                           d16 ? "d16_" : "", componentsName(components), to),
                           formatLoad(f, number, components, d16, false, 900, selects)});
        }
  for (u32 number : {kUnorm, kSint, kFloat})
    cases.push_back({descriptor(0, 900, kIdentity | number << 12 | 12 << 15) +
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

TEST(Buffers, FormatStoresConvertToEveryFormat) {
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
          MemoryCase c = {descriptor(0, 1000, kIdentity | number << 12 | f.number << 15) +
                              fmt::format("buffer_store_format_{}{} {}, v4, s[64:67], 0 offen",
                                          d16 ? "d16_" : "", componentsName(components), from),
                          formatStore(f, components, d16, false, 1000, want)};
          (integer ? (d16 ? packed_cases : integer_cases)
           : d16   ? half_cases
                   : float_cases)
              .push_back(c);
        }
  half_cases.push_back({descriptor(0, 1000, kIdentity | kFloat << 12 | 4 << 15) +
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

TEST(Buffers, FormatsThatAreLeftOutStopWithTheirName) {
  const std::string codes[] = {
      descriptor(0, 900, kIdentity | 7 << 12 | 6 << 15) +
          "buffer_load_format_x v32, v4, s[64:67], 0 offen",
      descriptor(0, 900, kIdentity | 7 << 12 | 1 << 15) +
          "buffer_load_format_x v32, v4, s[64:67], 0 offen",
      descriptor(0, 900, kIdentity | 2 << 12 | 1 << 15) +
          "buffer_store_format_x v6, v4, s[64:67], 0 offen",
      descriptor(0, 900, 5 | 4 << 12 | 1 << 15) + "buffer_store_format_x v6, v4, s[64:67], 0 offen",
      descriptor(0, 900, kIdentity | 4 << 12 | 1 << 15) +
          "v_mov_b32_e32 v6, 0x100\n buffer_store_format_x v6, v4, s[64:67], 0 offen",
      descriptor(0, 900, kIdentity | 4 << 12 | 4 << 15) +
          "buffer_load_format_d16_x v32, v4, s[64:67], 0 offen",
      ".long 0xe0011000, 0x80100004", // buffer_load_format_x … offen lds
      descriptor(0, 900, kIdentity) + "buffer_load_format_xy v[32:33], v4, s[64:67], 0 offen\n"
                                      "buffer_store_format_x v6, v4, s[64:67], 0 offen",
  };
  MemorySnippets snippets(codes, {});
  MemoryTable t = tables()[0];
  putAt<u32>(t.image, t.rows[0], 0x12345678);
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
