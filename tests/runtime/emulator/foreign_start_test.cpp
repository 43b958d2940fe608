// What a kernel finds when it starts, whoever compiled it: SGPRs, hidden arguments, LDS.
#include "runtime/code_object.h"
#include "tests/runtime/emulator/foreign.h"
#include "tests/runtime/emulator/foreign_source.h"

#include <algorithm>
#include <array>
#include <gmock/gmock.h>
#include <numeric>
#include <tuple>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

TEST(ForeignStart, UserAndSystemSgprsComeInTheOrderOfTheDescriptor) {
  ForeignSource source;
  source.code = R"(
  s_trap 2 // where firmware does not preload
  .p2align 8
  s_load_dwordx2 s[16:17], s[4:5], 0x0
  s_load_dwordx2 s[20:21], s[0:1], 40   // the packet's kernel arguments
  s_load_dwordx2 s[22:23], s[2:3], 0x40 // the queue's apertures
  v_lshrrev_b32 v1, 6, v0
  s_nop 0
  v_readfirstlane_b32 s24, v1           // wave
  s_mul_i32 s25, s14, 3                 // grid of 2 x 3 x 2, two waves each
  s_add_u32 s25, s25, s13
  s_lshl_b32 s25, s25, 1
  s_add_u32 s25, s25, s12
  s_lshl_b32 s25, s25, 1
  s_add_u32 s25, s25, s24
  s_mul_i32 s25, s25, 80
  v_mov_b32 v1, s25
  s_waitcnt lgkmcnt(0)
)";
  std::array<int, 20> stored;
  std::iota(stored.begin(), stored.begin() + 16, 0);
  std::iota(stored.begin() + 16, stored.end(), 20);
  for (std::size_t n = 0; n < stored.size(); ++n)
    source.code += fmt::format(
        "  v_mov_b32 v2, s{}\n  global_store_dword v1, v2, s[16:17] offset:{}\n", stored[n], n * 4);
  source.descriptor = R"(
  .amdhsa_user_sgpr_count 12
  .amdhsa_user_sgpr_dispatch_ptr 1
  .amdhsa_user_sgpr_queue_ptr 1
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_user_sgpr_dispatch_id 1
  .amdhsa_user_sgpr_private_segment_size 1
  .amdhsa_user_sgpr_kernarg_preload_length 3
  .amdhsa_user_sgpr_kernarg_preload_offset 1
  .amdhsa_private_segment_fixed_size 90
  .amdhsa_enable_private_segment 1
  .amdhsa_system_sgpr_workgroup_id_x 1
  .amdhsa_system_sgpr_workgroup_id_y 1
  .amdhsa_system_sgpr_workgroup_id_z 1
  .amdhsa_system_sgpr_workgroup_info 1
)";
  source.arguments = "      - { .size: 4, .offset: 8, .value_kind: by_value }\n"
                     "      - { .size: 4, .offset: 12, .value_kind: by_value }\n";
  Harness h;
  h.load(buildForeign(source));
  DevicePointer out = h.empty(12 * 2 * 80);
  ASSERT_EQ(h.launch("test", {2, 3, 2}, {128}, out, 0x11223344u, 0x55667788u), "");
  auto sgprs = h.download<std::array<std::uint32_t, 20>>(out, 24);
  for (unsigned n = 0; n < 24; ++n) {
    const auto &s = sgprs[n];
    EXPECT_EQ((std::array{s[4], s[5]}), (std::array{s[16], s[17]}));
    EXPECT_EQ((std::array{s[6], s[7]}), (std::array{0u, 0u})); // dispatch id
    EXPECT_EQ(s[8], 92u);                                      // 90, in dwords
    EXPECT_EQ(s[9], static_cast<std::uint32_t>(out >> 32));
    EXPECT_EQ(s[10], 0x11223344u);
    EXPECT_EQ(s[11], 0x55667788u);
    EXPECT_EQ((std::array{s[12], s[13], s[14]}),
              (std::array{n / 2 % 2, n / 4 % 3, n / 12})); // workgroup
    EXPECT_EQ(s[15], (n % 2 ? 0u : 0x80000000u) | 2u);     // first of two waves
    EXPECT_NE(s[18], 0u);
    EXPECT_NE(s[19], s[18]);
  }
}

