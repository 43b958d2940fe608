// GLOBAL, FLAT and SCRATCH, against CDNA4 ISA chapter 10 and 12.15. Atomics are in
// atomics_test.cpp.
#include "tests/runtime/emulator/memory_snippets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;
using Row = std::span<const u32>;
using Memory = std::vector<std::byte>;

// v4 = 20 * lane + 0…3 + 64: room on both sides for offsets.
std::vector<MemoryTable> tables(std::size_t bytes = 1536) {
  std::vector<MemoryTable> result;
  for (unsigned seed = 1; seed <= 2; ++seed) {
    MemoryTable t{.rows = edgeWords(64 * 8, seed + 80), .image = edgeBytes(bytes, seed + 180)};
    for (u32 l = 0; l < 64; ++l)
      t.rows[l * 8] = 64 + l * 20 + t.rows[l * 8] % 4;
    result.push_back(std::move(t));
  }
  return result;
}

// Every load and store: what follows the prefix "global_", "flat_" or "scratch_", how a load makes
// its registers of memory, how many bytes a store takes from where in its data.
struct Load {
  std::string name;
  u32 registers;
  std::function<void(const std::byte *, u32 *)> model;
};
template <typename T> Load narrow(const char *name, u32 mask = ~0u, int shift = 0) {
  return {name, 1, [=](const std::byte *from, u32 *to) {
            T value;
            std::memcpy(&value, from, sizeof value);
            *to = (static_cast<u32>(value) & mask) << shift;
          }};
}
Load wide(const char *name, u32 registers) {
  return {name, registers,
          [=](const std::byte *from, u32 *to) { std::memcpy(to, from, registers * 4); }};
}
const std::vector<Load> kLoads = {
    narrow<std::uint8_t>("load_ubyte"),
    narrow<std::int8_t>("load_sbyte"),
    narrow<std::uint16_t>("load_ushort"),
    narrow<std::int16_t>("load_sshort"),
    wide("load_dword", 1),
    wide("load_dwordx2", 2),
    wide("load_dwordx3", 3),
    wide("load_dwordx4", 4),
    narrow<std::uint8_t>("load_ubyte_d16"),
    narrow<std::uint8_t>("load_ubyte_d16_hi", 0xffff, 16),
    narrow<std::int8_t>("load_sbyte_d16", 0xffff),
    narrow<std::int8_t>("load_sbyte_d16_hi", 0xffff, 16),
    narrow<std::uint16_t>("load_short_d16"),
    narrow<std::uint16_t>("load_short_d16_hi", 0xffff, 16),
};
struct Store {
  const char *name;
  u32 registers, bytes, from;
};
const Store kStores[] = {
    {"store_byte", 1, 1, 0},         {"store_byte_d16_hi", 1, 1, 2}, {"store_short", 1, 2, 0},
    {"store_short_d16_hi", 1, 2, 2}, {"store_dword", 1, 4, 0},       {"store_dwordx2", 2, 8, 0},
    {"store_dwordx3", 3, 12, 0},     {"store_dwordx4", 4, 16, 0},
};

std::string registers(int first, u32 count) {
  return count == 1 ? fmt::format("v{}", first)
                    : fmt::format("v[{}:{}]", first, first + static_cast<int>(count) - 1);
}

// One case for each load and store: `code` up to the address, which is `address`; the lane's byte
// is at row[0] + `offset` of the memory.
void addAll(std::vector<MemoryCase> &cases, const std::string &before, const std::string &prefix,
            const std::string &address, const std::string &after, int offset) {
  for (const Load &l : kLoads)
    cases.push_back({fmt::format("{}\n {}{} {}, {}{}", before, prefix, l.name,
                                 registers(32, l.registers), address, after),
                     [=](Memory &m, Row row, std::span<u32> out, int) {
                       l.model(m.data() + static_cast<int>(row[0]) + offset, out.data());
                     }});
  for (const Store &s : kStores) {
    // The base, if any, follows the data.
    auto comma = address.find(',');
    cases.push_back({fmt::format("{}\n {}{} {}, {}{}{}", before, prefix, s.name,
                                 address.substr(0, comma), registers(6, s.registers),
                                 comma == std::string::npos ? "" : address.substr(comma), after),
                     [=](Memory &m, Row row, std::span<u32>, int) {
                       std::memcpy(m.data() + static_cast<int>(row[0]) + offset,
                                   reinterpret_cast<const std::byte *>(row.data() + 2) + s.from,
                                   s.bytes);
                     }});
  }
}

