// LDS loads and stores, against the definitions of CDNA4 ISA 11.3, 11.4 and 12.12.
#include "tests/runtime/emulator/memory_snippets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

// v4 is a byte address below 2048 - 64, at any alignment; v[6:9] are data.
std::vector<MemoryTable> tables() {
  std::vector<MemoryTable> result;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    MemoryTable t{.rows = edgeWords(64 * 8, seed + 40), .image = edgeBytes(2048, seed + 140)};
    std::mt19937 random(seed);
    for (u32 l = 0; l < 64; ++l) // 31 bytes each, so that stores of 16 bytes never meet
      t.rows[l * 8] = l * 31 + static_cast<u32>(random() % 16);
    result.push_back(std::move(t));
  }
  return result;
}

template <typename T> u32 low16(T v) {
  return static_cast<u32>(v) & 0xffff;
}

TEST(LdsAccess, LoadsOfEveryWidthAtAnyAlignment) {
  auto narrow = [](auto convert, u32 offset) {
    return [=](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32> out, int) {
      out[0] = convert(m, row[0] + offset);
    };
  };
  auto wide = [](std::size_t bytes, u32 offset) {
    return [=](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32> out, int) {
      std::memcpy(out.data(), m.data() + row[0] + offset, bytes);
    };
  };
  using M = const std::vector<std::byte> &;
  const MemoryCase cases[] = {
      {"ds_read_b32 v32, v4", wide(4, 0)},
      {"ds_read_b64 v[32:33], v4 offset:7", wide(8, 7)},
      {"ds_read_b96 v[32:34], v4 offset:4", wide(12, 4)},
      {"ds_read_b128 v[32:35], v4", wide(16, 0)},
      {"ds_read_b128 v[32:35], v4 offset:48", wide(16, 48)},
      {"ds_read_u8 v32, v4 offset:3",
       narrow([](M m, u32 a) { return u32{getAt<std::uint8_t>(m, a)}; }, 3)},
      {"ds_read_i8 v32, v4",
       narrow([](M m, u32 a) { return static_cast<u32>(getAt<std::int8_t>(m, a)); }, 0)},
      {"ds_read_u16 v32, v4 offset:1",
       narrow([](M m, u32 a) { return u32{getAt<std::uint16_t>(m, a)}; }, 1)},
      {"ds_read_i16 v32, v4",
       narrow([](M m, u32 a) { return static_cast<u32>(getAt<std::int16_t>(m, a)); }, 0)},
      {"ds_read_u8_d16 v32, v4",
       narrow([](M m, u32 a) { return u32{getAt<std::uint8_t>(m, a)}; }, 0)},
      {"ds_read_u8_d16_hi v32, v4",
       narrow([](M m, u32 a) { return u32{getAt<std::uint8_t>(m, a)} << 16; }, 0)},
      {"ds_read_i8_d16 v32, v4",
       narrow([](M m, u32 a) { return low16(getAt<std::int8_t>(m, a)); }, 0)},
      {"ds_read_i8_d16_hi v32, v4",
       narrow([](M m, u32 a) { return low16(getAt<std::int8_t>(m, a)) << 16; }, 0)},
      {"ds_read_u16_d16 v32, v4",
       narrow([](M m, u32 a) { return u32{getAt<std::uint16_t>(m, a)}; }, 0)},
      {"ds_read_u16_d16_hi v32, v4",
       narrow([](M m, u32 a) { return u32{getAt<std::uint16_t>(m, a)} << 16; }, 0)},
      // the sum of register and offset wraps at 32 bits
      {"v_subrev_u32_e32 v4, 64, v4\n ds_read_b32 v32, v4 offset:64", wide(4, 0)},
      // the destination may be the address
      {"v_mov_b32_e32 v33, v4\n ds_read_b64 v[32:33], v33", wide(8, 0)},
      {"ds_read_b64 a[2:3], v4\n s_waitcnt lgkmcnt(0)\n v_accvgpr_read_b32 v32, a2\n"
       "v_accvgpr_read_b32 v33, a3",
       wide(8, 0)},
  };
  expectCases(cases, {.lds_image = true}, tables());
}

