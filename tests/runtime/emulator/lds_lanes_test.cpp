// Permutations of lanes through LDS, against the pseudocode of CDNA4 ISA 12.12.
#include "tests/runtime/emulator/memory_snippets.h"

#include <bit>
#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

const std::array<u64, 4> kMasks = {~u64{0}, 0xaaaaaaaaaaaaaaaa, 0x8000f00ff0a50001, 0};

MemoryTable table(unsigned seed) {
  MemoryTable t{.rows = edgeWords(64 * 8, seed), .image = std::vector<std::byte>(4)};
  return t;
}

// Runs `code` under each mask; `expected(exec, rows, result)` fills in the active lanes.
void expectLanes(std::span<const std::string> codes,
                 const std::function<void(std::size_t, u64, const std::vector<u32> &, u32 *)> &f) {
  std::vector<std::string> all;
  for (const std::string &code : codes)
    for (u64 exec : kMasks)
      all.push_back(fmt::format("s_mov_b32 exec_lo, {:#x}\n s_mov_b32 exec_hi, {:#x}\n{}",
                                static_cast<u32>(exec), static_cast<u32>(exec >> 32), code));
  MemorySnippets snippets(all, {.output_dwords = 1});
  for (std::size_t n = 0; n < all.size(); ++n) {
    MemoryTable t = table(static_cast<unsigned>(n));
    MemoryResult got = snippets.run(n, t);
    ASSERT_EQ(got.error, "") << all[n];
    u64 exec = kMasks[n % kMasks.size()];
    std::vector<u32> result(64);
    f(n / kMasks.size(), exec, t.rows, result.data());
    for (std::size_t l = 0; l < 64; ++l)
      ASSERT_EQ(got.outputs[l], exec >> l & 1 ? result[l] : kNoResult) << all[n] << " lane " << l;
  }
}

TEST(LdsLanes, SwizzleInEveryMode) {
  std::vector<u32> patterns = {0xe000, 0xe010, 0xe01f, 0xe005, 0xffff, 0xc020, 0xc420, 0xc021,
                               0xc421, 0xc3e0, 0xc7e7, 0xdbff, 0x8000, 0x80e4, 0x801b, 0xbfff,
                               0x8072, 0x041f, 0x7c1f, 0x001f, 0x0010, 0x03e0, 0x7fff, 0x14a5};
  std::vector<std::string> codes;
  for (u32 p : patterns)
    codes.push_back(fmt::format("ds_swizzle_b32 v32, v6 offset:{:#x}", p));
  expectLanes(codes, [&](std::size_t n, u64 exec, const std::vector<u32> &rows, u32 *result) {
    u32 offset = patterns[n];
    for (u32 i = 0; i < 64; ++i) {
      u32 j;
      if (offset >= 0xe000) {
        u32 mask = offset & 0x1f, reversed = 0;
        for (u32 b = 0; b < 5; ++b)
          reversed |= (i >> b & 1) << (4 - b);
        j = reversed >> std::popcount(mask);
        j |= i & mask;
        j |= i & 0x20;
      } else if (offset >= 0xc000) {
        u32 rotate = offset >> 5 & 0x1f, mask = offset & 0x1f;
        if (offset >> 10 & 1)
          rotate = 0 - rotate;
        j = (i & mask) | ((i + rotate) & ~mask & 0x1f);
        j = (j & 0x1f) | (i & 0x20);
      } else if (offset >> 15) {
        u32 in_four[] = {offset & 3, offset >> 2 & 3, offset >> 4 & 3, offset >> 6 & 3};
        j = i / 4 * 4 + in_four[i % 4];
      } else {
        j = (((i & 0x1f) & offset) | (offset >> 5 & 0x1f)) ^ (offset >> 10 & 0x1f);
        j &= 0x1f;
        j |= i & 0x20;
      }
      result[i] = exec >> j & 1 ? rows[j * 8 + 2] : 0;
    }
  });
}

