// The fuzz target's promises on a fixed set of damaged inputs.
#include "tests/configs/feed_bytes.h"
#include "tests/configs/table_text.h"

#include <array>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace gemmsmith {
namespace {

const std::array<std::string, 5> kNames{
    "gemm_gfx950_bf16_f32_ring_t16x64x128_s7_w1x1x2_splitk_gm4_bias_casc0_cbnt_wpe2_elem",
    "flydsl_gemm7_abf16_wbf16_bf16_t16x64x128_split_k4_block_m_warp1_block_n_warp1_block_k_warp2_"
    "async_copyTrue_b_to_ldsTrue_b_preshuffleFalse_c_to_ldsFalse_small_m_nr1_wpe2_gfx950",
    "flydsl_hgemm_abf16_wbf16_fp32_t256x256x64x2_ks1_w2x4x1_bias0_ktail0_gm4_phti_gfx950",
    "_ZN5aiter39bf16gemm_fp32bf16_tn_96x64_splitk_cleanE",
    "opus_gemm_flatmm_splitk_256x96x64x64_2x1_16x16x32_0x0x0_wgpcu2_nooob_4g_safe_cA1cB17"};

std::string smallTable() {
  std::string text = kTunedHeader;
  for (const auto &[libtype, name] : {std::pair{"gemmsmith", kNames[0]},
                                      {"flydsl", kNames[1]},
                                      {"asm", kNames[3]},
                                      {"opus", kNames[4]},
                                      {"torch", std::string("native")}})
    text += "gfx950,256,16,64,4096,False,torch.bfloat16,torch.bfloat16,False,False," +
            std::string(libtype) + ",2,2,12.5," + name + ",0.0,1.0,2.0\n";
  return text;
}

// Some bytes overwritten, inserted, removed or repeated, preferring those that mean something.
std::string damaged(std::string text, std::mt19937 &random) {
  const std::string bytes = "0129,\"\n\r_x- \t\0\xff"
                            "9999999999";
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t i = 1 + below(4); i > 0; --i) {
    const std::size_t at = below(text.size());
    const char byte = bytes[below(bytes.size())];
    switch (below(5)) {
    case 0:
      if (!text.empty())
        text[at] = byte;
      break;
    case 1:
      text.insert(at, 1, byte);
      break;
    case 2:
      text.erase(at, 1 + below(8));
      break;
    case 3:
      text.insert(at, text.substr(below(text.size()), below(40)));
      break;
    case 4:
      text.resize(at);
      break;
    }
  }
  return text;
}

TEST(DamagedInput, NamesAreReadOrRefused) {
  std::mt19937 random(1);
  for (const std::string &name : kNames) {
    feedNames(name);
    for (int i = 0; i < 20000; ++i)
      feedNames(damaged(name, random));
  }
}

TEST(DamagedInput, TablesAreReadOrRefused) {
  std::mt19937 random(2);
  const std::string table = smallTable();
  feedTable(table);
  for (int i = 0; i < 5000; ++i)
    feedTable(damaged(table, random));
}

TEST(DamagedInput, RandomBytesAreReadOrRefused) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char &byte : bytes)
      byte = static_cast<char>(random());
    feedNames(bytes);
    feedTable(bytes);
  }
}

TEST(DamagedInput, EveryTruncationOfATableIsReadOrRefused) {
  const std::string table = smallTable();
  for (std::size_t size = 0; size <= table.size(); ++size)
    feedTable(std::string_view(table).substr(0, size));
}

} // namespace
} // namespace gemmsmith
