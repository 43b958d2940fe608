#include "tests/runtime/emulator/snippets.h"

#include "tests/runtime/emulator/harness.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr int kFirstInput = 4, kFirstOutput = 32;

// v2 and v3 are the byte offsets of this lane's row of inputs and results, s[64:65] the results.
std::string body(const std::string &snippet, const SnippetTable &table) {
  std::string text = fmt::format(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_lshl_b32 s64, s2, 6
  v_add_u32_e32 v2, s64, v0
  v_mul_lo_u32 v3, v2, {}
  v_mul_lo_u32 v2, v2, {}
  v_lshlrev_b32_e32 v1, 2, v0
  s_waitcnt lgkmcnt(0)
)",
                                 table.output_dwords * 4, table.input_dwords * 4);
  for (int n = 0; n < table.input_dwords; ++n)
    text += fmt::format("  global_load_dword v{}, v2, s[6:7] offset:{}\n", kFirstInput + n, 4 * n);
  text += "  s_waitcnt vmcnt(0)\n  s_mov_b32 s64, s4\n  s_mov_b32 s65, s5\n" + snippet + "\n";
  text += "  s_nop 15\n  s_nop 15\n";
  for (int n = 0; n < table.output_dwords; ++n)
    text +=
        fmt::format("  global_store_dword v3, v{}, s[64:65] offset:{}\n", kFirstOutput + n, 4 * n);
  return text;
}

} // namespace

std::vector<std::vector<std::uint32_t>> runSnippets(std::span<const std::string> snippets,
                                                    const SnippetTable &table) {
  std::vector<std::string> kernels;
  for (const std::string &snippet : snippets)
    kernels.push_back(body(snippet, table));
  AssemblyOptions options;
  options.lds_bytes = table.lds_bytes;
  options.vgprs = 128;
  options.sgprs = 100;
  options.extra = table.directives;
  // A snippet is about results; the wait states of its instructions are not.
  DeviceOptions device = table.device;
  device.checks.set(Check::kHazards, false);
  Harness h(device);
  h.load(assembleKernels(kernels, options));
  std::vector<std::vector<std::uint32_t>> results(snippets.size());
  std::size_t rows = table.inputs.size() / static_cast<std::size_t>(table.input_dwords);
  EXPECT_EQ(rows % 64, 0u);
  std::size_t outputs = rows * static_cast<std::size_t>(table.output_dwords);
  auto in = h.upload(std::vector<std::uint32_t>(table.inputs.begin(), table.inputs.end()));
  for (std::size_t n = 0; n < snippets.size(); ++n) {
    auto out = h.empty(outputs * 4);
    std::string error = h.launch(fmt::format("test{}", n), {static_cast<std::uint32_t>(rows / 64)},
                                 {64}, out, in, 0u);
    EXPECT_EQ(error, "") << snippets[n];
    if (error.empty())
      results[n] = h.download<std::uint32_t>(out, outputs);
    EXPECT_TRUE(h.device.release(out));
  }
  return results;
}

} // namespace gemmsmith::emulator