const std::string kAddress64 = "v_mov_b32_e32 v21, s65\n v_add_co_u32_e32 v20, vcc, s64, v4\n"
                               "v_addc_co_u32_e32 v21, vcc, 0, v21, vcc";

TEST(FlatMemory, GlobalInEveryAddressingMode) {
  std::vector<MemoryCase> cases;
  addAll(cases, "", "global_", "v4, s[64:65]", "", 0);
  addAll(cases, "", "global_", "v4, s[64:65]", " offset:-64 nt", -64);
  addAll(cases, kAddress64, "global_", "v[20:21], off", " offset:37 sc0 sc1", 37);
  // The register's 32 bits are not signed, the instruction's offset is; together they may wrap
  // back.
  addAll(cases,
         "s_sub_u32 s20, s64, 0x80000000\n s_subb_u32 s21, s65, 0\n"
         "v_add_u32_e32 v20, 0x80000000, v4",
         "global_", "v20, s[20:21]", " offset:-4", -4);
  expectCases(cases, {}, tables());
}

TEST(FlatMemory, FlatInMemory) {
  std::vector<MemoryCase> cases;
  addAll(cases, kAddress64, "flat_", "v[20:21]", "", 0);
  addAll(cases, kAddress64, "flat_", "v[20:21]", " offset:50", 50);
  expectCases(cases, {}, tables());
}

TEST(FlatMemory, FlatInLds) {
  std::vector<MemoryCase> cases;
  addAll(cases,
         "s_mov_b64 s[20:21], src_shared_base\n v_mov_b32_e32 v21, s21\n v_mov_b32_e32 v20, v4",
         "flat_", "v[20:21]", " offset:6", 6);
  expectCases(cases, {.lds_image = true}, tables(2048));
}

// --- private memory: 64 bytes of each lane, filled from v[6:21] and read back into v[32:47]

constexpr int kPrivate = 64;

std::string privateFill(const std::string &code) {
  std::string text;
  for (int d = 0; d < 16; d += 4)
    text +=
        fmt::format("scratch_store_dwordx4 off, v[{}:{}], off offset:{}\n", 6 + d, 9 + d, 4 * d);
  text += "s_waitcnt vmcnt(0)\n" + code + "\n s_waitcnt vmcnt(0) lgkmcnt(0)\n";
  for (int d = 0; d < 16; d += 4)
    text +=
        fmt::format("scratch_load_dwordx4 v[{}:{}], off, off offset:{}\n", 32 + d, 35 + d, 4 * d);
  return text;
}

// v4 is in 8…40, v[6:21] fills the private bytes, v[22:25] are data.
MemoryTable privateTable(unsigned seed) {
  MemoryTable t{.rows = edgeWords(64 * 24, seed), .image = Memory(4)};
  for (u32 l = 0; l < 64; ++l)
    t.rows[l * 24] = 8 + t.rows[l * 24] % 33;
  return t;
}

// A load goes to v[26:29] and from there to the private bytes 0 to 15.
void addPrivate(std::vector<MemoryCase> &cases, const std::string &before,
                const std::string &prefix, const std::string &address, const std::string &base,
                const std::string &after, std::function<u32(Row)> where) {
  for (const Load &l : kLoads)
    cases.push_back(
        {privateFill(fmt::format("{}\n {}{} {}, {}{}{}\n s_waitcnt vmcnt(0) lgkmcnt(0)\n"
                                 "scratch_store_dword{} off, {}, off",
                                 before, prefix, l.name, registers(26, l.registers), address, base,
                                 after, l.registers == 1 ? "" : fmt::format("x{}", l.registers),
                                 registers(26, l.registers))),
         [=](Memory &, Row row, std::span<u32> out, int) {
           u32 result[4];
           std::memcpy(out.data(), row.data() + 2, kPrivate);
           l.model(reinterpret_cast<const std::byte *>(row.data() + 2) + where(row), result);
           std::memcpy(out.data(), result, l.registers * 4);
         }});
  for (const Store &s : kStores)
    cases.push_back({privateFill(fmt::format("{}\n {}{} {}, {}{}{}", before, prefix, s.name,
                                             address, registers(22, s.registers), base, after)),
                     [=](Memory &, Row row, std::span<u32> out, int) {
                       std::memcpy(out.data(), row.data() + 2, kPrivate);
                       std::memcpy(reinterpret_cast<std::byte *>(out.data()) + where(row),
                                   reinterpret_cast<const std::byte *>(row.data() + 18) + s.from,
                                   s.bytes);
                     }});
}