TEST(ForeignStart, WhatTheProcessorDoesNotSupplyIsRefused) {
  auto message = [](std::uint16_t properties) {
    auto bytes = objectFile("basics_matching");
    auto object = parseCodeObject(bytes);
    const Kernel *kernel = object->find("collatz");
    auto offset =
        static_cast<std::size_t>(object->bytesAt(kernel->descriptor_address).data() - bytes.data());
    patch(bytes, offset + 56, properties);
    Harness h;
    h.load(bytes);
    return h.launch("collatz", {1}, {64}, h.empty(256), 64);
  };
  EXPECT_EQ(message(8), ""); // the kernel arguments' address alone
  EXPECT_THAT(message(8 | 1), HasSubstr("private segment buffer"));
  EXPECT_THAT(message(8 | 32), HasSubstr("initial flat scratch"));
  EXPECT_THAT(message(8 | 1024), HasSubstr("wavefront size"));
}

TEST(ForeignStart, EveryHiddenArgumentIsAtItsPlace) {
  struct Hidden {
    const char *kind;
    unsigned size;
    std::uint64_t value;
  };
  constexpr std::uint64_t kAperture = ~0ull, kQueue = ~1ull;
  const Hidden hidden[] = {{"block_count_x", 4, 3},       {"block_count_y", 4, 2},
                           {"block_count_z", 4, 5},       {"group_size_x", 2, 64},
                           {"group_size_y", 2, 1},        {"group_size_z", 2, 1},
                           {"remainder_x", 2, 0},         {"remainder_y", 2, 0},
                           {"remainder_z", 2, 0},         {"global_offset_x", 8, 0},
                           {"global_offset_y", 8, 0},     {"global_offset_z", 8, 0},
                           {"grid_dims", 2, 3},           {"none", 8, 0},
                           {"printf_buffer", 8, 0},       {"hostcall_buffer", 8, 0},
                           {"multigrid_sync_arg", 8, 0},  {"heap_v1", 8, 0},
                           {"default_queue", 8, 0},       {"completion_action", 8, 0},
                           {"dynamic_lds_size", 4, 400},  {"private_base", 4, kAperture},
                           {"shared_base", 4, kAperture}, {"queue_ptr", 8, kQueue}};
  ForeignSource source;
  source.kernarg_bytes = 256;
  std::vector<unsigned> offsets;
  unsigned offset = 8;
  std::uint64_t dwords = 3;
  for (const Hidden &a : hidden) {
    offset = (offset + a.size - 1) / a.size * a.size;
    offsets.push_back(offset);
    source.arguments += fmt::format(
        "      - {{ .size: {}, .offset: {}, .value_kind: hidden_{} }}\n", a.size, offset, a.kind);
    dwords |= std::uint64_t{a.size == 8 ? 3u : 1u} << offset / 4;
    offset += a.size;
  }
  ASSERT_LE(offset, 256u);
  // Copies the arguments, a dword per lane, and the upper halves of the apertures' bases.
  source.code = fmt::format("  s_mov_b32 exec_lo, {:#x}\n  s_mov_b32 exec_hi, {:#x}\n",
                            dwords & 0xffffffff, dwords >> 32);
  source.code += R"(
  s_load_dwordx2 s[2:3], s[0:1], 0x0
  v_lshlrev_b32 v1, 2, v0
  global_load_dword v2, v1, s[0:1]
  s_mov_b64 s[4:5], src_shared_base
  s_mov_b64 s[6:7], src_private_base
  s_waitcnt vmcnt(0) lgkmcnt(0)
  global_store_dword v1, v2, s[2:3]
  v_mov_b32 v3, s5
  v_mov_b32 v4, s7
  global_store_dword v1, v3, s[2:3] offset:256
  global_store_dword v1, v4, s[2:3] offset:512
)";
  source.descriptor = "  .amdhsa_user_sgpr_kernarg_segment_ptr 1\n"
                      "  .amdhsa_system_vgpr_workitem_id 0\n";
  Harness h;
  h.load(buildForeign(source));
  DevicePointer out = h.empty(768);
  h.dynamic_lds = 400;
  ASSERT_EQ(h.launch("test", {3, 2, 5}, {64, 1, 1}, out), "");
  auto all = h.download<std::byte>(out, 768);
  EXPECT_EQ(at<DevicePointer>(all, 0), out);
  std::uint32_t shared = at<std::uint32_t>(all, 256), priv = at<std::uint32_t>(all, 512);
  EXPECT_NE(shared, priv);
  for (std::size_t n = 0; n < offsets.size(); ++n) {
    const Hidden &a = hidden[n];
    std::uint64_t value = 0, expected = a.value;
    std::memcpy(&value, all.data() + offsets[n], a.size);
    std::string kind = a.kind;
    if (expected == kQueue) {
      EXPECT_NE(value, 0u);
      continue;
    }
    if (expected == kAperture)
      expected = kind == "shared_base" ? shared : priv;
    EXPECT_EQ(value, expected) << kind;
  }
}