// The manual's own examples of the modes, on the values 1 to 32.
TEST(LdsLanes, SwizzleExamplesOfTheManual) {
  const std::string codes[] = {
      "v_add_u32_e32 v6, 1, v0\n ds_swizzle_b32 v32, v6 offset:0xe000",
      "v_add_u32_e32 v6, 1, v0\n ds_swizzle_b32 v32, v6 offset:0xe010",
      "v_add_u32_e32 v6, 1, v0\n ds_swizzle_b32 v32, v6 offset:0xc021",
      "v_add_u32_e32 v6, 1, v0\n ds_swizzle_b32 v32, v6 offset:0xc421",
  };
  const std::vector<u32> expected[] = {
      {1, 0x11, 9,   0x19, 5, 0x15, 0xd, 0x1d, 3, 0x13, 0xb, 0x1b, 7, 0x17, 0xf,  0x1f,
       2, 0x12, 0xa, 0x1a, 6, 0x16, 0xe, 0x1e, 4, 0x14, 0xc, 0x1c, 8, 0x18, 0x10, 0x20},
      {1,    9,    5,    0xd,  3,    0xb,  7,    0xf,  2,    0xa,  6,
       0xe,  4,    0xc,  8,    0x10, 0x11, 0x19, 0x15, 0x1d, 0x13, 0x1b,
       0x17, 0x1f, 0x12, 0x1a, 0x16, 0x1e, 0x14, 0x1c, 0x18, 0x20},
      {1,    4,    3,    6,    5,    8,    7,    0xa,  9,    0xc,  0xb,
       0xe,  0xd,  0x10, 0xf,  0x12, 0x11, 0x14, 0x13, 0x16, 0x15, 0x18,
       0x17, 0x1a, 0x19, 0x1c, 0x1b, 0x1e, 0x1d, 0x20, 0x1f, 2},
      {0x1f, 2,    1,    4,    3,    6,    5,    8,    7,    0xa,  9,
       0xc,  0xb,  0xe,  0xd,  0x10, 0xf,  0x12, 0x11, 0x14, 0x13, 0x16,
       0x15, 0x18, 0x17, 0x1a, 0x19, 0x1c, 0x1b, 0x1e, 0x1d, 0x20},
  };
  MemorySnippets snippets(codes, {.output_dwords = 1});
  for (std::size_t n = 0; n < 4; ++n) {
    MemoryResult got = snippets.run(n, table(1));
    ASSERT_EQ(got.error, "");
    for (std::size_t l = 0; l < 64; ++l)
      ASSERT_EQ(got.outputs[l], expected[n][l % 32] + l / 32 * 32) << codes[n] << " lane " << l;
  }
}

TEST(LdsLanes, ForwardAndBackwardPermutations) {
  const std::string codes[] = {
      "ds_bpermute_b32 v32, v4, v6",
      "ds_bpermute_b32 v32, v4, v6 offset:20",
      "ds_permute_b32 v32, v4, v6",
      "ds_permute_b32 v32, v4, v6 offset:252",
  };
  const u32 offsets[] = {0, 20, 0, 252};
  expectLanes(codes, [&](std::size_t n, u64 exec, const std::vector<u32> &rows, u32 *result) {
    for (u32 i = 0; i < 64; ++i) {
      u32 other = (rows[i * 8] + offsets[n]) / 4 % 64; // any bits above, any remainder
      if (n < 2)
        result[i] = exec >> other & 1 ? rows[other * 8 + 2] : 0;
      else if (exec >> i & 1)
        result[other] = rows[i * 8 + 2]; // of several sources the highest wins
    }
  });
}

TEST(LdsLanes, ResultsCountOnLgkmcntAndNeedNoLds) {
  const std::string codes[] = {
      "ds_bpermute_b32 v32, v1, v6\n v_mov_b32_e32 v33, v32",
      "ds_swizzle_b32 v32, v6 offset:0x041f\n v_mov_b32_e32 v33, v32",
      "ds_permute_b32 v32, v1, v6\n ds_nop\n s_waitcnt lgkmcnt(1)\n v_mov_b32_e32 v33, v32",
      "ds_permute_b32 v32, v1, v6\n s_waitcnt lgkmcnt(1)\n v_mov_b32_e32 v33, v32",
  };
  MemorySnippets snippets(codes, {});
  EXPECT_THAT(snippets.run(0, table(1)).error, testing::HasSubstr("v32 awaits"));
  EXPECT_THAT(snippets.run(1, table(1)).error, testing::HasSubstr("v32 awaits"));
  EXPECT_EQ(snippets.run(2, table(1)).error, "");
  EXPECT_THAT(snippets.run(3, table(1)).error, testing::HasSubstr("v32 awaits"));
}

} // namespace
} // namespace gemmsmith::emulator