TEST(FlatMemory, ScratchInEveryAddressingMode) {
  std::vector<MemoryCase> cases;
  addPrivate(cases, "", "scratch_", "v4", ", off", "", [](Row row) { return row[0]; });
  addPrivate(cases, "", "scratch_", "v4", ", off", " offset:-8",
             [](Row row) { return row[0] - 8; });
  addPrivate(cases, "s_movk_i32 s20, 17", "scratch_", "off", ", s20", " offset:3",
             [](Row) { return 20u; });
  addPrivate(cases, "s_movk_i32 s20, 21", "scratch_", "v4", ", s20", " offset:-20",
             [](Row row) { return row[0] + 1; });
  addPrivate(cases, "", "scratch_", "off", ", off", " offset:48", [](Row) { return 48u; });
  // private memory by its flat address
  addPrivate(
      cases,
      "s_mov_b64 s[20:21], src_private_base\n v_mov_b32_e32 v31, s21\n v_mov_b32_e32 v30, v4",
      "flat_", "v[30:31]", "", " offset:5", [](Row row) { return row[0] + 5; });
  const MemoryTable all[] = {privateTable(1), privateTable(2)};
  const u64 masks[] = {~u64{0}, 0x8000f00ff0a50001};
  // The read back is of the active lanes, too.
  expectCases(cases, {.row_dwords = 24, .output_dwords = 16, .private_bytes = kPrivate}, all,
              masks);
}

TEST(FlatMemory, FlatAtomicsOnPrivateMemory) {
  const std::string address =
      "s_mov_b64 s[20:21], src_private_base\n v_mov_b32_e32 v31, s21\n v_and_b32_e32 v30, 60, v4\n";
  auto model = [](auto f, bool returns) {
    return [=](Memory &, Row row, std::span<u32> out, int) {
      std::memcpy(out.data(), row.data() + 2, kPrivate);
      u32 &memory = out[(row[0] & 60) / 4], old = memory;
      memory = f(old, row[18], row[19]);
      if (returns)
        out[15] = old;
    };
  };
  const std::string keep = "\n s_waitcnt vmcnt(0) lgkmcnt(0)\n scratch_store_dword off, v26, off "
                           "offset:60";
  const MemoryCase cases[] = {
      {privateFill(address + "flat_atomic_add v[30:31], v22"),
       model([](u32 m, u32 d, u32) { return m + d; }, false)},
      {privateFill(address + "flat_atomic_cmpswap v26, v[30:31], v[22:23] sc0" + keep),
       model([](u32 m, u32 d, u32 c) { return m == c ? d : m; }, true)},
      {privateFill(address + "flat_atomic_umax v26, v[30:31], v22 sc0" + keep),
       model([](u32 m, u32 d, u32) { return std::max(m, d); }, true)},
  };
  const MemoryTable all[] = {privateTable(1), privateTable(2)};
  const u64 masks[] = {~u64{0}};
  expectCases(cases, {.row_dwords = 24, .output_dwords = 16, .private_bytes = kPrivate}, all,
              masks);
  const std::string wide[] = {
      privateFill(address + "v_and_b32_e32 v30, 56, v4\n flat_atomic_add_x2 v[30:31], v[22:23]")};
  MemorySnippets snippets(wide, {.row_dwords = 24, .output_dwords = 16, .private_bytes = kPrivate});
  EXPECT_THAT(snippets.run(0, all[0]).error, HasSubstr("does not work on private memory"));
}

// --- copies to LDS: M0[17:2] * 4 + offset + lane * 4 or 16

