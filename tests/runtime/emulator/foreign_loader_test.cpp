// Loading and launching code objects of every version and target, and what a kernel finds when it
// starts: SGPRs, hidden arguments, dispatch packet, relocated data.
#include "runtime/code_object.h"
#include "tests/runtime/emulator/foreign.h"

#include <algorithm>
#include <array>
#include <gmock/gmock.h>
#include <numeric>
#include <tuple>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

template <typename T> T at(const std::vector<std::byte> &bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}
template <typename T> void patch(std::vector<std::byte> &bytes, std::size_t offset, T value) {
  ASSERT_LE(offset + sizeof value, bytes.size());
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

// A kernel `test` of our own: its code, its descriptor, its arguments in the metadata.
struct Source {
  std::string code;
  std::string descriptor;
  std::string arguments;
  std::string sections; // more of the file
  int kernarg_bytes = 16;
  int vgprs = 16;
  std::string linker_script;
};

std::vector<std::byte> build(const Source &s) {
  return link(fmt::format(R"(
.amdgcn_target "amdgcn-amd-amdhsa--gfx950"
.text
.globl test
.p2align 8
.type test,@function
test:
{}
  s_endpgm
.Lend:
  .size test, .Lend-test
{}
.rodata
.p2align 6
.amdhsa_kernel test
  .amdhsa_kernarg_size {}
  .amdhsa_next_free_vgpr {}
  .amdhsa_next_free_sgpr 64
  .amdhsa_accum_offset 16
{}
.end_amdhsa_kernel
.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.target: amdgcn-amd-amdhsa--gfx950
amdhsa.kernels:
  - .name: test
    .symbol: test.kd
    .kernarg_segment_size: {}
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 64
    .vgpr_count: 16
    .max_flat_workgroup_size: 1024
    .args:
      - {{ .name: out, .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }}
{}
...
.end_amdgpu_metadata
)",
                          s.code, s.sections, s.kernarg_bytes, s.vgprs, s.descriptor,
                          s.kernarg_bytes, s.arguments),
              s.linker_script);
}

// --- versions and targets

class Version : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(CodeObject, Version, testing::Values(3, 4, 5, 6),
                         [](const auto &info) { return fmt::format("V{}", info.param); });

// Version 3 differs from 4 in the file's header: clang no longer writes it.
std::vector<std::byte> objectOfVersion(int version) {
  auto bytes = objectFile(fmt::format("blocks_v{}", std::max(version, 4)));
  if (version == 3) {
    patch(bytes, 8, std::uint8_t{1});
    patch(bytes, 48, std::uint32_t{0x4f}); // gfx950, neither XNACK nor SRAM ECC
  }
  return bytes;
}

TEST_P(Version, LoadsAndRuns) {
  auto bytes = objectOfVersion(GetParam());
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  EXPECT_EQ(object->version, GetParam());
  EXPECT_EQ(object->target, "gfx950");
  EXPECT_EQ(object->xnack, TargetFeature::kAny);
  EXPECT_EQ(object->sramecc, TargetFeature::kAny);
  Harness h;
  h.load(bytes);
  DevicePointer out = h.empty(2 * 3 * 4 * 5 * 16);
  ASSERT_EQ(h.launch("ids", {2, 3, 1}, {4, 1, 5}, out), "");
  auto ids = h.download<std::array<unsigned, 4>>(out, 120);
  for (unsigned n = 0; n < 120; ++n)
    ASSERT_EQ(ids[n], (std::array{n % 8, n / 8 % 3, n / 24, n % 4 | (n / 24) << 20})) << n;
  auto in = randomValues<float>(33 * 50, -1, 1, 1);
  DevicePointer moved = h.empty(in.size() * 4);
  ASSERT_EQ(h.launch("transpose", {2, 2}, {32, 8}, moved, h.upload(in), 33, 50), "");
  EXPECT_EQ(h.download<float>(moved, in.size()), transposed(in, 33, 50));
}

