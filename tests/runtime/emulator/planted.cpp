#include "tests/runtime/emulator/planted.h"

#include "tests/runtime/emulator/harness.h"

#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

constexpr const char *kStart = R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  v_lshrrev_b32_e32 v4, 6, v0
  s_nop 0
  v_readfirstlane_b32 s20, v4
  s_waitcnt lgkmcnt(0)
)";

std::vector<std::byte> objectOf(const Planted &planted) {
  return assemble(std::string(kStart) + planted.code,
                  {.lds_bytes = planted.lds,
                   .vgprs = 32,
                   .extra = ".amdhsa_private_segment_fixed_size 16\n"
                            ".amdhsa_enable_private_segment 1"});
}

std::string run(const std::vector<std::byte> &object, const Planted &planted,
                const DeviceOptions &options) {
  Harness h(options);
  h.load(object);
  std::vector<std::uint32_t> values(256);
  for (std::uint32_t i = 0; i < 256; ++i)
    values[i] = i * 3 + 1;
  DevicePointer in = h.upload(values), out = h.empty(1024);
  return h.launch("test", planted.grid, planted.block, out, in, 7u);
}

} // namespace

std::string runPlanted(const Planted &planted, const DeviceOptions &options) {
  return run(objectOf(planted), planted, options);
}

void expectPlanted(const Planted &planted, Check check) {
  const std::vector<std::byte> object = objectOf(planted);
  std::string message = run(object, planted, {});
  if (!planted.message) {
    EXPECT_EQ(message, "");
    return;
  }
  EXPECT_THAT(message, testing::HasSubstr(planted.message));
  // It is this check, and no other, that found it.
  DeviceOptions without;
  without.checks.set(check, false);
  without.instruction_limit = 100000;
  EXPECT_THAT(run(object, planted, without), testing::Not(testing::HasSubstr(planted.message)));
  DeviceOptions only;
  only.checks = Checks::none().with(check);
  EXPECT_THAT(run(object, planted, only), testing::HasSubstr(planted.message));
}

} // namespace gemmsmith::emulator
