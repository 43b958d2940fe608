// Atomics on device memory, against the definitions of CDNA4 ISA 9.2, 12.6, 12.13 and 12.15.
#include "tests/runtime/emulator/float_atomics.h"
#include "tests/runtime/emulator/memory_snippets.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr u32 kBytesPerLane = 16;

// Lane l works at v4, in its own 16 bytes; v[6:7] and v[8:9] are the operands in register order.
std::vector<MemoryTable> tables() {
  std::vector<MemoryTable> result;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    MemoryTable t{.rows = edgeWords(64 * 8, seed + 20),
                  .image = edgeBytes(64 * kBytesPerLane, seed + 120)};
    for (u32 l = 0; l < 64; ++l) {
      u32 *row = t.rows.data() + l * 8;
      row[0] = l * kBytesPerLane + row[1] % 2 * 8;
      if (l % 2) // an operand equals what is in memory: the first, the second of 32 or of 64 bits
        std::memcpy(t.image.data() + row[0], row + 2 + l / 2 % 3, l / 2 % 3 == 1 ? 4 : 8);
    }
    result.push_back(std::move(t));
  }
  return result;
}

struct Operation {
  std::string name; // "add", "swap_x2", …
  bool wide = false;
  bool two = false;
  // of memory, first and second operand
  std::function<u64(u64, u64, u64)> model;
};

template <typename U, typename I> void addIntegers(std::vector<Operation> &all) {
  constexpr bool kWide = sizeof(U) == 8;
  std::string x = kWide ? "_x2" : "";
  auto add = [&](const char *name, auto f, bool two = false) {
    all.push_back({name + x, kWide, two, [f](u64 m, u64 d, u64 e) {
                     return static_cast<u64>(static_cast<U>(
                         f(static_cast<U>(m), static_cast<U>(d), static_cast<U>(e))));
                   }});
  };
  add("swap", [](U, U d, U) { return d; });
  add("cmpswap", [](U m, U d, U c) { return m == c ? d : m; }, true);
  add("add", [](U m, U d, U) { return m + d; });
  add("sub", [](U m, U d, U) { return m - d; });
  add("smin", [](U m, U d, U) { return std::min(static_cast<I>(m), static_cast<I>(d)); });
  add("umin", [](U m, U d, U) { return std::min(m, d); });
  add("smax", [](U m, U d, U) { return std::max(static_cast<I>(m), static_cast<I>(d)); });
  add("umax", [](U m, U d, U) { return std::max(m, d); });
  add("and", [](U m, U d, U) { return m & d; });
  add("or", [](U m, U d, U) { return m | d; });
  add("xor", [](U m, U d, U) { return m ^ d; });
  add("inc", [](U m, U d, U) { return m >= d ? U{0} : m + 1; });
  add("dec", [](U m, U d, U) { return m == 0 || m > d ? d : m - 1; });
}

std::vector<Operation> integers() {
  std::vector<Operation> all;
  addIntegers<u32, i32>(all);
  addIntegers<u64, i64>(all);
  return all;
}

// In the L2 cache only f32 additions flush denormals (CDNA4 ISA table 53).
std::vector<Operation> floats() {
  constexpr FloatModel kFlushing{.flush_input = true, .flush_output = true}, kKeeping{};
  auto low = [](u64 v) { return static_cast<u32>(v); };
  return {
      {"add_f32", false, false,
       [=](u64 m, u64 d, u64) { return kFlushing.addF32(low(m), low(d)); }},
      {"pk_add_f16", false, false,
       [=](u64 m, u64 d, u64) { return kKeeping.addPackedF16(low(m), low(d)); }},
      {"pk_add_bf16", false, false,
       [=](u64 m, u64 d, u64) { return kKeeping.addPackedBf16(low(m), low(d)); }},
      {"add_f64", true, false, [=](u64 m, u64 d, u64) { return kKeeping.addF64(m, d); }},
      {"min_f64", true, false, [=](u64 m, u64 d, u64) { return kKeeping.minF64(m, d); }},
      {"max_f64", true, false, [=](u64 m, u64 d, u64) { return kKeeping.maxF64(m, d); }},
  };
}

// The model of an operation at the lane's place; `extra` is added to it.
LaneModel lane(const Operation &o, bool returns, u32 extra = 0) {
  return [o, returns, extra](std::vector<std::byte> &m, std::span<const u32> row,
                             std::span<u32> out, int) {
    std::size_t at = row[0] + extra, registers = o.wide ? 2 : 1;
    u64 d = 0, e = 0, old = o.wide ? getAt<u64>(m, at) : getAt<u32>(m, at);
    std::memcpy(&d, row.data() + 2, 4 * registers);
    std::memcpy(&e, row.data() + 2 + registers, 4 * registers);
    u64 result = o.model(old, d, e);
    std::memcpy(m.data() + at, &result, 4 * registers);
    if (returns)
      std::memcpy(out.data(), &old, 4 * registers);
  };
}

std::string registers(char file, int first, int count) {
  return count == 1 ? fmt::format("{}{}", file, first)
                    : fmt::format("{}[{}:{}]", file, first, first + count - 1);
}

