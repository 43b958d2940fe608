// Scalar memory, against CDNA4 ISA chapter 8 and 12.6. Atomics are in atomics_test.cpp.
#include "tests/runtime/emulator/memory_snippets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

MemoryTable table() {
  return {.rows = edgeWords(64 * 8, 3), .image = edgeBytes(1024, 7)};
}

std::string show(int registers) {
  std::string text = "\n s_waitcnt lgkmcnt(0)\n";
  for (int r = 0; r < registers; ++r)
    text += fmt::format("v_mov_b32_e32 v{}, s{}\n", 32 + r, 20 + r);
  return text;
}

struct Load {
  std::string code;
  int dwords;
  std::size_t at;                     // in the image
  std::size_t size = ~std::size_t{0}; // of the buffer
};

TEST(ScalarMemory, LoadsOfEveryWidthWithEveryOffset) {
  const std::vector<Load> loads = {
      {"s_load_dword s20, s[64:65], 0x10", 1, 16},
      {"s_load_dwordx2 s[20:21], s[64:65], 0x3f8", 2, 1016},
      {"s_load_dwordx4 s[20:23], s[64:65], 0x20", 4, 32},
      {"s_load_dwordx8 s[20:27], s[64:65], 0x24", 8, 36},
      {"s_load_dwordx16 s[20:35], s[64:65], 0x40", 16, 64},
      {"s_movk_i32 s40, 0x80\n s_load_dword s20, s[64:65], s40", 1, 128},
      {"s_movk_i32 m0, 0x84\n s_load_dwordx2 s[20:21], s[64:65], m0", 2, 132},
      {"s_movk_i32 s40, 0x80\n s_load_dwordx4 s[20:23], s[64:65], s40 offset:0x14", 4, 148},
      {"s_movk_i32 s40, 0x80\n s_load_dword s20, s[64:65], s40 offset:-0x14", 1, 108},
      {"s_add_u32 s42, s64, 0x100\n s_addc_u32 s43, s65, 0\n s_load_dword s20, s[42:43], -0x8", 1,
       248},
      // the two low bits of each part are ignored
      {"s_or_b32 s64, s64, 3\n s_movk_i32 s40, 0x43\n s_load_dword s20, s[64:65], s40 offset:0x3",
       1, 64},
      {"s_buffer_load_dword s20, s[64:67], 0x30", 1, 48},
      {"s_buffer_load_dwordx2 s[20:21], s[64:67], 0x3fc", 2, 1020, 1024},
      {"s_movk_i32 s66, 0x24\n s_buffer_load_dwordx4 s[20:23], s[64:67], 0x20", 4, 32, 36},
      {"s_movk_i32 s66, 0x30\n s_buffer_load_dwordx8 s[20:27], s[64:67], 0x1c", 8, 28, 48},
      {"s_movk_i32 s66, 0x40\n s_movk_i32 s40, 0x40\n s_buffer_load_dwordx2 s[20:21], s[64:67], "
       "s40",
       2, 64, 64},
      // with a stride NUM_RECORDS counts in units of it
      {"s_or_b32 s65, s65, 0x180000\n s_movk_i32 s66, 3\n"
       "s_buffer_load_dwordx16 s[20:35], s[64:67], 0x8",
       16, 8, 72},
      // the scalar offset of S_SCRATCH counts 64 bytes
      {"s_movk_i32 s40, 3\n s_scratch_load_dword s20, s[64:65], s40", 1, 192},
      {"s_scratch_load_dwordx2 s[20:21], s[64:65], 0x18", 2, 24},
      {"s_movk_i32 s40, 2\n s_scratch_load_dwordx4 s[20:23], s[64:65], s40 offset:0x10", 4, 144},
  };
  std::vector<std::string> codes;
  for (const Load &l : loads)
    codes.push_back(l.code + show(l.dwords));
  MemorySnippets snippets(codes, {.output_dwords = 16});
  MemoryTable t = table();
  for (std::size_t n = 0; n < loads.size(); ++n) {
    MemoryResult got = snippets.run(n, t);
    ASSERT_EQ(got.error, "") << codes[n];
    EXPECT_EQ(got.image, t.image);
    for (std::size_t o = 0; o < 16 * 64; ++o) {
      std::size_t d = o % 16, at = loads[n].at + 4 * d;
      u32 want = d >= static_cast<std::size_t>(loads[n].dwords) ? kNoResult
                 : at + 4 <= loads[n].size                      ? getAt<u32>(t.image, at)
                                                                : 0;
      ASSERT_EQ(got.outputs[o], want) << codes[n] << " register " << d;
    }
  }
}

struct Store {
  std::string code;
  std::size_t bytes, at;
};