TEST_P(Version, ThePacketAndTheQueueSayWhatWasLaunched) {
  Harness h;
  h.load(objectOfVersion(GetParam()));
  DevicePointer out = h.empty(17 * 8);
  ASSERT_EQ(h.launch("dispatch", {3, 1, 1}, {64, 2, 1}, out), "");
  auto d = h.download<std::uint64_t>(out, 17);
  EXPECT_EQ(d[0], 2u); // a kernel dispatch
  EXPECT_EQ(d[1], 2u); // dimensions
  EXPECT_EQ((std::array{d[2], d[3], d[4]}), (std::array<std::uint64_t, 3>{64, 2, 1}));
  EXPECT_EQ((std::array{d[5], d[6], d[7]}), (std::array<std::uint64_t, 3>{192, 2, 1}));
  auto object = parseCodeObject(objectOfVersion(GetParam()));
  ASSERT_TRUE(object);
  EXPECT_EQ(d[9], object->find("dispatch")->descriptor.group_segment_bytes);
  EXPECT_EQ(d[10] % 64, 0u); // the kernel's descriptor
  EXPECT_NE(d[10], 0u);
  EXPECT_EQ(d[11], d[12]); // kernel arguments, also in SGPRs
  EXPECT_EQ(d[13], d[15]); // apertures: the queue's fields, and addresses made by instructions
  EXPECT_EQ(d[14], d[16]);
  EXPECT_NE(d[13], d[14]);
}

std::string refusal(const std::vector<std::byte> &bytes) {
  Device device;
  auto module = device.load(bytes);
  return module ? "" : module.error().message;
}

TEST(ForeignTarget, AnotherProcessorIsRefusedByName) {
  EXPECT_EQ(refusal(objectFile("basics_gfx942")),
            "the code object is for gfx942, the emulated device is a gfx950");
  auto unknown = objectFile("basics_matching");
  patch(unknown, 48, std::uint8_t{0x7e});
  EXPECT_THAT(refusal(unknown), HasSubstr("for mach 0x7e"));
}

TEST(ForeignTarget, FeaturesMustBeAsTheDeviceHasThem) {
  EXPECT_EQ(refusal(objectFile("basics_matching")), "");
  EXPECT_EQ(refusal(objectFile("basics_xnack")),
            "the code object is for gfx950:xnack+, the emulated device is a "
            "gfx950:sramecc+:xnack-");
  EXPECT_EQ(refusal(objectFile("basics_no_sramecc")),
            "the code object is for gfx950:sramecc-, the emulated device is a "
            "gfx950:sramecc+:xnack-");
  auto xnack = objectOfVersion(3);
  patch(xnack, 48, std::uint32_t{0x14f});
  EXPECT_THAT(refusal(xnack), HasSubstr("gfx950:xnack+"));
  auto sramecc = objectOfVersion(3);
  patch(sramecc, 48, std::uint32_t{0x24f});
  EXPECT_EQ(refusal(sramecc), "");
}

TEST(ForeignTarget, TheGenericTargetOfTheFamilyRuns) {
  auto bytes = objectFile("basics_generic");
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  EXPECT_EQ(object->target, "gfx9-4-generic");
  Harness h;
  h.load(bytes);
  DevicePointer out = h.empty(400);
  std::vector<float> a(100, 1.5f), b(100, 2.0f);
  ASSERT_EQ(h.launch("vector_add", {1}, {256}, out, h.upload(a), h.upload(b), 100), "");
  EXPECT_EQ(h.download<float>(out, 100), std::vector<float>(100, 3.5f));
}

// --- what a wave starts with

TEST(ForeignStart, UserAndSystemSgprsComeInTheOrderOfTheDescriptor) {
  Source source;
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
  h.load(build(source));
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
  Source source;
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
  h.load(build(source));
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
  Source source;
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
    h.load(build(source));
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
    Source source;
    source.vgprs = vgprs;
    Harness h;
    h.load(build(source));
    std::string error = h.launch("test", {1}, {threads}, std::uint64_t{0});
    if (fits)
      EXPECT_EQ(error, "") << vgprs << " VGPRs, " << threads << " threads";
    else
      EXPECT_THAT(error, HasSubstr("of their waves")) << vgprs << " VGPRs, " << threads;
  }
}

// --- relocations and segments