TEST(LdsAccess, StoresOfEveryWidthAtAnyAlignment) {
  auto store = [](std::size_t bytes, u32 offset, std::size_t from = 0) {
    return [=](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int) {
      std::memcpy(m.data() + row[0] + offset,
                  reinterpret_cast<const std::byte *>(row.data() + 2) + from, bytes);
    };
  };
  const MemoryCase cases[] = {
      {"ds_write_b8 v4, v6", store(1, 0)},
      {"ds_write_b16 v4, v6 offset:1", store(2, 1)},
      {"ds_write_b8_d16_hi v4, v6", store(1, 0, 2)},
      {"ds_write_b16_d16_hi v4, v6 offset:13", store(2, 13, 2)},
      {"ds_write_b32 v4, v6 offset:8", store(4, 8)},
      {"ds_write_b64 v4, v[6:7] offset:3", store(8, 3)},
      {"ds_write_b96 v4, v[6:8]", store(12, 0)},
      {"ds_write_b128 v4, v[6:9]", store(16, 0)},
      {"v_accvgpr_write_b32 a6, v6\n v_accvgpr_write_b32 a7, v7\n s_nop 1\n"
       "ds_write_b64 v4, a[6:7]",
       store(8, 0)},
  };
  expectCases(cases, {.lds_image = true}, tables());
}

template <typename T>
MemoryCase read2(const std::string &name, u32 first, u32 second, std::size_t scale) {
  return {fmt::format("v_lshlrev_b32_e32 v4, 3, v0\n ds_{} v[32:{}], v4 offset0:{} offset1:{}",
                      name, sizeof(T) == 8 ? 35 : 33, first, second),
          [=](std::vector<std::byte> &m, std::span<const u32>, std::span<u32> out, int lane) {
            T value = getAt<T>(m, static_cast<std::size_t>(lane) * 8 + first * scale);
            std::memcpy(out.data(), &value, sizeof value);
            value = getAt<T>(m, static_cast<std::size_t>(lane) * 8 + second * scale);
            std::memcpy(out.data() + sizeof(T) / 4, &value, sizeof value);
          }};
}
template <typename T>
MemoryCase write2(const std::string &name, u32 first, u32 second, std::size_t scale) {
  return {fmt::format("v_lshlrev_b32_e32 v4, 3, v0\n ds_{} v4, {} offset0:{} offset1:{}", name,
                      sizeof(T) == 8 ? "v[6:7], v[8:9]" : "v6, v8", first, second),
          [=](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int lane) {
            T a, b;
            std::memcpy(&a, row.data() + 2, sizeof a);
            std::memcpy(&b, row.data() + 4, sizeof b);
            putAt<T>(m, static_cast<std::size_t>(lane) * 8 + first * scale, a);
            if (second != first) // equal offsets are one access (11.3.1)
              putAt<T>(m, static_cast<std::size_t>(lane) * 8 + second * scale, b);
          }};
}

TEST(LdsAccess, PairsOfLocations) {
  const MemoryCase cases[] = {
      read2<u32>("read2_b32", 0, 1, 4),         read2<u32>("read2_b32", 255, 17, 4),
      read2<u32>("read2_b32", 3, 3, 4),         read2<u32>("read2st64_b32", 0, 5, 256),
      read2<u64>("read2_b64", 1, 0, 8),         read2<u64>("read2_b64", 190, 7, 8),
      read2<u64>("read2st64_b64", 2, 1, 512),   write2<u32>("write2_b32", 0, 1, 4),
      write2<u32>("write2_b32", 255, 128, 4),   write2<u32>("write2_b32", 6, 6, 4),
      write2<u32>("write2st64_b32", 1, 4, 256), write2<u64>("write2_b64", 0, 64, 8),
      write2<u64>("write2_b64", 9, 9, 8),       write2<u64>("write2st64_b64", 2, 1, 512),
  };
  expectCases(cases, {.lds_image = true}, tables());
}

TEST(LdsAccess, AddressesFromM0AndTheLane) {
  const MemoryCase cases[] = {
      {"s_mov_b32 m0, 0x70004\n s_nop 0\n ds_read_addtid_b32 v32 offset:256", // 16 bits of M0
       [](std::vector<std::byte> &m, std::span<const u32>, std::span<u32> out, int lane) {
         out[0] = getAt<u32>(m, 260 + static_cast<std::size_t>(lane) * 4);
       }},
      {"s_movk_i32 m0, 0x10\n s_nop 0\n ds_write_addtid_b32 v6 offset:1024",
       [](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int lane) {
         putAt<u32>(m, 1040 + static_cast<std::size_t>(lane) * 4, row[2]);
       }},
  };
  expectCases(cases, {.lds_image = true}, tables());
}

// --- the transposing reads, on matrices that tell every element

u64 bitsAt(const std::vector<std::byte> &bytes, std::size_t bit, std::size_t count) {
  u64 value = 0;
  for (std::size_t b = 0; b < count; ++b)
    value |= u64{static_cast<unsigned>(bytes[(bit + b) / 8]) >> (bit + b) % 8 & 1} << b;
  return value;
}