TEST(ScalarMemory, StoresOfEveryWidthWithEveryOffset) {
  const std::vector<Store> stores = {
      {"s_store_dword s20, s[64:65], 0x10", 4, 16},
      {"s_store_dwordx2 s[20:21], s[64:65], 0x3f8", 8, 1016},
      {"s_movk_i32 m0, 0x44\n s_store_dwordx4 s[20:23], s[64:65], m0", 16, 68},
      {"s_movk_i32 m0, 0x43\n s_store_dword s20, s[64:65], m0 offset:0x12", 4, 80},
      {"s_buffer_store_dword s20, s[64:67], 0x3fc", 4, 1020},
      {"s_movk_i32 s66, 0x24\n s_buffer_store_dwordx2 s[20:21], s[64:67], 0x20", 4, 32},
      {"s_movk_i32 s66, 0x2e\n s_buffer_store_dwordx4 s[20:23], s[64:67], 0x20", 12, 32},
      {"s_movk_i32 s66, 0x20\n s_buffer_store_dwordx4 s[20:23], s[64:67], 0x20", 0, 32},
      {"s_movk_i32 m0, 5\n s_scratch_store_dword s20, s[64:65], m0", 4, 320},
      {"s_scratch_store_dwordx2 s[20:21], s[64:65], 0x8", 8, 8},
      {"s_movk_i32 m0, 1\n s_scratch_store_dwordx4 s[20:23], s[64:65], m0", 16, 64},
  };
  std::vector<std::string> codes;
  for (const Store &s : stores)
    codes.push_back("s_load_dwordx4 s[20:23], s[6:7], 0x10\n s_waitcnt lgkmcnt(0)\n"
                    "s_mov_b64 exec, 0\n" + // means nothing here
                    s.code +
                    "\n s_dcache_wb");
  MemorySnippets snippets(codes, {.output_dwords = 1});
  MemoryTable t = table();
  for (std::size_t n = 0; n < stores.size(); ++n) {
    MemoryResult got = snippets.run(n, t);
    ASSERT_EQ(got.error, "") << codes[n];
    std::vector<std::byte> image = t.image;
    std::memcpy(image.data() + stores[n].at, t.rows.data(), stores[n].bytes);
    ASSERT_EQ(got.image, image) << codes[n];
  }
}

TEST(ScalarMemory, ClocksAdvanceAndCacheControlIsAccepted) {
  const std::string codes[] = {
      "s_memtime s[20:21]\n s_waitcnt lgkmcnt(0)\n s_nop 0\n s_memtime s[22:23]\n"
      "s_waitcnt lgkmcnt(0)\n v_mov_b32_e32 v32, s20\n v_mov_b32_e32 v33, s22\n"
      "s_memrealtime s[24:25]\n s_waitcnt lgkmcnt(0)\n v_mov_b32_e32 v34, s24\n"
      "v_mov_b32_e32 v35, s21",
      "s_dcache_inv\n s_dcache_wb\n s_dcache_inv_vol\n s_dcache_wb_vol\n"
      "s_atc_probe 1, s[64:65], 0x10\n s_atc_probe_buffer 1, s[64:67], 0x10",
  };
  MemorySnippets snippets(codes, {});
  MemoryResult got = snippets.run(0, table());
  ASSERT_EQ(got.error, "");
  for (std::size_t l = 0; l < 64; ++l) {
    EXPECT_LT(got.outputs[l * 4], got.outputs[l * 4 + 1]);
    EXPECT_LT(got.outputs[l * 4 + 1], got.outputs[l * 4 + 2]);
    EXPECT_EQ(got.outputs[l * 4 + 3], 0u);
  }
  EXPECT_EQ(snippets.run(1, table()).error, "");
}

TEST(ScalarMemory, Findings) {
  const std::string codes[] = {
      "s_load_dword s20, s[64:65], 0x10\n v_mov_b32_e32 v32, s20",
      "s_load_dword s20, s[64:65], 0x10\n s_waitcnt lgkmcnt(1)\n v_mov_b32_e32 v32, s20",
      "s_load_dwordx2 s[20:21], s[64:65], 0x3f8\n s_waitcnt lgkmcnt(0)\n v_mov_b32_e32 v32, s20",
      "s_load_dwordx2 s[20:21], s[64:65], 0x3f8\n s_waitcnt lgkmcnt(0)\n v_mov_b32_e32 v32, s21",
      "s_load_dword s20, s[64:65], -0x8",
      "s_load_dwordx2 s[20:21], s[64:65], 0x3fc",
      "s_movk_i32 s20, 1\n s_store_dword s20, s[64:65], 0x400",
      "s_store_dword s20, s[64:65], 0x10",
      "s_dcache_discard s[64:65], 0x10",
      "s_dcache_discard_x2 s[64:65], 0x10",
      "s_load_dword vcc_lo, s[64:65], 0x10\n s_waitcnt lgkmcnt(0)\n v_mov_b32_e32 v32, vcc_lo",
      ".long 0xc0021f20, 0x00000010", // s_load_dword m0
      // a store may finish after an LDS operation that is older: the count does not cover that
      "ds_write_b32 v1, v6\n ds_read_b32 v32, v1\n s_store_dword s64, s[64:65], 0x10\n"
      "s_waitcnt lgkmcnt(1)\n v_mov_b32_e32 v33, v32",
  };
  MemorySnippets snippets(codes, {.output_dwords = 1, .lds_bytes = 256});
  MemoryTable t = table();
  t.written = 1020;
  EXPECT_THAT(snippets.run(0, t).error, HasSubstr("s20 awaits"));
  EXPECT_THAT(snippets.run(1, t).error, HasSubstr("s20 awaits"));
  EXPECT_EQ(snippets.run(2, t).error, "");
  EXPECT_THAT(snippets.run(3, t).error, HasSubstr("s21 has bits that were never defined"));
  EXPECT_THAT(snippets.run(4, t).error, HasSubstr("before the 1024-byte allocation"));
  EXPECT_THAT(snippets.run(5, t).error, HasSubstr("past the end of the 1024-byte allocation"));
  EXPECT_THAT(snippets.run(6, t).error, HasSubstr("past the end of the 1024-byte allocation"));
  EXPECT_THAT(snippets.run(7, t).error, HasSubstr("s20 was never written"));
  EXPECT_THAT(snippets.run(8, t).error, HasSubstr("s_dcache_discard is not emulated"));
  EXPECT_THAT(snippets.run(9, t).error, HasSubstr("s_dcache_discard_x2 is not emulated"));
  EXPECT_EQ(snippets.run(10, t).error, "");
  EXPECT_THAT(snippets.run(11, t).error, HasSubstr("is not an instruction"));
  EXPECT_THAT(snippets.run(12, t).error, HasSubstr("v32 awaits"));
}

} // namespace
} // namespace gemmsmith::emulator