std::vector<Operation> all() {
  std::vector<Operation> result = integers();
  for (const Operation &o : floats())
    result.push_back(o);
  return result;
}

TEST(Atomics, Global) {
  std::vector<MemoryCase> cases;
  for (const Operation &o : all()) {
    std::string data = registers('v', 6, (o.wide ? 2 : 1) * (o.two ? 2 : 1));
    std::string to = registers('v', 32, o.wide ? 2 : 1);
    cases.push_back(
        {fmt::format("global_atomic_{} v4, {}, s[64:65]", o.name, data), lane(o, false)});
    cases.push_back({fmt::format("global_atomic_{} {}, v4, {}, s[64:65] sc0", o.name, to, data),
                     lane(o, true)});
  }
  expectCases(cases, {}, tables());
}

TEST(Atomics, FlatInMemory) {
  const std::string address = "v_mov_b32_e32 v20, s65\n"
                              "v_add_co_u32_e32 v20, vcc, s64, v4\n"
                              "v_mov_b32_e32 v21, s65\n"
                              "v_addc_co_u32_e32 v21, vcc, 0, v21, vcc\n";
  std::vector<MemoryCase> cases;
  for (const Operation &o : all()) {
    std::string data = registers('v', 6, (o.wide ? 2 : 1) * (o.two ? 2 : 1));
    std::string to = registers('v', 32, o.wide ? 2 : 1);
    cases.push_back(
        {fmt::format("{} flat_atomic_{} v[20:21], {}", address, o.name, data), lane(o, false)});
    cases.push_back(
        {fmt::format("{} flat_atomic_{} {}, v[20:21], {} sc0", address, o.name, to, data),
         lane(o, true)});
  }
  const u64 masks[] = {~u64{0}, 0x8000f00ff0a50001};
  expectCases(cases, {}, tables(), masks);
}

// Flat addresses of LDS: the aperture is the upper half, the LDS address the lower.
TEST(Atomics, FlatInLds) {
  const std::string address = "s_mov_b64 s[20:21], src_shared_base\n v_mov_b32_e32 v21, s21\n"
                              "v_mov_b32_e32 v20, v4\n";
  constexpr FloatModel kKeeping{};
  std::vector<Operation> operations = integers();
  for (Operation o : floats()) {
    if (o.name == "add_f32") // MODE keeps denormals here
      o.model = [=](u64 m, u64 d, u64) {
        return kKeeping.addF32(static_cast<u32>(m), static_cast<u32>(d));
      };
    operations.push_back(o);
  }
  std::vector<MemoryCase> cases;
  for (const Operation &o : operations) {
    std::string data = registers('v', 6, (o.wide ? 2 : 1) * (o.two ? 2 : 1));
    std::string to = registers('v', 32, o.wide ? 2 : 1);
    cases.push_back({fmt::format("{} flat_atomic_{} {}, v[20:21], {} offset:1024 sc0", address,
                                 o.name, to, data),
                     lane(o, true, 1024)});
  }
  std::vector<MemoryTable> lds = tables();
  for (MemoryTable &t : lds) {
    std::vector<std::byte> image = edgeBytes(2048, 77);
    std::copy(t.image.begin(), t.image.end(), image.begin() + 1024);
    t.image = std::move(image);
  }
  const u64 masks[] = {~u64{0}, 0x8000f00ff0a50001};
  expectCases(cases, {.lds_image = true, .directives = ".amdhsa_float_denorm_mode_16_64 3"}, lds,
              masks);
}

TEST(Atomics, BuffersDropWhatIsNotWhollyInRange) {
  std::vector<MemoryCase> cases;
  for (const Operation &o : all()) {
    std::string data = registers('v', 6, (o.wide ? 2 : 1) * (o.two ? 2 : 1));
    u32 bytes = o.wide ? 8 : 4;
    for (bool returns : {false, true}) {
      // 516 bytes: the location at 512 is in range with 4 bytes, but not with 8.
      cases.push_back(
          {fmt::format("s_movk_i32 s66, 0x204\n buffer_atomic_{} {}, v4, s[64:67], 0 offen{}\n"
                       "s_waitcnt vmcnt(0)\n{}",
                       o.name, data, returns ? " sc0" : "",
                       !returns ? ""
                       : o.wide ? "v_mov_b32_e32 v32, v6\n v_mov_b32_e32 v33, v7"
                                : "v_mov_b32_e32 v32, v6"),
           [=, model = lane(o, returns)](std::vector<std::byte> &m, std::span<const u32> row,
                                         std::span<u32> out, int l) {
             if (row[0] + bytes <= 516)
               model(m, row, out, l);
             else if (returns)
               std::fill_n(out.begin(), bytes / 4, 0u);
           }});
    }
  }
  const u64 masks[] = {~u64{0}, 0x8000f00ff0a50001};
  std::vector<MemoryTable> some = tables();
  some.resize(2);
  some[0].rows[32 * 8] = 512;
  expectCases(cases, {}, some, masks);
}

