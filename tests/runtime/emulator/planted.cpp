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

struct Arena {
  explicit Arena(const Planted &planted, DeviceOptions options) : h(options) {
    h.load(assemble(std::string(kStart) + planted.code,
                    {.lds_bytes = planted.lds, .vgprs = 32, .extra = {}}));
    std::vector<std::uint32_t> values(256);
    for (std::uint32_t i = 0; i < 256; ++i)
      values[i] = i * 3 + 1;
    in = h.upload(values);
    out = h.empty(1024);
  }
  Harness h;
  DevicePointer in = 0, out = 0;
};

} // namespace

std::string runPlanted(const Planted &planted, DeviceOptions options) {
  Arena arena(planted, options);
  return arena.h.launch("test", planted.grid, planted.block, arena.out, arena.in, 7u);
}

void expectPlanted(const Planted &planted, Check check) {
  std::string message = runPlanted(planted);
  if (!planted.message) {
    EXPECT_EQ(message, "");
    return;
  }
  EXPECT_THAT(message, testing::HasSubstr(planted.message));
  // It is this check, and no other, that found it.
  DeviceOptions without;
  without.checks.set(check, false);
  without.instruction_limit = 100000;
  EXPECT_THAT(runPlanted(planted, without), testing::Not(testing::HasSubstr(planted.message)));
  DeviceOptions only;
  only.checks = Checks::none().with(check);
  EXPECT_THAT(runPlanted(planted, only), testing::HasSubstr(planted.message));
}

} // namespace gemmsmith::emulator