TEST(FlatMemory, CopiesToLdsOfEverySize) {
  struct Size {
    const char *name;
    u32 bytes, stride;
    std::function<void(const std::byte *, u32 *)> model;
  };
  const Size sizes[] = {
      {"ubyte", 4, 4, kLoads[0].model},     {"sbyte", 4, 4, kLoads[1].model},
      {"ushort", 4, 4, kLoads[2].model},    {"sshort", 4, 4, kLoads[3].model},
      {"dword", 4, 4, kLoads[4].model},     {"dwordx3", 12, 16, kLoads[6].model},
      {"dwordx4", 16, 16, kLoads[7].model},
  };
  std::vector<MemoryCase> global, scratch;
  for (const Size &s : sizes) {
    auto model = [=](u32 offset) {
      return [=](Memory &m, Row row, std::span<u32>, int lane) {
        u32 data[4];
        s.model(m.data() + row[0] + offset, data);
        std::memcpy(m.data() + 1024 + offset + static_cast<u32>(lane) * s.stride, data, s.bytes);
      };
    };
    global.push_back({fmt::format("s_movk_i32 m0, 0x400\n s_nop 0\n"
                                  "global_load_lds_{} v4, s[64:65] offset:8",
                                  s.name),
                      model(8)});
    global.push_back({fmt::format("{}\n s_movk_i32 m0, 0x402\n s_nop 0\n"
                                  "global_load_lds_{} v[20:21], off",
                                  kAddress64, s.name),
                      model(0)});
    if (s.stride == 4) // there are no wider ones for scratch
      scratch.push_back(
          {fmt::format("scratch_store_dwordx2 off, v[6:7], off offset:4\n s_waitcnt vmcnt(0)\n"
                       "s_movk_i32 m0, 0x400\n s_movk_i32 s20, 1\n v_and_b32_e32 v20, 3, v4\n"
                       "scratch_load_lds_{} v20, s20 offset:4",
                       s.name),
           [=](Memory &m, Row row, std::span<u32>, int lane) {
             std::byte bytes[12];
             std::memcpy(bytes + 4, row.data() + 2, 8);
             u32 data;
             s.model(bytes + 5 + (row[0] & 3), &data);
             putAt<u32>(m, 1028 + static_cast<std::size_t>(lane) * 4, data);
           }});
  }
  std::vector<MemoryTable> all = tables(2048);
  for (MemoryTable &t : all)
    for (u32 l = 0; l < 64; ++l)
      t.rows[l * 8] = (l * 29 + 5) % 64 * 15 + l % 4;
  const u64 masks[] = {0x7fffffffffffffff, 0x4000f00ff0a50001, 0};
  expectCases(global, {.lds_image = true}, all, masks);
  expectCases(scratch, {.private_bytes = 16, .lds_image = true}, all, masks);
}

// --- findings

TEST(FlatMemory, Findings) {
  const std::string codes[] = {
      "global_load_dwordx4 v[32:35], v99, s[64:65] offset:1",
      "global_load_dwordx4 v[32:35], v99, s[64:65]",
      "s_mov_b64 exec, 0\n global_load_dword v32, v4, s[64:65] offset:4095\n"
      "global_store_dword v4, v6, s[64:65] offset:4095\n scratch_store_dword v4, v6, off\n"
      "global_atomic_add v4, v6, s[64:65]",
      "global_load_dword v32, v99, s[64:65]\n v_mov_b32_e32 v33, v32",
      "scratch_load_dword v32, off, off",
      "scratch_store_short off, v6, off offset:4\n scratch_load_dword v32, off, off offset:4",
      "scratch_store_dword off, v6, off offset:4\n scratch_load_ushort v32, off, off offset:6",
      "scratch_store_dwordx2 off, v[6:7], off offset:12",
      "v_mov_b32_e32 v20, -4\n scratch_store_dword v20, v6, off",
      "v_mov_b32_e32 v20, -4\n scratch_store_dword v20, v6, off offset:4",
      "s_mov_b64 s[20:21], src_shared_base\n v_mov_b32_e32 v21, s21\n v_mov_b32_e32 v20, v1\n"
      "flat_store_dword v[20:21], v6 offset:4",
      "s_mov_b64 s[20:21], src_shared_base\n v_mov_b32_e32 v21, s21\n v_mov_b32_e32 v20, v1\n"
      "global_store_dword v[20:21], v6, off",
      "s_mov_b64 s[20:21], src_shared_base\n v_mov_b32_e32 v21, s21\n v_mov_b32_e32 v20, v1\n"
      "flat_load_dword v32, v[20:21]",
  };
  MemorySnippets snippets(codes, {.lds_bytes = 256, .private_bytes = 16});
  MemoryTable t{.rows = edgeWords(64 * 8, 1), .image = edgeBytes(2048, 2)};
  for (u32 l = 0; l < 64; ++l)
    t.rows[l * 8] = 4000 + l;
  EXPECT_EQ(snippets.run(0, t).error, "");
  EXPECT_EQ(snippets.run(1, t).error, "");
  MemoryTable partly = t;
  partly.written = 2032;
  EXPECT_THAT(snippets.run(0, partly).error, HasSubstr("lane 63"));
  EXPECT_THAT(snippets.run(0, partly).error, HasSubstr("nobody has written"));
  EXPECT_EQ(snippets.run(1, partly).error, "");
  EXPECT_EQ(snippets.run(2, t).error, "");
  EXPECT_THAT(snippets.run(3, t).error, HasSubstr("v32 awaits"));
  EXPECT_THAT(snippets.run(4, t).error, HasSubstr("v32 was never written"));
  EXPECT_THAT(snippets.run(5, t).error, HasSubstr("of which byte 0x6 was never written"));
  EXPECT_EQ(snippets.run(6, t).error, "");
  EXPECT_THAT(snippets.run(7, t).error, HasSubstr("but a work-item has 16"));
  EXPECT_THAT(snippets.run(8, t).error, HasSubstr("0xfffffffc, but a work-item has 16"));
  EXPECT_EQ(snippets.run(9, t).error, "");
  EXPECT_THAT(snippets.run(10, t).error, HasSubstr("accesses 4 bytes at LDS byte 256"));
  EXPECT_THAT(snippets.run(11, t).error, HasSubstr("outside every allocation"));
  EXPECT_THAT(snippets.run(12, t).error, HasSubstr("LDS byte 0 that nobody has written"));
}