TEST(Atomics, ManyLanesMeetAtOneLocation) {
  const MemoryCase cases[] = {
      {"v_and_b32_e32 v20, 8, v4\n global_atomic_add v20, v6, s[64:65] offset:16",
       [](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int) {
         std::size_t at = (row[0] & 8) + 16;
         putAt<u32>(m, at, getAt<u32>(m, at) + row[2]);
       }},
      {"v_and_b32_e32 v20, 8, v4\n global_atomic_umax_x2 v20, v[6:7], s[64:65] offset:32",
       [](std::vector<std::byte> &m, std::span<const u32> row, std::span<u32>, int) {
         std::size_t at = (row[0] & 8) + 32;
         putAt<u64>(m, at, std::max(getAt<u64>(m, at), row[2] | u64{row[3]} << 32));
       }},
  };
  expectCases(cases, {}, tables());
}

TEST(Atomics, WaitFindingsNameTheResult) {
  const std::string codes[] = {
      "global_atomic_add v32, v4, v6, s[64:65] sc0\n v_mov_b32_e32 v33, v32",
      "global_atomic_add v32, v4, v6, s[64:65] offset:2 sc0",
      "v_add_u32_e32 v4, 0x400, v4\n global_atomic_add v4, v6, s[64:65]",
  };
  MemorySnippets snippets(codes, {});
  MemoryTable t = tables()[0];
  EXPECT_NE(snippets.run(0, t).error.find("v32 awaits"), std::string::npos);
  EXPECT_NE(snippets.run(1, t).error.find("not a multiple of 4"), std::string::npos);
  EXPECT_NE(snippets.run(2, t).error.find("outside every allocation"), std::string::npos);
}

// The wave's one location is at 0x100 or 0x108, its operands are those of lane 0 in s[20:23].
TEST(Atomics, ScalarWithAndWithoutReturn) {
  struct Form {
    Operation operation;
    bool returns;
    u32 at;
  };
  std::vector<Form> forms;
  std::vector<std::string> codes;
  for (const Operation &o : integers())
    for (bool returns : {false, true})
      for (bool buffer : {false, true}) {
        u32 at = buffer ? 0x100 : 0x108;
        codes.push_back(fmt::format(
            "s_load_dwordx4 s[20:23], s[6:7], 0x18\n s_mov_b32 m0, {}\n s_waitcnt lgkmcnt(0)\n"
            "s_mov_b64 exec, 0\n" // means nothing to scalar instructions
            "s_{}atomic_{} {}, s[64:{}], {}{}\n s_waitcnt lgkmcnt(0)\n s_mov_b64 exec, -1\n"
            "v_mov_b32_e32 v32, s20\n v_mov_b32_e32 v33, s21\n v_mov_b32_e32 v34, s22\n"
            "v_mov_b32_e32 v35, s23",
            at, buffer ? "buffer_" : "", o.name,
            registers('s', 20, (o.wide ? 2 : 1) * (o.two ? 2 : 1)), buffer ? 67 : 65,
            o.two ? "m0" : fmt::format("{:#x}", at), returns ? " glc" : ""));
        forms.push_back({o, returns, at});
      }
  MemorySnippets snippets(codes, {});
  for (std::size_t n = 0; n < codes.size(); ++n)
    for (MemoryTable t : tables()) {
      const Form &f = forms[n];
      std::vector<std::byte> image = t.image;
      t.rows[0] = f.at;
      std::vector<u32> expected(t.rows.begin() + 2, t.rows.begin() + 6);
      lane(f.operation, f.returns)(image, std::span(t.rows).first(8), expected, 0);
      MemoryResult got = snippets.run(n, t);
      ASSERT_EQ(got.error, "") << codes[n];
      ASSERT_EQ(got.image, image) << codes[n];
      for (std::size_t o = 0; o < got.outputs.size(); ++o)
        ASSERT_EQ(got.outputs[o], expected[o % 4]) << codes[n] << " register " << o % 4;
    }
}

TEST(Atomics, ScalarOnesOutOfABuffersRangeAreDropped) {
  const std::string codes[] = {
      "s_movk_i32 s66, 0x104\n s_movk_i32 s20, 7\n s_movk_i32 s21, 8\n"
      "s_buffer_atomic_add_x2 s[20:21], s[64:67], 0x100 glc\n s_waitcnt lgkmcnt(0)\n"
      "v_mov_b32_e32 v32, s20\n v_mov_b32_e32 v33, s21",
      "s_movk_i32 s20, 7\n s_atomic_add s20, s[64:65], 0x100 glc\n v_mov_b32_e32 v32, s20",
  };
  MemorySnippets snippets(codes, {.output_dwords = 2});
  MemoryTable t = tables()[0];
  MemoryResult got = snippets.run(0, t);
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.image, t.image);
  EXPECT_EQ(got.outputs, std::vector<u32>(128));
  EXPECT_NE(snippets.run(1, t).error.find("s20 awaits"), std::string::npos);
}

} // namespace
} // namespace gemmsmith::emulator