TEST(ForeignStart, ClangsHiddenArgumentsAgreeWithItsBuiltins) {
  for (const char *name : {"blocks_O0", "blocks_O3", "blocks_preload"}) {
    Harness h;
    h.load(objectFile(name));
    DevicePointer out = h.empty(19 * 8);
    ASSERT_EQ(h.launch("hidden_arguments", {3, 2, 1}, {5, 1, 4}, out), "") << name;
    auto v = h.download<std::uint64_t>(out, 19);
    EXPECT_EQ(std::vector(v.begin(), v.begin() + 18),
              (std::vector<std::uint64_t>{3, 2, 1, 5, 1, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0}))
        << name;
    EXPECT_NE(v[18], 0u) << name; // the queue
    // One of them in a loop that preloaded arguments drive.
    auto x = randomValues<float>(1000, -1, 1, 1);
    DevicePointer y = h.upload(std::vector<float>(1000, 0.5f));
    ASSERT_EQ(h.launch("grid_stride", {3}, {128}, y, h.upload(x), 2.0f, 1000), "") << name;
    auto result = h.download<float>(y, 1000);
    for (int i = 0; i < 1000; ++i)
      ASSERT_EQ(result[i], 2.0f * x[i] + 0.5f) << name << ", " << i;
  }
}

// The segment has bytes that the metadata gives to no argument: nobody writes them.
TEST(ForeignStart, OnlyNamedArgumentsAreWritten) {
  ForeignSource source;
  source.code = R"(
  s_load_dwordx2 s[2:3], s[0:1], 0x0
  s_load_dword s4, s[0:1], OFFSET
  v_mov_b32 v1, 0
  s_waitcnt lgkmcnt(0)
  v_mov_b32 v2, s4
  global_store_dword v1, v2, s[2:3]
)";
  source.kernarg_bytes = 32;
  source.arguments = "      - { .size: 4, .offset: 20, .value_kind: hidden_block_count_x }\n";
  source.descriptor = "  .amdhsa_user_sgpr_kernarg_segment_ptr 1\n";
  std::string code = source.code;
  for (auto [offset, message] :
       {std::pair{"20", ""}, {"16", "s4 has bits that were never defined"}}) {
    source.code = code;
    source.code.replace(source.code.find("OFFSET"), 6, offset);
    Harness h;
    h.load(buildForeign(source));
    DevicePointer out = h.empty(4);
    EXPECT_THAT(h.launch("test", {7}, {64}, out), HasSubstr(message)) << offset;
    if (*message == 0) {
      EXPECT_EQ(h.download<std::uint32_t>(out, 1)[0], 7u);
    }
  }
}

TEST(ForeignStart, LdsOfAWorkgroupEndsAt160KiB) {
  Harness h;
  h.load(objectFile("blocks_O3"));
  auto in = std::vector<int>(64, 1);
  DevicePointer out = h.empty(256), pin = h.upload(in);
  h.dynamic_lds = 160 * 1024 - 8;
  EXPECT_EQ(h.launch("dynamic_lds", {1}, {64}, out, pin), "");
  h.dynamic_lds += 4;
  EXPECT_THAT(h.launch("dynamic_lds", {1}, {64}, out, pin), HasSubstr("bytes of LDS"));
}

TEST(ForeignStart, AWorkgroupFitsOnAComputeUnit) {
  // 512 VGPRs let a SIMD hold one wave, and a compute unit four; with 128 it is sixteen.
  for (auto [vgprs, threads, fits] :
       {std::tuple{512, 256u, true}, {512, 257u, false}, {128, 1024u, true}, {136, 1024u, false}}) {
    ForeignSource source;
    source.vgprs = vgprs;
    Harness h;
    h.load(buildForeign(source));
    std::string error = h.launch("test", {1}, {threads}, std::uint64_t{0});
    if (fits)
      EXPECT_EQ(error, "") << vgprs << " VGPRs, " << threads << " threads";
    else
      EXPECT_THAT(error, HasSubstr("of their waves")) << vgprs << " VGPRs, " << threads;
  }
}

} // namespace
} // namespace gemmsmith::emulator