// table[0] is a pointer to `variable`, which other files could replace, table[1] one to a local
// symbol, table[2] one to a weak symbol that nobody defines. Stores these, and the addresses of
// table and variables as code finds them.
Source pointers() {
  Source source;
  auto address = [](const char *symbol, int low) {
    return fmt::format("  s_getpc_b64 s[{0}:{1}]\n  s_add_u32 s{0}, s{0}, {2}@rel32@lo+4\n"
                       "  s_addc_u32 s{1}, s{1}, {2}@rel32@hi+12\n",
                       low, low + 1, symbol);
  };
  source.code = address("table", 16) + address("second", 20) + address("local", 22) + R"(
  s_load_dwordx2 s[2:3], s[0:1], 0x0
  s_load_dwordx4 s[4:7], s[16:17], 0x0
  s_load_dwordx2 s[8:9], s[16:17], 0x10
  v_mov_b32 v1, 0
  s_waitcnt lgkmcnt(0)
)";
  for (int n = 0; n < 12; ++n)
    source.code +=
        fmt::format("  v_mov_b32 v2, s{}\n  global_store_dword v1, v2, s[2:3] offset:{}\n",
                    n < 6   ? 4 + n
                    : n < 8 ? 16 + n - 6
                            : 20 + n - 8,
                    n * 4);
  source.descriptor = "  .amdhsa_user_sgpr_kernarg_segment_ptr 1\n";
  source.sections = R"(
.data
.p2align 3
.hidden table
table:
  .quad variable
  .quad local
  .quad absent
local:
second:
  .quad 1
.globl variable
.type variable,@object
variable:
  .quad 2
  .size variable, 8
.weak absent
.globl anchor
.type anchor,@object
anchor = table
)";
  return source;
}

struct Pointers {
  std::array<std::uint64_t, 3> loaded;
  std::uint64_t table, second, local;
};
Pointers runPointers(const std::vector<std::byte> &bytes) {
  Harness h;
  h.load(bytes);
  DevicePointer out = h.empty(48);
  EXPECT_EQ(h.launch("test", {1}, {1}, out), "");
  return h.download<Pointers>(out, 1)[0];
}

TEST(ForeignRelocation, WhatTheLinkerLeavesIsResolved) {
  auto bytes = build(pointers());
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  std::vector<std::uint32_t> types;
  for (const Relocation &r : object->relocations)
    types.push_back(r.type);
  std::sort(types.begin(), types.end());
  EXPECT_EQ(types, (std::vector<std::uint32_t>{3, 3, 13}));
  Pointers p = runPointers(bytes);
  EXPECT_EQ(p.loaded, (std::array<std::uint64_t, 3>{p.table + 32, p.table + 24, 0}));
  EXPECT_EQ(p.second, p.table + 24);
  EXPECT_EQ(p.local, p.table + 24);
}

// File offset of the relocation of the symbol `variable`.
std::size_t relocationOf(const std::vector<std::byte> &bytes) {
  auto object = parseCodeObject(bytes);
  std::uint64_t place = 0;
  for (const Relocation &r : object->relocations)
    if (r.symbol == "variable")
      place = r.address;
  for (std::size_t offset = 0; offset + 24 <= bytes.size(); offset += 8)
    if (at<std::uint64_t>(bytes, offset) == place && at<std::uint32_t>(bytes, offset + 8) == 3)
      return offset;
  ADD_FAILURE() << "no relocation";
  return 0;
}

constexpr std::int64_t kAddend = 0x123456789a;

TEST(ForeignRelocation, EveryTypeThatLoadersKnow) {
  auto withType = [&](std::uint32_t type, std::int64_t addend = kAddend) {
    auto bytes = build(pointers());
    std::size_t offset = relocationOf(bytes);
    patch(bytes, offset + 8, type);
    patch(bytes, offset + 16, addend);
    return bytes;
  };
  auto value = [&](std::uint32_t type) {
    Pointers p = runPointers(withType(type));
    std::uint64_t absolute = p.table + 32 + kAddend, relative = 32 + kAddend;
    bool is_relative = type == 4 || type == 5 || type == 10 || type == 11;
    return std::pair{p.loaded[0], is_relative ? relative : absolute};
  };
  auto expectLow = [](auto v) { EXPECT_EQ(v.first, v.second & 0xffffffff); };
  auto expectHigh = [](auto v) { EXPECT_EQ(v.first, v.second >> 32); };
  auto expectAll = [](auto v) { EXPECT_EQ(v.first, v.second); };
  expectLow(value(1));                                        // R_AMDGPU_ABS32_LO
  expectHigh(value(2));                                       // ABS32_HI
  expectAll(value(3));                                        // ABS64
  expectLow(value(4));                                        // REL32
  expectAll(value(5));                                        // REL64
  expectLow(value(10));                                       // REL32_LO
  expectHigh(value(11));                                      // REL32_HI
  EXPECT_THAT(refusal(withType(6)), HasSubstr("in 32 bits")); // ABS32
  EXPECT_THAT(refusal(withType(7)), HasSubstr("type 7"));     // GOTPCREL
  auto object = parseCodeObject(build(pointers()));
  Pointers p = runPointers(withType(13, 0x10)); // RELATIVE64
  std::uint64_t table_address = 0;
  for (const Symbol &symbol : object->symbols)
    if (symbol.name == "table")
      table_address = symbol.address;
  EXPECT_EQ(p.loaded[0], p.table - table_address + 0x10);
}