// An instruction that no lane executes still counts, so one more may be outstanding.
TEST(FlatMemory, InstructionsWithoutLanesCount) {
  struct Form {
    const char *code, *counter;
  };
  const Form forms[] = {
      {"global_load_dword v40, v4, s[64:65]", "vmcnt"},
      {"global_store_dword v4, v6, s[64:65]", "vmcnt"},
      {"global_atomic_add v40, v4, v6, s[64:65] sc0", "vmcnt"},
      {"buffer_load_dwordx4 v[40:43], v4, s[64:67], 0 offen", "vmcnt"},
      {"buffer_load_format_x v40, v4, s[64:67], 0 offen", "vmcnt"},
      {"buffer_store_format_x v6, v4, s[64:67], 0 offen", "vmcnt"},
      {"buffer_load_dwordx4 v4, s[64:67], 0 offen lds", "vmcnt"},
      {"scratch_load_dword v40, v4, off", "vmcnt"},
      {"scratch_store_dword v4, v6, off", "vmcnt"},
      {"ds_read_b128 v[40:43], v4", "lgkmcnt"},
      {"ds_write_b128 v4, v[6:9]", "lgkmcnt"},
      {"ds_add_u32 v4, v6", "lgkmcnt"},
      {"ds_add_rtn_u64 v[40:41], v4, v[6:7]", "lgkmcnt"},
      {"ds_append v40", "lgkmcnt"},
      {"ds_bpermute_b32 v40, v4, v6", "lgkmcnt"},
      {"ds_swizzle_b32 v40, v6 offset:0x041f", "lgkmcnt"},
      {"ds_wrxchg2_rtn_b32 v[40:41], v4, v6, v7 offset1:1", "lgkmcnt"},
  };
  std::vector<std::string> codes;
  for (const Form &f : forms)
    for (int count : {1, 2})
      codes.push_back(fmt::format(
          "s_movk_i32 m0, 0x0\n v_mov_b32_e32 v20, 0\n ds_write_b32 v1, v20\n"
          "s_waitcnt lgkmcnt(0)\n {}\n s_mov_b64 exec, 0\n {}\n"
          "s_mov_b64 exec, -1\n s_waitcnt {}({})\n v_mov_b32_e32 v33, v32",
          f.counter[0] == 'v' ? "global_load_dword v32, v1, s[64:65]" : "ds_read_b32 v32, v1",
          f.code, f.counter, count));
  MemorySnippets snippets(codes, {.lds_bytes = 256, .private_bytes = 16});
  MemoryTable t = tables()[0];
  for (u32 l = 0; l < 64; ++l)
    t.rows[l * 8] = 0xfffffff1; // no address at all
  for (std::size_t n = 0; n < codes.size(); ++n) {
    MemoryResult got = snippets.run(n, t);
    EXPECT_EQ(got.image, t.image) << codes[n];
    if (n % 2 == 0)
      EXPECT_EQ(got.error, "") << codes[n];
    else
      EXPECT_THAT(got.error, HasSubstr("v32 awaits")) << codes[n];
  }
}

