// Loading and launching code objects of every version and target: dispatch packet, relocated data,
// segments.
#include "runtime/code_object.h"
#include "tests/runtime/emulator/foreign.h"
#include "tests/runtime/emulator/foreign_source.h"

#include <algorithm>
#include <array>
#include <gmock/gmock.h>
#include <numeric>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

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

// --- relocations and segments

// table[0] is a pointer to `variable`, which other files could replace, table[1] one to a local
// symbol, table[2] one to a weak symbol that nobody defines. Stores these, and the addresses of
// table and variables as code finds them.
ForeignSource pointers() {
  ForeignSource source;
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
  auto bytes = buildForeign(pointers());
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
    auto bytes = buildForeign(pointers());
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
  auto object = parseCodeObject(buildForeign(pointers()));
  Pointers p = runPointers(withType(13, 0x10)); // RELATIVE64
  std::uint64_t table_address = 0;
  for (const Symbol &symbol : object->symbols)
    if (symbol.name == "table")
      table_address = symbol.address;
  EXPECT_EQ(p.loaded[0], p.table - table_address + 0x10);
}

TEST(ForeignRelocation, AnUndefinedSymbolIsNamed) {
  ForeignSource source = pointers();
  source.sections += "  .quad missing\n";
  EXPECT_EQ(refusal(buildForeign(source)), "symbol 'missing' is undefined");
}

TEST(ForeignSegments, CodeMayLieInSeveral) {
  ForeignSource source;
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
  auto bytes = buildForeign(source);
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
  h.load(buildForeign(source));
  EXPECT_THAT(h.launch("test", {1}, {1}, out), HasSubstr("is not an instruction"));
  // A small file does not get the memory of the code that could lie between.
  std::string &script = source.linker_script;
  script.replace(script.rfind("ALIGN(0x1000)"), 13, "0x800000");
  EXPECT_THAT(refusal(buildForeign(source)), HasSubstr("too far apart"));
}

TEST(ForeignLoader, ArgumentsAndScratchBeyondTheHardwaresAreRefused) {
  ForeignSource source;
  source.kernarg_bytes = 2'000'000'000;
  Harness arguments;
  arguments.load(buildForeign(source));
  EXPECT_THAT(arguments.launch("test", {1}, {64}, std::uint64_t{0}),
              HasSubstr("bytes of kernel arguments"));

  auto bytes = buildForeign({});
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