TEST(ForeignRelocation, AnUndefinedSymbolIsNamed) {
  Source source = pointers();
  source.sections += "  .quad missing\n";
  EXPECT_EQ(refusal(build(source)), "symbol 'missing' is undefined");
}

TEST(ForeignSegments, CodeMayLieInSeveral) {
  Source source;
  source.code = R"(
  s_load_dwordx2 s[2:3], s[0:1], 0x0
  s_getpc_b64 s[4:5]
  s_add_u32 s4, s4, far@rel32@lo+4
  s_addc_u32 s5, s5, far@rel32@hi+12
  s_swappc_b64 s[6:7], s[4:5]
  v_mov_b32 v1, 0
  s_waitcnt lgkmcnt(0)
  global_store_dword v1, v2, s[2:3]
)";
  source.sections = R"(
.section .text.far,"ax",@progbits
.p2align 8
.type far,@function
far:
  v_mov_b32 v2, 0x1234
  s_setpc_b64 s[6:7]
.Lfar_end:
  .size far, .Lfar_end-far
)";
  source.descriptor = "  .amdhsa_user_sgpr_kernarg_segment_ptr 1\n";
  // Data between the two.
  source.linker_script = R"(
PHDRS {
  headers PT_LOAD FILEHDR PHDRS FLAGS(4);
  first PT_LOAD FLAGS(5);
  data PT_LOAD FLAGS(6);
  second PT_LOAD FLAGS(5);
  dynamic PT_DYNAMIC FLAGS(6);
  note PT_NOTE FLAGS(4);
}
SECTIONS {
  . = SIZEOF_HEADERS;
  .note : { *(.note) } :headers :note
  .dynsym : { *(.dynsym) } :headers
  .hash : { *(.hash) }
  .gnu.hash : { *(.gnu.hash) }
  .dynstr : { *(.dynstr) }
  .rela.dyn : { *(.rela.dyn) }
  .rodata : { *(.rodata) }
  . = ALIGN(0x1000);
  .text : { *(.text) } :first
  . = ALIGN(0x1000);
  .dynamic : { *(.dynamic) } :data :dynamic
  .data : { *(.data) } :data
  . = ALIGN(0x1000);
  .far : { *(.text.far) } :second
}
)";
  auto bytes = build(source);
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  EXPECT_EQ(std::count_if(object->segments.begin(), object->segments.end(),
                          [](const Segment &s) { return s.executable; }),
            2);
  Harness h;
  h.load(bytes);
  DevicePointer out = h.empty(4);
  ASSERT_EQ(h.launch("test", {1}, {1}, out), "");
  EXPECT_EQ(h.download<std::uint32_t>(out, 1)[0], 0x1234u);
  // What lies between is not code, whatever its bytes say.
  source.code.replace(source.code.find("far@rel32@lo+4"), 14, "far@rel32@lo-4092");
  h.load(build(source));
  EXPECT_THAT(h.launch("test", {1}, {1}, out), HasSubstr("is not an instruction"));
  // A small file does not get the memory of the code that could lie between.
  std::string &script = source.linker_script;
  script.replace(script.rfind("ALIGN(0x1000)"), 13, "0x800000");
  EXPECT_THAT(refusal(build(source)), HasSubstr("too far apart"));
}