// Launches `code`, whose `out` is an empty buffer of 256 bytes; the checks only collect.
LaunchReport collect(Harness &h, const std::string &code, const AssemblyOptions &options,
                     DevicePointer out) {
  h.load(assemble(code, options));
  std::vector<std::byte> arguments(24);
  std::memcpy(arguments.data(), &out, 8);
  LaunchParameters p;
  p.grid = {1, 1, 1};
  p.block = {64, 1, 1};
  p.arguments = arguments;
  auto report = h.device.run(*h.module, "test", p);
  EXPECT_TRUE(report) << report.error().str();
  return report.value_or(LaunchReport{});
}

// What a check finds in private memory ends nothing: reads give what is there or zero, and writes
// outside are dropped.
TEST(FlatMemory, FindingsInPrivateMemoryAreCollected) {
  Harness h;
  DevicePointer pout = h.empty(256);
  AssemblyOptions options;
  options.extra = ".amdhsa_private_segment_fixed_size 16\n .amdhsa_enable_private_segment 1";
  LaunchReport report = collect(h, R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  scratch_store_dword v1, v1, off
  scratch_store_short off, v0, off offset:8
  scratch_load_dword v2, v1, off
  scratch_load_dword v3, off, off offset:8
  s_waitcnt vmcnt(0) lgkmcnt(0)
  global_store_dword v1, v2, s[4:5])",
                                options, pout);
  ASSERT_EQ(report.findings.size(), 3u);
  EXPECT_EQ(report.findings[0].check, Check::kBounds);
  EXPECT_EQ(report.findings[0].lane, 4);
  EXPECT_THAT(report.findings[0].message, HasSubstr("writes 4 private bytes at 0x10"));
  EXPECT_EQ(report.findings[0].occurrences, 60u);
  EXPECT_THAT(report.findings[1].message, HasSubstr("reads 4 private bytes at 0x10"));
  EXPECT_EQ(report.findings[2].check, Check::kUninitialized);
  EXPECT_THAT(report.findings[2].message, HasSubstr("byte 0xa was never written"));
  EXPECT_EQ(report.findings[2].lane, 0);
  EXPECT_EQ(report.findings[2].occurrences, 63u); // lane 2 has written all four
  auto out = h.download<u32>(pout, 64);
  for (u32 l = 0; l < 64; ++l) // lane 2 has written two bytes over its own
    EXPECT_EQ(out[l], l < 4 ? 4 * l - (l == 2 ? 6 : 0) : 0) << l;
}

// Lanes whose copy does not fit LDS are left out; a scalar load of no memory gives zero.
TEST(FlatMemory, FindingsOfCopiesToLdsAndScalarLoadsAreCollected) {
  Harness h;
  DevicePointer pout = h.empty(256);
  AssemblyOptions options;
  options.lds_bytes = 256;
  LaunchReport report = collect(h, R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  v_mov_b32_e32 v2, 7
  ds_write_b32 v1, v2
  s_waitcnt lgkmcnt(0)
  s_load_dword s8, s[4:5], 0x100
  global_store_dword v1, v0, s[4:5]
  s_movk_i32 m0, 0x28
  s_waitcnt vmcnt(0) lgkmcnt(0)
  global_load_lds_dword v1, s[4:5]
  s_waitcnt vmcnt(0)
  ds_read_b32 v3, v1
  s_waitcnt lgkmcnt(0)
  v_add_u32_e32 v3, s8, v3
  global_store_dword v1, v3, s[4:5])",
                                options, pout);
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].check, Check::kBounds);
  EXPECT_THAT(report.findings[0].message, HasSubstr("past the end of the 256-byte allocation"));
  EXPECT_EQ(report.findings[1].check, Check::kBounds);
  EXPECT_THAT(report.findings[1].message, HasSubstr("copies to LDS byte 256"));
  EXPECT_EQ(report.findings[1].lane, 54);
  EXPECT_EQ(report.findings[1].occurrences, 10u);
  auto out = h.download<u32>(pout, 64);
  for (u32 l = 0; l < 64; ++l)
    EXPECT_EQ(out[l], l < 10 ? 7 : l - 10) << l;
}

} // namespace
} // namespace gemmsmith::emulator
