// MUBUF: addressing, range checks, sizes and copies to LDS, against CDNA4 ISA 9.1. Formats are in
// buffer_format_test.cpp.
#include "tests/runtime/emulator/memory_snippets.h"

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

Where records(u32 stride, u32 count, u32 inst_offset, bool offen) {
  return [=](Row row, u32, u32 k) -> std::optional<std::size_t> {
    if (row[0] >= count)
      return std::nullopt;
    return row[0] * stride + (offen ? row[1] : 0) + inst_offset + k;
  };
}

TEST(Buffers, StructuredOnesCheckTheIndex) {
  const MemoryCase cases[] = {
      {bufferOver(20 << 16, 40) + "buffer_load_dwordx4 v[32:35], v4, s[64:67], 0 idxen offset:4",
       dwords(4, records(20, 40, 4, false))},
      {bufferOver(20 << 16, 40) + "buffer_load_dword v32, v[4:5], s[64:67], 0 idxen offen offset:8",
       dwords(1, records(20, 40, 8, true))},
      {bufferOver(20 << 16, 40) + "buffer_load_sbyte v32, v[4:5], s[64:67], 0 idxen offen",
       narrow<std::int8_t>(records(20, 40, 0, true))},
      {bufferOver(20 << 16, 40) + "buffer_store_dwordx3 v[6:8], v4, s[64:67], 0 idxen offset:4",
       storeDwords(3, records(20, 40, 4, false))},
      // without IDXEN the stride means nothing and the range is in bytes
      {bufferOver(20 << 16, 40) + "buffer_load_dwordx2 v[32:33], v4, s[64:67], 0 offen",
       dwords(2, raw(40, 0))},
      // cache swizzle does not change addresses
      {bufferOver(1u << 30 | 20 << 16, 40) + "buffer_load_dword v32, v4, s[64:67], 0 idxen",
       dwords(1, records(20, 40, 0, false))},
      // without a stride the range is in bytes
      {bufferOver(0, 40) +
           "buffer_load_dwordx2 v[32:33], v[4:5], s[64:67], 0 idxen offen offset:36",
       dwords(2,
              [](Row row, u32, u32 k) -> std::optional<std::size_t> {
                if (row[1] + 36 + k >= 40)
                  return std::nullopt;
                return row[1] + 36 + k;
              })},
      {bufferOver(4 << 16, 50) + "buffer_atomic_add v6, v4, s[64:67], 0 idxen",
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
    cases.push_back({bufferOver(kSwizzle | 20 << 16, 50, 0x27000 | code << 21) +
                         "buffer_load_dword v32, v[4:5], s[64:67], 0 idxen offen offset:4",
                     dwords(1, swizzle(20, 8u << code, 50, 4))});
  cases.push_back({bufferOver(kSwizzle | 20 << 16, 50) +
                       "buffer_store_dword v6, v[4:5], s[64:67], 0 idxen offen",
                   storeDwords(1, swizzle(20, 8, 50, 0))});
  cases.push_back({bufferOver(kSwizzle | 20 << 16, 50) +
                       "buffer_load_ushort v32, v[4:5], s[64:67], 0 idxen offen offset:2",
                   narrow<std::uint16_t>(swizzle(20, 8, 50, 2))});
  // private buffers, as GPUs have them for scratch: no range; the stride's upper bits take the
  // place of the data format
  cases.push_back(
      {bufferOver(20 << 16, 0, kAddTid) + "buffer_load_dword v32, v5, s[64:67], 0 offen offset:4",
       dwords(1, thread(20, 0, 4))});
  cases.push_back({bufferOver(kSwizzle | 20 << 16, 0, kAddTid | 3u << 21) +
                       "buffer_store_dword v6, v5, s[64:67], 0 offen",
                   storeDwords(1, thread(20, 64, 0))});
  cases.push_back({bufferOver(kSwizzle | 20 << 16, 0, kAddTid | 1u << 21) +
                       "buffer_load_ubyte v32, v5, s[64:67], 0 offen offset:3",
                   narrow<std::uint8_t>(thread(20, 16, 3))});
  // one lane, with a stride of 2^14 + 4
  cases.push_back({"s_mov_b64 exec, 1\n" + bufferOver(4 << 16, 0, kAddTid | 1 << 15) +
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
  const std::string far[] = {"s_mov_b64 exec, 2\n" + bufferOver(4 << 16, 0, kAddTid | 1 << 15) +
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
      bufferOver(0, 1000, 0) + "buffer_load_dwordx2 v[32:33], v4, s[64:67], 0 offen\n"
                               "buffer_store_dword v6, v4, s[64:67], 0 offen",
      bufferOver(0, 1000, 0xc0027000) + "buffer_load_dword v32, v4, s[64:67], 0 offen",
      bufferOver(1u << 31 | 20 << 16, 50) + "buffer_load_dwordx2 v[32:33], v4, s[64:67], 0 idxen",
      bufferOver(1u << 31 | 20 << 16, 50) +
          "v_mov_b32_e32 v5, 2\n"
          "buffer_load_dword v32, v[4:5], s[64:67], 0 idxen offen",
      bufferOver(1u << 31 | 18 << 16, 50) + "buffer_load_dword v32, v4, s[64:67], 0 idxen",
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
  EXPECT_THAT(snippets.run(5, t[0]).error, HasSubstr("is not an instruction"));
  EXPECT_THAT(snippets.run(6, t[0]).error, HasSubstr("is not an instruction"));
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

} // namespace
} // namespace gemmsmith::emulator