TEST(ForeignLoader, ArgumentsAndScratchBeyondTheHardwaresAreRefused) {
  Source source;
  source.kernarg_bytes = 2'000'000'000;
  Harness arguments;
  arguments.load(build(source));
  EXPECT_THAT(arguments.launch("test", {1}, {64}, std::uint64_t{0}),
              HasSubstr("bytes of kernel arguments"));

  auto bytes = build({});
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  std::size_t descriptor = static_cast<std::size_t>(
      object->bytesAt(object->kernels.at(0).descriptor_address).data() - bytes.data());
  constexpr std::uint32_t kMost = 8191 * 1024 / 64; // KiB of a wave in 13 bits
  for (std::uint32_t scratch : {kMost, kMost + 4, 0xfffffffcu}) {
    patch(bytes, descriptor + 4, scratch);
    Harness h;
    h.load(bytes);
    std::string error = h.launch("test", {1}, {64}, std::uint64_t{0});
    if (scratch == kMost)
      EXPECT_EQ(error, "");
    else
      EXPECT_THAT(error, HasSubstr(std::to_string(scratch) + " bytes of scratch per work-item"));
  }
}

TEST(ForeignLoader, DamagedObjectsLoadOrAreRefused) {
  for (const char *name : {"calls_O1", "triton_O3"}) {
    auto bytes = objectFile(name);
    std::mt19937 random(7);
    int refused = 0;
    for (int round = 0; round < 300; ++round) {
      auto copy = bytes;
      for (unsigned n = 0; n < 1 + random() % 8; ++n)
        copy[random() % (round % 2 ? copy.size() : 1200)] = static_cast<std::byte>(random());
      refused += refusal(copy).empty() ? 0 : 1;
    }
    EXPECT_GT(refused, 30) << name;
    EXPECT_LT(refused, 300) << name;
  }
}

// --- results do not depend on who runs what when

TEST(ForeignOrder, ResultsDoNotDependOnThreadsOrOrderOfWorkgroups) {
  constexpr int kM = 48, kN = 64, kK = 512, kSplits = 5, kTiles = kM / 16 * (kN / 16);
  constexpr std::size_t kGroups = std::size_t{kTiles} * kSplits;
  std::vector<std::uint16_t> a, b;
  for (float v : randomValues<float>(std::size_t{kM} * kK, -1, 1, 1))
    a.push_back(toBf16(v));
  for (float v : randomValues<float>(std::size_t{kN} * kK, -1, 1, 2))
    b.push_back(toBf16(v));
  auto bytes = randomValues<std::uint8_t>(20000, 0, 255, 3);
  std::vector<std::uint16_t> c;
  std::vector<unsigned> histogram;
  for (int threads : {1, 2, 7})
    for (int order = 0; order < 3; ++order) {
      DeviceOptions options;
      options.threads = threads;
      Harness h(options);
      std::vector<std::uint64_t> workgroups(kGroups);
      std::iota(workgroups.begin(), workgroups.end(), std::uint64_t{0});
      if (order == 1)
        std::reverse(workgroups.begin(), workgroups.end());
      if (order == 2)
        std::shuffle(workgroups.begin(), workgroups.end(), std::mt19937(5));
      h.workgroups = workgroups;
      h.load(objectFile("staged_O3"));
      // Sums that rounding makes depend on their order: the last arriver fixes it.
      DevicePointer pc = h.empty(std::size_t{kM} * kN * 2), parts = h.empty(kGroups * 1024),
                    arrivals = h.upload(std::vector<unsigned>(kTiles));
      ASSERT_EQ(h.launch("gemm_split_k", {kM / 16, kN / 16, kSplits}, {64}, pc, parts, arrivals,
                         h.upload(a), h.upload(b), kN, kK),
                "");
      auto result = h.download<std::uint16_t>(pc, std::size_t{kM} * kN);
      h.load(objectFile("blocks_O3"));
      DevicePointer bins = h.upload(std::vector<unsigned>(256));
      ASSERT_EQ(h.launch("histogram", {kGroups}, {256}, bins, h.upload(bytes), 20000), "");
      auto counts = h.download<unsigned>(bins, 256);
      if (c.empty()) {
        c = result;
        histogram = counts;
      }
      ASSERT_EQ(result, c) << threads << " threads, order " << order;
      ASSERT_EQ(counts, histogram) << threads << " threads, order " << order;
    }
}

} // namespace
} // namespace gemmsmith::emulator