// The four groups of 16 lanes read matrices of `rows` rows of 16 elements, row by row in pieces of
// one lane's size; lane m of a group gets column m.
void expectTranspose(const std::string &name, std::size_t bits, std::size_t rows,
                     std::size_t lane_bytes, std::size_t pitch) {
  std::size_t pieces = 16 * bits / 8 / lane_bytes; // lanes per row
  SCOPED_TRACE(name);
  MemoryTable t{.rows = std::vector<u32>(64 * 8), .image = edgeBytes(2048, 5)};
  std::mt19937 random(9);
  for (std::size_t b = 0; b < 1024; ++b)
    t.image[b] = static_cast<std::byte>(random());
  // Where each group's matrix starts, and each row of it: in no particular order.
  std::vector<std::size_t> places(4 * rows);
  for (std::size_t p = 0; p < places.size(); ++p)
    places[p] = p * pitch;
  std::shuffle(places.begin(), places.end(), random);
  for (std::size_t l = 0; l < 64; ++l) {
    std::size_t group = l / 16, row = l % 16 / pieces, piece = l % pieces;
    t.rows[l * 8] = static_cast<u32>(places[group * rows + row] + piece * lane_bytes);
  }
  std::size_t registers = lane_bytes / 4;
  const std::string codes[] = {
      fmt::format("v_subrev_u32_e32 v4, 16, v4\n ds_{} v[32:{}], v4 offset:16", name,
                  31 + registers),
      fmt::format("s_mov_b64 exec, -2\n ds_{} v[32:{}], v4", name, 31 + registers),
      fmt::format("ds_{} v[32:{}], v4 offset:4", name, 31 + registers)};
  MemorySnippets snippets(codes, {.lds_image = true});
  MemoryResult got = snippets.run(0, t);
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.image, t.image);
  for (std::size_t l = 0; l < 64; ++l) {
    std::vector<std::byte> column(16);
    std::memcpy(column.data(), got.outputs.data() + l * 4, 16);
    for (std::size_t row = 0; row < rows; ++row)
      ASSERT_EQ(bitsAt(column, row * bits, bits),
                bitsAt(t.image, places[l / 16 * rows + row] * 8 + l % 16 * bits, bits))
          << "lane " << l << " row " << row;
    for (std::size_t r = registers; r < 4; ++r)
      ASSERT_EQ(got.outputs[l * 4 + r], kNoResult);
  }
  EXPECT_THAT(snippets.run(1, t).error, HasSubstr("EXEC must be all ones"));
  EXPECT_THAT(snippets.run(2, t).error, HasSubstr("is not a multiple of"));
}

TEST(LdsAccess, TransposingReads) {
  expectTranspose("read_b64_tr_b16", 16, 4, 8, 32);
  expectTranspose("read_b64_tr_b8", 8, 8, 8, 16);
  expectTranspose("read_b64_tr_b4", 4, 16, 8, 8);
  expectTranspose("read_b96_tr_b6", 6, 16, 12, 16);
}

// --- findings

TEST(LdsAccess, BoundsUnwrittenBytesAndGws) {
  const std::string codes[] = {
      "ds_read_b128 v[32:35], v1 offset:2032", // lane 1 ends at 2052, past what was written
      "ds_read_b32 v32, v99 offset:44",        // lane 63: 2016 + 44 = 2060
      "ds_read_u8 v32, v0 offset:2048",
      "ds_write_b8 v0, v6 offset:2048\n ds_read_u16 v32, v0 offset:2048",
      "ds_gws_barrier v6 gds",
      "ds_read_b32 v32, v1 offset:1792",
      "ds_read_b32 v32, v1\n v_mov_b32_e32 v33, v32",
      "s_mov_b64 exec, 0\n ds_read_b128 v[32:35], v99 offset:65535\n ds_write_b128 v99, v[6:9] "
      "offset:65535",
  };
  MemorySnippets snippets(codes, {.lds_bytes = 2060, .lds_image = true});
  MemoryTable t = tables()[0];
  EXPECT_THAT(snippets.run(0, t).error, HasSubstr("lane 1"));
  EXPECT_THAT(snippets.run(0, t).error, HasSubstr("2048"));
  EXPECT_THAT(snippets.run(1, t).error, HasSubstr("lane 63"));
  EXPECT_THAT(snippets.run(2, t).error, HasSubstr("nobody has written"));
  EXPECT_THAT(snippets.run(3, t).error, HasSubstr("accesses 1 bytes at LDS byte 2060"));
  EXPECT_THAT(snippets.run(4, t).error, HasSubstr("ds_gws_barrier is not emulated"));
  EXPECT_EQ(snippets.run(5, t).error, "");
  EXPECT_THAT(snippets.run(6, t).error, HasSubstr("v32 awaits"));
  EXPECT_EQ(snippets.run(7, t).error, "");
}

} // namespace
} // namespace gemmsmith::emulator
