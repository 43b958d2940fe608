#include "tests/runtime/emulator/wave_programs.h"

#include "tests/runtime/emulator/harness.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr int kBytes = WaveRegisters::kCount * 4;

std::string kernelOf(const std::string &code) {
  std::string text = fmt::format(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_lshl_b32 s8, s2, 6
  v_add_u32_e32 v1, s8, v0
  s_movk_i32 s8, {}
  v_mul_lo_u32 v1, v1, s8
  s_waitcnt lgkmcnt(0)
)",
                                 kBytes);
  for (int r = 0; r < WaveRegisters::kCount; r += 4)
    text += fmt::format("  global_load_dwordx4 v[{}:{}], v1, s[6:7] offset:{}\n",
                        WaveRegisters::kFirst + r, WaveRegisters::kFirst + r + 3, 4 * r);
  text += "  s_waitcnt vmcnt(0)\n" + code + "\n  s_mov_b64 exec, -1\n  s_nop 15\n  s_nop 15\n";
  for (int r = 0; r < WaveRegisters::kCount; r += 4)
    text += fmt::format("  global_store_dwordx4 v1, v[{}:{}], s[4:5] offset:{}\n",
                        WaveRegisters::kFirst + r, WaveRegisters::kFirst + r + 3, 4 * r);
  return text;
}

AssemblyOptions programOptions() {
  AssemblyOptions options;
  options.vgprs = 128;
  return options;
}

} // namespace

std::uint64_t WaveRegisters::bits(int reg, int lane, int first, int bits) const {
  std::uint64_t value = 0;
  for (int b = 0; b < bits; ++b) {
    std::uint64_t bit = at(reg + (first + b) / 32, lane) >> (first + b) % 32 & 1;
    value |= bit << b;
  }
  return value;
}

void WaveRegisters::setBits(int reg, int lane, int first, int bits, std::uint64_t value) {
  for (int b = 0; b < bits; ++b) {
    std::uint32_t &word = at(reg + (first + b) / 32, lane);
    std::uint32_t mask = std::uint32_t{1} << (first + b) % 32;
    word = value >> b & 1 ? word | mask : word & ~mask;
  }
}

std::vector<std::vector<WaveRegisters>> runPrograms(std::span<const WaveProgram> programs) {
  std::vector<std::string> kernels;
  for (const WaveProgram &program : programs)
    kernels.push_back(kernelOf(program.code));
  Harness h;
  h.load(assembleKernels(kernels, programOptions()));
  std::vector<std::vector<WaveRegisters>> results(programs.size());
  for (std::size_t n = 0; n < programs.size(); ++n) {
    std::size_t waves = programs[n].inputs.size();
    auto in = h.upload(programs[n].inputs);
    auto out = h.empty(waves * sizeof(WaveRegisters));
    std::string error =
        h.launch(fmt::format("test{}", n), {static_cast<std::uint32_t>(waves)}, {64}, out, in, 0u);
    EXPECT_EQ(error, "") << programs[n].code;
    if (error.empty())
      results[n] = h.download<WaveRegisters>(out, waves);
    EXPECT_TRUE(h.device.release(in));
    EXPECT_TRUE(h.device.release(out));
  }
  return results;
}

std::vector<std::string> errorsOf(std::span<const std::string> codes) {
  std::vector<std::string> kernels, errors;
  for (const std::string &code : codes)
    kernels.push_back(kernelOf(code));
  Harness h;
  h.load(assembleKernels(kernels, programOptions()));
  auto in = h.upload(std::vector<WaveRegisters>(1));
  auto out = h.empty(sizeof(WaveRegisters));
  for (std::size_t n = 0; n < codes.size(); ++n)
    errors.push_back(h.launch(fmt::format("test{}", n), {1}, {64}, out, in, 0u));
  return errors;
}

} // namespace gemmsmith::emulator
